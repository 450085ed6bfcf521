/** Keeps one stream's attributor supplied with its agent's policy state: read when the stream opens, and again when something changed. */
import { readAgentPolicies } from '../attribution/agent-rules.ts';
import type { Attributor } from '../attribution/attributor.ts';
import { policiesOfEndpoint } from '../attribution/isolation.ts';
import { type PolicyObject, readPolicyObject } from '../attribution/policy-object.ts';
import { type RealizedPolicy, readRealizedPolicies } from '../attribution/realized-policy.ts';
import { readSelectors } from '../attribution/selectors.ts';
import type { ListedPolicy } from '../discovery/policies.ts';
import type { Clock } from '../model/clock.ts';

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

/** `told` gets each answer; since `heldSinceMs` everything is known that the agent announced, so that what is read now held since. */
export function keepState(
  attributor: Attributor,
  questions: AgentQuestions,
  clock: Clock,
  told: (endpoint: RealizedPolicy) => void = () => {},
  heldSinceMs: number | null = null,
): StateKeeper {
  let reading = 0;
  let notBeforeMs = 0;
  let isScheduled = false;
  /** Endpoints that the agent would not tell of, such as those that are gone, and when they are worth another question. */
  const refused = new Map<number, number>();

  async function read(endpoints: readonly number[] | 'all'): Promise<void> {
    reading += 1;
    const askedMs = clock.nowMs();
    try {
      const [realized, selectors] = await Promise.all([
        askRealized(questions, endpoints, (endpoint) => refused.set(endpoint, askedMs + RETRY_MS)),
        questions.ask(['policy', 'selectors', '-o', 'json']).then(readSelectors),
      ]);
      // Only now: what the agent has realized is among them then, and what it has not it will announce.
      const policies = await askPolicies(questions);
      const answeredMs = clock.nowMs();
      notBeforeMs = answeredMs + REFRESH_EVERY_MS;
      if (selectors === null) return;
      const asked = heldSinceMs === null ? { askedMs, answeredMs } : { askedMs: heldSinceMs, answeredMs: heldSinceMs };
      for (const endpoint of realized) {
        const owned = policiesOfEndpoint(policies, endpoint);
        const state = { endpoint, selectors, policies: owned };
        attributor.setEndpointState(endpoint.endpoint, state, asked);
        told(endpoint);
      }
      if (attributor.wanted().selectors) attributor.setSelectors(selectors);
    } catch {
      // Verdicts without a state say so themselves, by their reason.
      notBeforeMs = clock.nowMs() + RETRY_MS;
    } finally {
      reading -= 1;
    }
    refresh();
  }

  function refresh(): void {
    if (reading > 0 || isScheduled) return;
    const { endpoints, selectors } = attributor.wanted();
    if (endpoints.length === 0 && !selectors) return;
    const nowMs = clock.nowMs();
    const askable = endpoints.filter((endpoint) => (refused.get(endpoint) ?? 0) <= nowMs);
    const worthMs =
      selectors || askable.length > 0 ? nowMs : Math.min(...endpoints.map((one) => refused.get(one) ?? 0));
    const waitMs = Math.max(notBeforeMs, worthMs) - nowMs;
    if (waitMs <= 0) {
      void read(askable);
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

async function askRealized(
  questions: AgentQuestions,
  endpoints: readonly number[] | 'all',
  refused: (endpoint: number) => void,
): Promise<RealizedPolicy[]> {
  if (endpoints === 'all' || endpoints.length >= MANY_ENDPOINTS) {
    return readRealizedPolicies(await questions.ask(['endpoint', 'list', '-o', 'json'])) ?? [];
  }
  const ask = (endpoint: number) => questions.ask(['endpoint', 'get', String(endpoint), '-o', 'json']);
  // One that is gone takes nothing from the others.
  const answers = await Promise.allSettled(endpoints.map(async (endpoint) => ask(endpoint)));
  return answers.flatMap((answer, at) => {
    if (answer.status === 'fulfilled') return readRealizedPolicies(answer.value) ?? [];
    refused(endpoints[at] ?? 0);
    return [];
  });
}

async function askPolicies(questions: AgentQuestions): Promise<readonly PolicyObject[]> {
  const listed = await questions.policies();
  if (listed !== null) return listed.flatMap(({ kind, object }) => readPolicyObject(object, kind) ?? []);
  return readAgentPolicies(await questions.ask(['policy', 'get', '-o', 'json']))?.policies ?? [];
}
