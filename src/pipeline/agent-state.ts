/** Keeps one stream's attributor supplied with its agent's policy state: read when the stream opens, and again when something changed. */
import { readAgentPolicies } from '../attribution/agent-rules.ts';
import type { Attributor } from '../attribution/attributor.ts';
import { policiesOfEndpoint } from '../attribution/isolation.ts';
import { type PolicyObject, readPolicyObject } from '../attribution/policy-object.ts';
import { type RealizedPolicy, readRealizedPolicies } from '../attribution/realized-policy.ts';
import { readSelectors } from '../attribution/selectors.ts';
import type { ListedPolicy } from '../discovery/policies.ts';
import type { Clock } from '../model/clock.ts';
import { createQuestionPace, LONGEST_WAIT_MS, waitAfter } from './question-pace.ts';

/** How the state of an agent is asked for. */
export interface AgentQuestions {
  /** Runs `cilium ARGS` in the agent and gives its stdout. */
  ask(args: readonly string[]): Promise<string>;
  /** Null where they may not be listed; then the agent's own form of them has to do. */
  policies(): Promise<readonly ListedPolicy[] | null>;
}

export interface StateKeeper {
  /** Reads the state of these endpoints, and waits some time for those that are changing; false if the agent did not answer. */
  read(endpoints: readonly number[] | 'all'): Promise<boolean>;
  /** Reads what was read before, for what may have changed without a word. */
  readAgain(endpoints: readonly number[] | 'all'): Promise<boolean>;
  /** Reads what the attributor came to want, at most so often. */
  refresh(): void;
}

/** A burst of policy changes is read once, at its end. */
const REFRESH_EVERY_MS = 1_000;
/** What the agent said before it answered may arrive after the answer. */
const LATE_MS = 250;
/** An agent that did not answer is asked again after this time, and then ever more seldom. */
const RETRY_MS = 10_000;
/** From here on one list of all endpoints costs the agent less. */
const MANY_ENDPOINTS = 5;
/** An endpoint that changes while it is read is looked at so often, so soon after another. */
const LOOKS = 4;
const NEXT_LOOK_MS = 500;

interface Looked {
  readonly changing: readonly number[];
  readonly missing: readonly number[];
}

interface KeeperSurroundings {
  readonly clock: Clock;
  /** Nothing is asked by itself any more. */
  readonly signal: AbortSignal;
  /** Gets each answer. */
  readonly told?: (endpoint: RealizedPolicy) => void;
  /** Everything is known that the agent announced since then, so that what is read now held all the time. */
  readonly heldSinceMs?: number;
}

