/** Owns the sentences for problems: what failed, on what, and what to do next. */
import stringWidth from 'fast-string-width';
import type { Problem } from '../model/problem.ts';
import { printable } from './printable.ts';
import { withoutIt } from './without.ts';

const LONGEST_DETAIL = 500;

export function explain(problem: Problem): string {
  switch (problem.code) {
    case 'USAGE':
      return printable(problem.message, LONGEST_DETAIL);
    case 'KUBECONFIG_NOT_FOUND':
      return `There is no kubeconfig (looked for ${list(problem.tried)}), and this is not a pod in a cluster. Set KUBECONFIG or give --kubeconfig; "policystat demo" needs neither.`;
    case 'KUBECONFIG_INVALID':
      return `The kubeconfig ${name(problem.path)} cannot be used${because(problem.detail)} "kubectl config view" reads the same file.`;
    case 'CONTEXT_NOT_FOUND':
      return `The kubeconfig has no context ${name(problem.context)}. ${problem.known.length === 0 ? 'It has none at all.' : `It has ${list(problem.known)}.`}`;
    case 'CREDENTIALS_FAILED':
      return `Could not get credentials${inContext(problem)}${because(problem.detail)} Log in as you would for kubectl, and try "kubectl auth whoami".`;
    case 'API_UNREACHABLE':
      return `The API server ${name(problem.server)}${inContext(problem)} cannot be reached${because(problem.detail)} Check the network, a VPN or proxy (HTTPS_PROXY, NO_PROXY), and the server of the context.`;
    case 'API_ERROR':
      return `The API server${inContext(problem)} answered ${problem.status} to ${name(problem.request)}${because(problem.detail)} Try again; if it persists, "kubectl get --raw" shows the whole response.`;
    case 'UNAUTHORIZED':
      return `The API server ${name(problem.server)} does not accept the credentials${inContext(problem)}. They have probably expired: log in again and try "kubectl auth whoami".`;
    case 'FORBIDDEN':
      return `You may not ${name(problem.verb)} ${name(problem.resource)} ${scope(problem.namespace)}${inContext(problem)}${because(problem.detail)} Ask for a role that allows it ("policystat doctor" prints the smallest one); ${canI(problem.verb, problem.resource, problem.namespace)} checks it.`;
    case 'DONE_WITHOUT':
      return `You may not ${name(problem.verb)} ${name(problem.resource)} ${scope(problem.namespace)}${inContext(problem)}: ${withoutIt(problem.resource) ?? 'it is done without'}. "policystat doctor" shows the role that allows it.`;
    case 'EXEC_FORBIDDEN':
      return `You may not exec into the agent ${path(problem)}${inContext(problem)}: ${list(problem.verbs)} on pods/exec in namespace ${name(problem.namespace)} ${problem.verbs.length === 1 ? 'is' : 'are'} missing${because(problem.detail)} Ask for a role that allows it ("policystat doctor" prints the smallest one), or let somebody who has it save the monitor's output, and use "policystat summary --input FILE".`;
    case 'EXEC_NOT_FOUND':
      return `There is no container ${name(problem.container)} to exec into in ${path(problem)}${inContext(problem)}${because(problem.detail)} Was the agent replaced? Try again, or say where it is with --agent-namespace, --agent-selector and --agent-container.`;
    case 'POD_NOT_FOUND':
      return `There is no pod ${name(problem.name)} ${scope(problem.namespace)}${inContext(problem)}, and no controller with that name has one.${near(problem.near, '"kubectl get pods -A" lists them all; for another namespace, use NS/NAME or -n NS.')}`;
    case 'POLICY_NOT_FOUND':
      return `There is no network policy ${name(problem.name)}${inContext(problem)} (CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy or NetworkPolicy), and no verdict named a policy so: if it is not of another kind, its counts are 0 whatever happens.${near(problem.near, '"policystat policies -A" lists them all.')}`;
    case 'WORKLOAD_NOT_FOUND':
      return `There is no ${name(problem.kind)} ${name(problem.name)} ${scope(problem.namespace)}${inContext(problem)}.${near(problem.near, 'For another namespace, use -n NS.')}`;
    case 'WORKLOAD_EMPTY':
      return `${name(problem.kind)} ${name(problem.name)} ${scope(problem.namespace)}${inContext(problem)} has no running pod. Scale it up, or see why its pods do not start.`;
    case 'NO_POD_MATCHES':
      if (problem.selector === '')
        return `There is no running pod ${scope(problem.namespace)}${inContext(problem)}. "kubectl get pods -A" shows where there are some.`;
      return `No running pod matches ${name(problem.selector)} ${scope(problem.namespace)}${inContext(problem)}. Check the labels with "kubectl get pods --show-labels", or look in another namespace with -n NS or -A.`;
    case 'NODE_NOT_FOUND':
      return `There is no node ${name(problem.node)}${inContext(problem)}.${near(problem.near, '"kubectl get nodes" shows what there is.')}`;
    case 'POD_NOT_SCHEDULED':
      return `Pod ${path(problem)} is not on a node yet (${name(problem.phase)}), so no agent knows it. Wait until it is scheduled; "kubectl -n ${name(problem.namespace)} describe pod ${name(problem.pod)}" says what it is waiting for.`;
    case 'POD_FINISHED':
      return `Pod ${path(problem)} has finished (${name(problem.phase)}) and has no more traffic. Name a running pod.`;
    case 'POD_HOST_NETWORK':
      return `Pod ${path(problem)} uses the host network of node ${name(problem.node)}: it has no Cilium endpoint of its own, and pod policies do not apply to it. --node ${name(problem.node)} shows every endpoint there.`;
    case 'ENDPOINT_NOT_FOUND':
      return `The agent on node ${name(problem.node)} has no endpoint for pod ${path(problem)}. A new pod gets one within seconds; if this one does not, Cilium does not manage it: restart it, or see "cilium-dbg endpoint list" in the agent.`;
    case 'AGENT_NOT_FOUND':
      return `There is no Cilium agent on node ${name(problem.node)}${inContext(problem)}: no pod there matches ${name(problem.selector)} ${scope(problem.namespace)}. If the agents are labelled otherwise, say so with --agent-selector and --agent-namespace.`;
    case 'AGENT_NOT_READY':
      return `The Cilium agent ${path(problem)} on node ${name(problem.node)} is not ready${because(problem.detail)} See "kubectl -n ${name(problem.namespace)} describe pod ${name(problem.pod)}".`;
    case 'AGENT_CONTAINER_NOT_FOUND':
      return `The agent's pod ${path(problem)} on node ${name(problem.node)} has no container ${name(problem.container)}: it has ${list(problem.known)}. Give one of them to --agent-container, or leave it out.`;
    case 'AGENT_COMMAND_FAILED':
      return `${name(problem.command)} in the agent ${path(problem)} on node ${name(problem.node)} failed${problem.exitCode === null ? '' : ` with exit code ${problem.exitCode}`}${because(problem.detail)} Try it with "kubectl -n ${name(problem.namespace)} exec ${name(problem.pod)} -- ${name(problem.command)}".`;
    case 'STREAM_LOST':
      if (!problem.hadBegun)
        return `Lost the connection to the agent ${path(problem)} on node ${name(problem.node)} before it started listening${because(problem.detail)} Is the node alive? "kubectl get node ${name(problem.node)}" and "kubectl -n ${name(problem.namespace)} get pod ${name(problem.pod)}" tell.`;
      return `Lost the stream of the agent ${path(problem)} on node ${name(problem.node)}${because(problem.detail)} Nothing is known about the time until it is back; the summary shows the gap.`;
    case 'EVENT_TYPE_UNKNOWN':
      return `The agent ${name(problem.pod)} on node ${name(problem.node)} does not know events of type ${name(problem.type)}${because(problem.detail)}${sinceWhen(problem.type)}`;
    case 'HUBBLE_UNAVAILABLE':
      return `Hubble of the agent ${path(problem)} on node ${name(problem.node)} cannot be reached${because(problem.detail)} It is enabled with hubble.enabled in Cilium's Helm values. To listen from now on, --source monitor needs no Hubble, and --source auto uses it where there is one.`;
    case 'INPUT_UNREADABLE':
      return `Cannot read ${problem.path === '-' ? 'standard input' : name(problem.path)}${because(problem.detail)} Give the text that "cilium monitor" prints, plain or gzip.`;
    case 'SUMMARY_INVALID':
      return `The summary in ${problem.path === '-' ? 'standard input' : name(problem.path)} cannot be read${because(problem.detail)} Give what "policystat summary -o json" or "-o yaml" prints.`;
    case 'RECORDING_INVALID':
      return `${name(problem.path)} is not a readable recording${because(problem.detail)} Recordings are written by "policystat record"; saved monitor output needs no header.`;
    case 'RECORDING_UNWRITABLE':
      return `The recording ${name(problem.path)} cannot be written${because(problem.detail)} ${problem.begun ? 'What was written so far can be read with --input.' : 'Give --write the name of a new file, somewhere with enough space.'}`;
    case 'RECORDING_TWICE':
      return `${name(problem.other)} and ${name(problem.path)} are the same recording, which would count everything twice. Give one of them.`;
    case 'RECORDINGS_OVERLAP':
      return `${name(problem.other)} and ${name(problem.path)} both heard the same endpoints on node ${name(problem.node)} at the same time, which would count them twice. Give one of them, or recordings of different times or pods.`;
    case 'WINDOW_MISSED':
      return `Nothing in the input is from the time that you asked for: it covers ${new Date(problem.sinceMs).toISOString()} to ${new Date(problem.untilMs).toISOString()}. "10m" means ten minutes before now; give --since and --until as times.`;
    case 'EXPECTATION_INVALID':
      return `This expectation${problem.name === null ? '' : ` of ${name(problem.name)}`} cannot be read:\n${caretLines(problem)}`;
    case 'TEMPLATE_INVALID':
      return `This JSONPath template cannot be read:\n${caretLines(problem)}`;
    case 'CHECKS_INVALID':
      return `The checks in ${problem.path === '-' ? 'standard input' : name(problem.path)} cannot be read${because(problem.detail)} docs/schema/checks.json says what they hold.`;
    case 'COMMAND_NOT_RUN':
      return `Cannot run ${name(problem.command)}${because(problem.detail)} It is run without a shell; if you need one, write -- sh -c '…'.`;
    case 'OUTPUT_UNWRITABLE':
      return `Cannot write the output${because(problem.detail)} What was printed is incomplete.`;
    case 'INCOMPLETE':
      return `The data is not complete (${problem.reasons.map((reason) => printable(reason, LONGEST_DETAIL)).join('; ')}): the numbers are lower bounds. Without --strict this is not a failure.`;
  }
}

