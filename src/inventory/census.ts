/** Owns who could be selected by a policy: every endpoint that the API server or an agent told of, once. */
import { type Labels, parseLabel } from '../attribution/label-selector.ts';
import type { RealizedPolicy } from '../attribution/realized-policy.ts';
import type { PolicyReport, SelectedEndpoint } from '../model/policy-report.ts';
import type { SummaryTarget } from '../model/summary.ts';

export interface CensusEndpoint extends SelectedEndpoint {
  readonly labels: Labels;
  /** Null where no agent told of it. */
  readonly realized: RealizedPolicy | null;
  /** A node's name, else its address. */
  readonly place: string;
  /** Among those that the user asked about. */
  readonly isWanted: boolean;
  /** Its agent's stream was open when the window ended, and its verdicts were counted. */
  readonly isListened: boolean;
}

export interface Census {
  readonly endpoints: readonly CensusEndpoint[];
  /** Whether these are all pods of the cluster. */
  readonly hasAllPods: boolean;
  /** Whether these are all endpoints of nodes. */
  readonly hasAllNodes: boolean;
}

/** A CiliumEndpoint, as far as it matters here. */
interface ListedEndpoint {
  readonly namespace: string;
  readonly pod: string;
  /** The address of its node, `''` where it does not tell. */
  readonly nodeAddress: string;
  readonly labels: readonly string[];
}

interface AgentCensus {
  readonly node: string;
  /** Null where it did not answer. */
  readonly endpoints: readonly RealizedPolicy[] | null;
  readonly isWholeNodeWanted: boolean;
  readonly isStreaming: boolean;
}

export interface CensusSources {
  readonly scope: PolicyReport['scope'];
  readonly agents: readonly AgentCensus[];
  /** Null where the user may not list them. */
  readonly listed: readonly ListedEndpoint[] | null;
  readonly targets: readonly SummaryTarget[];
  /** Nodes without an agent that could be listened to. */
  readonly missingNodes: readonly string[];
  /** What is known of nodes beside what their agents tell. */
  readonly nodesByAddress: ReadonlyMap<string, string>;
}

/** The health endpoint is Cilium's own probe: a policy for it is a policy for nobody. */
const HEALTH = 'reserved:health';

export function takeCensus(sources: CensusSources): Census {
  const { scope, agents, listed, targets, missingNodes } = sources;
  const targeted = new Map(targets.map((target) => [keyOf(target.namespace, target.pod), target]));
  const whole = new Set(agents.flatMap(({ node, isWholeNodeWanted }) => (isWholeNodeWanted ? [node] : [])));
  const streaming = new Set(agents.flatMap(({ node, isStreaming }) => (isStreaming ? [node] : [])));
  const told = agents.flatMap(({ node, endpoints }) => (endpoints ?? []).map((realized) => ({ node, realized })));
  const nodeOf = new Map([...sources.nodesByAddress, ...addressesToldOf(told, targets, listed ?? [])]);

  const endpointOf = (
    where: SelectedEndpoint & { readonly place: string },
    labels: readonly string[],
    realized: RealizedPolicy | null,
  ): CensusEndpoint => {
    const { namespace, pod, node } = where;
    const target = namespace === null || pod === null ? undefined : targeted.get(keyOf(namespace, pod));
    const isCounted = (node !== null && whole.has(node)) || (target !== undefined && target.endpoint !== null);
    return {
      ...where,
      labels: labels.map(parseLabel),
      realized,
      isWanted:
        scope.kind === 'cluster' || (scope.kind === 'namespace' ? namespace === scope.namespace : false) || isCounted,
      isListened: isCounted && node !== null && streaming.has(node),
    };
  };

  const fromAgents = told
    .filter(({ realized }) => !realized.labels.includes(HEALTH))
    .map(({ node, realized }) => {
      const { namespace, pod, labels } = realized;
      return endpointOf({ namespace, pod, node, place: node }, labels, realized);
    });
  const known = new Set(fromAgents.map(({ namespace, pod }) => keyOf(namespace ?? '', pod ?? '')));
  const answered = new Set(agents.flatMap(({ node, endpoints }) => (endpoints === null ? [] : [node])));
  const fromApi = (listed ?? []).flatMap(({ namespace, pod, nodeAddress, labels }) => {
    if (known.has(keyOf(namespace, pod))) return [];
    const node = targeted.get(keyOf(namespace, pod))?.node ?? nodeOf.get(nodeAddress) ?? null;
    // Its agent knows better: what is left of a pod that is gone.
    if (node !== null && answered.has(node)) return [];
    return [endpointOf({ namespace, pod, node, place: node ?? nodeAddress }, labels, null)];
  });
  const hasAllNodes =
    scope.kind === 'cluster' && missingNodes.length === 0 && agents.every(({ endpoints }) => endpoints !== null);
  return {
    endpoints: [...fromAgents, ...fromApi],
    // None at all: they are switched off, or nobody runs anything.
    hasAllPods: hasAllNodes || (listed !== null && (listed.length > 0 || told.length === 0)),
    hasAllNodes,
  };
}

function addressesToldOf(
  told: readonly { readonly node: string; readonly realized: RealizedPolicy }[],
  targets: readonly SummaryTarget[],
  listed: readonly ListedEndpoint[],
): Map<string, string> {
  const nodes = new Map(targets.map(({ namespace, pod, node }) => [keyOf(namespace, pod), node]));
  for (const { node, realized } of told) nodes.set(keyOf(realized.namespace ?? '', realized.pod ?? ''), node);
  return new Map(
    listed.flatMap(({ namespace, pod, nodeAddress }) => {
      const node = nodes.get(keyOf(namespace, pod));
      return node === undefined || nodeAddress === '' ? [] : [[nodeAddress, node]];
    }),
  );
}

function keyOf(namespace: string, pod: string): string {
  return `${namespace}/${pod}`;
}