export function keepState(
  attributor: Attributor,
  questions: AgentQuestions,
  { clock, signal, told, heldSinceMs }: KeeperSurroundings,
): StateKeeper {
  const pace = createQuestionPace();
  let reading = 0;
  let failures = 0;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  let scheduled: { readonly atMs: number; readonly cancel: () => void } | null = null;

  async function read(endpoints: readonly number[] | 'all', looks: number): Promise<boolean> {
    reading += 1;
    const askedMs = clock.nowMs();
    try {
      let looked = await look(endpoints);
      for (let left = looks - 1; left > 0 && looked.changing.length > 0; left -= 1) {
        await pause(NEXT_LOOK_MS);
        looked = { ...(await look(looked.changing)), missing: looked.missing };
      }
      failures = 0;
      notBeforeMs = clock.nowMs() + REFRESH_EVERY_MS;
      const asked = endpoints === 'all' ? [...attributor.wanted().endpoints.keys()] : endpoints;
      for (const endpoint of asked) {
        const isMissing = looked.missing.includes(endpoint);
        if (!isMissing && !attributor.wanted().endpoints.has(endpoint)) continue;
        const isHopeless = pace.unanswered(endpoint, askedMs, isMissing ? RETRY_MS : REFRESH_EVERY_MS);
        if (isMissing || isHopeless) attributor.letGo(endpoint);
      }
      return true;
    } catch {
      // Verdicts without a state say so themselves, by their reason.
      failures += 1;
      notBeforeMs = clock.nowMs() + waitAfter(failures, RETRY_MS);
      return false;
    } finally {
      reading -= 1;
      refresh();
    }
  }

  async function pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => clock.after(ms, resolve));
  }

  async function look(endpoints: readonly number[] | 'all'): Promise<Looked> {
    const askedMs = clock.nowMs();
    const realized = await askRealized(questions, endpoints);
    // Afterwards, so that nothing that the endpoints' policy is made of is missing there.
    const [selectors, policies] = await Promise.all([
      questions.ask(['policy', 'selectors', '-o', 'json']).then(readSelectors),
      realized.length === 0 ? [] : askPolicies(questions),
    ]);
    const answeredMs = clock.nowMs();
    if (heldSinceMs === undefined) await pause(LATE_MS);
    if (selectors === null) throw new Error('not what the program prints');
    const asked = { askedMs, answeredMs, ...(heldSinceMs === undefined ? {} : { heldSinceMs }) };
    const changing: number[] = [];
    for (const endpoint of realized) {
      const number = endpoint.endpoint;
      const state = { endpoint, selectors, policies: policiesOfEndpoint(policies, endpoint) };
      if (attributor.setEndpointState(number, state, asked)) pace.answered(number);
      else if (attributor.wanted().endpoints.has(number)) changing.push(number);
      told?.(endpoint);
    }
    if (attributor.wanted().selectors) attributor.setSelectors(selectors, askedMs);
    const answered = new Set(realized.map(({ endpoint }) => endpoint));
    return { changing, missing: endpoints === 'all' ? [] : endpoints.filter((number) => !answered.has(number)) };
  }

  function refresh(): void {
    const nowMs = clock.nowMs();
    if (signal.aborted || reading > 0 || (scheduled !== null && scheduled.atMs <= Math.max(nowMs, notBeforeMs))) return;
    const { endpoints, selectors } = attributor.wanted();
    if (endpoints.size === 0 && !selectors) return;
    const worth = [...endpoints].map(([endpoint, newsMs]) => ({ endpoint, atMs: pace.worthMs(endpoint, newsMs) }));
    const firstMs = selectors ? nowMs : Math.min(...worth.map(({ atMs }) => atMs));
    // A clock that was set leaves nobody waiting.
    const waitMs = Math.min(Math.max(notBeforeMs, firstMs) - nowMs, LONGEST_WAIT_MS);
    if (scheduled !== null && scheduled.atMs <= nowMs + waitMs) return;
    scheduled?.cancel();
    scheduled = null;
    if (waitMs <= 0) {
      void read(
        worth.filter(({ atMs }) => atMs <= nowMs).map(({ endpoint }) => endpoint),
        1,
      );
      return;
    }
    const cancel = clock.after(waitMs, () => {
      scheduled = null;
      refresh();
    });
    scheduled = { atMs: nowMs + waitMs, cancel };
  }

  signal.addEventListener('abort', () => scheduled?.cancel(), { once: true });
  return {
    read: async (endpoints) => {
      failures = 0;
      return read(endpoints, LOOKS);
    },
    readAgain: async (endpoints) => read(endpoints, 1),
    refresh,
  };
}

/** An endpoint that the agent does not tell of is missing. */
async function askRealized(
  questions: AgentQuestions,
  endpoints: readonly number[] | 'all',
): Promise<readonly RealizedPolicy[]> {
  if (endpoints === 'all' || endpoints.length >= MANY_ENDPOINTS) {
    return readRealizedPolicies(await questions.ask(['endpoint', 'list', '-o', 'json'])) ?? [];
  }
  const ask = (endpoint: number) => questions.ask(['endpoint', 'get', String(endpoint), '-o', 'json']);
  // One that is gone takes nothing from the others.
  const answers = await Promise.allSettled(endpoints.map(async (endpoint) => ask(endpoint)));
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? (readRealizedPolicies(answer.value) ?? []) : []));
}

async function askPolicies(questions: AgentQuestions): Promise<readonly PolicyObject[]> {
  const listed = await questions.policies();
  if (listed !== null) return listed.flatMap(({ kind, object }) => readPolicyObject(object, kind) ?? []);
  return readAgentPolicies(await questions.ask(['policy', 'get', '-o', 'json']))?.policies ?? [];
}
