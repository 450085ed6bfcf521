/** Keeps one stream's attributor supplied with its agent's policy state: read when the stream opens, and again when something changed. */
import { readAgentPolicies } from './attribution/agent-rules.ts';
import type { Attributor } from './attribution/attributor.ts';
import { policiesOfEndpoint } from './attribution/isolation.ts';
import { type PolicyObject, readPolicyObject } from './attribution/policy-object.ts';
import { type RealizedPolicy, readRealizedPolicies } from './attribution/realized-policy.ts';
import { readSelectors } from './attribution/selectors.ts';
import type { ListedPolicy } from './discovery/policies.ts';
import type { Clock } from './model/clock.ts';

/** How the state of an agent is asked for. */
export interface AgentQuestions {
  /** Runs `cilium ARGS` in the agent and gives its stdout. */
  ask(args: readonly string[]): Promise<string>;
  /** Null where they may not be listed; then the agent's own form of them has to do. */
  policies(): Promise<readonly ListedPolicy[] | null>;
}

export interface StateKeeper {
  /** Reads the state of these endpoints; never rejects. */
  read(endpoints: readonly number[] | 'all'): Promise<void>;
  /** Reads what the attributor came to want, at most so often. */
  refresh(): void;
}

/** A burst of policy changes is read once, at its end. */
const REFRESH_EVERY_MS = 1_000;
/** An agent that did not answer is asked again after this time. */
const RETRY_MS = 10_000;
/** From here on one list of all endpoints costs the agent less. */
const MANY_ENDPOINTS = 5;

export function keepState(attributor: Attributor, questions: AgentQuestions, clock: Clock): StateKeeper {
  let isReading = false;
  let notBeforeMs = 0;
  let isScheduled = false;

  async function read(endpoints: readonly number[] | 'all'): Promise<void> {
    isReading = true;
    const askedMs = clock.nowMs();
    try {
      const [realized, selectors, policies] = await Promise.all([
        askRealized(questions, endpoints),
        questions.ask(['policy', 'selectors', '-o', 'json']).then(readSelectors),
        askPolicies(questions),
      ]);
      notBeforeMs = clock.nowMs() + REFRESH_EVERY_MS;
      if (selectors === null) return;
      for (const endpoint of realized) {
        const owned = policiesOfEndpoint(policies, endpoint.labels);
        attributor.setEndpointState(endpoint.endpoint, { endpoint, selectors, policies: owned }, askedMs);
      }
      if (attributor.wanted().selectors) attributor.setSelectors(selectors);
    } catch {
      // Verdicts without a state say so themselves, by their reason.
      notBeforeMs = clock.nowMs() + RETRY_MS;
    } finally {
      isReading = false;
    }
    refresh();
  }

  function refresh(): void {
    if (isReading || isScheduled) return;
    const { endpoints, selectors } = attributor.wanted();
    if (endpoints.length === 0 && !selectors) return;
    const waitMs = notBeforeMs - clock.nowMs();
    if (waitMs <= 0) {
      void read(endpoints);
      return;
    }
    isScheduled = true;
    clock.after(waitMs, () => {
      isScheduled = false;
      refresh();
    });
  }

  return { read, refresh };
}

async function askRealized(questions: AgentQuestions, endpoints: readonly number[] | 'all'): Promise<RealizedPolicy[]> {
  if (endpoints === 'all' || endpoints.length >= MANY_ENDPOINTS) {
    return readRealizedPolicies(await questions.ask(['endpoint', 'list', '-o', 'json'])) ?? [];
  }
  const texts = await Promise.all(endpoints.map((id) => questions.ask(['endpoint', 'get', String(id), '-o', 'json'])));
  return texts.flatMap((text) => readRealizedPolicies(text) ?? []);
}

async function askPolicies(questions: AgentQuestions): Promise<readonly PolicyObject[]> {
  const listed = await questions.policies();
  if (listed !== null) return listed.flatMap(({ kind, object }) => readPolicyObject(object, kind) ?? []);
  return readAgentPolicies(await questions.ask(['policy', 'get', '-o', 'json']))?.policies ?? [];
}