/** Cilium pkg/monitor/api/types.go of each minor. */
function sinceWhen(type: string): string {
  switch (type) {
    case 'policy-verdict':
      return ' Policy verdicts need Cilium 1.8 or newer.';
    case 'trace-sock':
      return ' Translations at sockets (nat) need Cilium 1.13 or newer.';
    case 'recorder':
      return ' Cilium has a recorder from 1.10 to 1.18.';
    default:
      return '';
  }
}

/** The text, a caret under the place, and what was wanted there. */
function caretLines({
  text,
  at,
  wanted,
}: Extract<Problem, { code: 'EXPECTATION_INVALID' | 'TEMPLATE_INVALID' }>): string {
  const before = printable(text.slice(0, at), LONGEST_DETAIL);
  const rest = printable(text.slice(at), LONGEST_DETAIL);
  return `  ${before}${rest}\n  ${' '.repeat(stringWidth(before))}^ wanted here: ${printable(wanted, LONGEST_DETAIL)}`;
}

/** Names and words from the cluster, the kubeconfig or the command line. */
function name(text: string): string {
  return printable(text);
}

function path({ namespace, pod }: { readonly namespace: string; readonly pod: string }): string {
  return `${name(namespace)}/${name(pod)}`;
}

const MOST_LISTED = 8;

function list(texts: readonly string[]): string {
  const shown = texts.slice(0, MOST_LISTED).map(name);
  const rest = texts.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

function inContext({ context }: { readonly context: string | null }): string {
  return context === null ? '' : ` (context ${name(context)})`;
}

/** `*` is what a search everywhere has for a namespace. */
function scope(namespace: string | null): string {
  return namespace === null || namespace === '*' ? 'in any namespace' : `in namespace ${name(namespace)}`;
}

/** The end of a sentence: the cause in somebody else's words, where there is one. */
function because(detail: string): string {
  const words = printable(detail.trim(), LONGEST_DETAIL);
  if (words === '') return '.';
  return /[.!?…]$/.test(words) ? `: ${words}` : `: ${words}.`;
}

function near(names: readonly string[], otherwise: string): string {
  return names.length === 0 ? ` ${otherwise}` : ` Did you mean ${list(names)}?`;
}

function canI(verb: string, resource: string, namespace: string | null): string {
  const where = namespace === null ? '-A' : `-n ${name(namespace)}`;
  return `"kubectl auth can-i ${name(verb)} ${name(resource)} ${where}"`;
}
