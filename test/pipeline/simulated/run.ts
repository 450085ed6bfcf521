/** Plays what happens around an agent through the pipeline, and holds each attribution against what really decided. */

import type { Attribution } from '../../../src/model/policy.ts';
import { startPipeline } from '../../../src/pipeline.ts';
import { createFakeClock } from '../fake-clock.ts';
import { createSimulatedAgent, type Decided, type Pace, type Rule, selectedBy } from './agent.ts';
import { createSimulatedStream, type SentVerdict } from './stream.ts';

export type Step = { readonly afterMs: number } & (
  | {
      readonly what: 'policy';
      readonly name: string;
      readonly rule: Rule | null;
      readonly leadMs: number;
      readonly pace: Pace;
    }
  | { readonly what: 'relabel'; readonly endpoint: number; readonly app: string; readonly pace: Pace }
  | {
      readonly what: 'replace';
      readonly endpoint: number;
      readonly app: string;
      readonly emptyMs: number;
      readonly pace: Pace;
    }
  | { readonly what: 'regenerate'; readonly endpoint: number; readonly pace: Pace }
  | { readonly what: 'peer'; readonly org: string }
  | { readonly what: 'gap'; readonly downMs: number; readonly besideMs?: number }
  | { readonly what: 'restart'; readonly downMs: number; readonly revision: number; readonly pace: Pace }
);

/** Of one question to the agent, or to the API server. */
interface Delay {
  /** From the question until the answer is made, and from there until it is here. */
  readonly thereMs: number;
  readonly backMs: number;
  readonly fails: boolean;
}

export interface Story {
  readonly source: 'monitor' | 'hubble';
  /** Hubble names policies. */
  readonly names?: boolean;
  readonly endpoints: readonly { readonly id: number; readonly app: string }[];
  readonly beforeOpen: readonly Step[];
  /** The first try to listen fails. */
  readonly isRefused?: boolean;
  readonly steps: readonly Step[];
  /** How often somebody talks to each endpoint while that happens, and how long that takes to be told; used in turn. */
  readonly everyMs: number;
  readonly latesMs: readonly number[];
  /** Used in turn, again and again. */
  readonly latenciesMs: readonly number[];
  readonly delays: readonly Delay[];
}

interface Told {
  readonly sent: SentVerdict;
  readonly got: string;
  readonly right: readonly string[];
  readonly atMs: number;
}

export interface Outcome {
  /** Of the verdicts while something happened. */
  readonly during: readonly Told[];
  /** Those that name what did not decide. */
  readonly wrong: readonly Told[];
  /** Of the verdicts after everything was quiet. */
  readonly unnamed: readonly Told[];
  readonly asked: readonly { readonly args: string; readonly atMs: number }[];
}

const START_MS = 1_800_000_000_000;
const QUIET_MS = 150_000;

/** Undefined where the datapath reports nothing. */
function decisionOf(by: Decided | null, org: string | undefined, port: number): string | undefined {
  if (by === null) return undefined;
  const own = selectedBy(by.policies, by.app);
  if (own.length === 0) return undefined;
  const named = own.filter(([, rule]) => rule.org === org && rule.port === port).map(([name]) => name);
  return named.length > 0
    ? named.sort().join(' ')
    : `← ${own
        .map(([name]) => name)
        .sort()
        .join(' ')}`;
}

/** Null for what names nobody. */
function nameOf({ grade, policies, isolatedBy, reason }: Attribution): string | null {
  if (grade === 'derived' || grade === 'correlated')
    return policies
      .map(({ name }) => name)
      .sort()
      .join(' ');
  if (grade === 'default-deny' && isolatedBy.length > 0)
    return `← ${isolatedBy
      .map(({ name }) => name)
      .sort()
      .join(' ')}`;
  return reason === 'no-policy-applies' ? reason : null;
}

function inTurn<T>(values: readonly T[], otherwise: T): () => T {
  let at = 0;
  return () => values[at++ % Math.max(1, values.length)] ?? otherwise;
}

export async function play(story: Story): Promise<Outcome> {
  const clock = createFakeClock(START_MS);
  const delayOf = inTurn(story.delays, { thereMs: 5, backMs: 5, fails: false });
  const ref = { node: 'node1', namespace: 'kube-system', pod: 'cilium-1', container: 'cilium-agent' };
  const stream = createSimulatedStream(clock, ref, story.source, inTurn(story.latenciesMs, 0));
  const agent = createSimulatedAgent(clock, (notice, message) => stream.say(notice, message), story.endpoints);
  const sent = new Map<number, { verdict: SentVerdict; right: string[] }>();
  const told: Told[] = [];
  const asked: { args: string; atMs: number }[] = [];
  let life = 0;
  let learnedMs = 0;
  let isQuiet = false;
  let tag = 0;

  async function answer<T>(make: () => T | null, ofAgent: boolean): Promise<T> {
    const { thereMs, backMs, fails } = isQuiet ? { thereMs: 5, backMs: 5, fails: false } : delayOf();
    const mine = life;
    const pass = async (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
    await pass(thereMs);
    // Taken when it is made, not when it arrives.
    const made = fails || (ofAgent && mine !== life) ? null : make();
    await pass(backMs);
    if (made === null) throw new Error('no answer');
    return made;
  }

  const questions = {
    ask: async (args: readonly string[]) => {
      asked.push({ args: args.join(' '), atMs: clock.nowMs() - START_MS });
      return answer(() => agent.print(args), true);
    },
    policies: async () =>
      answer(
        () =>
          [...agent.written].map(([name, rule]) => ({
            kind: 'CiliumNetworkPolicy' as const,
            object: {
              kind: 'CiliumNetworkPolicy',
              metadata: { name, namespace: 'default' },
              spec: {
                endpointSelector: { matchLabels: { app: rule.app } },
                ingress: [
                  {
                    fromEndpoints: [{ matchLabels: { org: rule.org } }],
                    toPorts: [{ ports: [{ port: String(rule.port), protocol: 'TCP' }] }],
                  },
                ],
              },
            },
          })),
        false,
      ),
  };
  const pipeline = startPipeline({
    ...{ clock, identityName: () => null, namesVersion: () => 0, missingNodes: [], dialect: 'cilium' },
    types: ['policy-verdict', 'agent'],
    sink: {
      record: (record, attribution) => {
        if (record.type !== 'policy-verdict' || attribution === null) return;
        const about = sent.get(record.source?.port ?? -1);
        if (about === undefined) return;
        const { verdict, right } = about;
        const got = nameOf(attribution) ?? `(${attribution.reason ?? attribution.grade})`;
        told.push({ sent: verdict, got, right, atMs: clock.nowMs() - START_MS });
      },
      room: () => Promise.resolve(),
    },
    ...{ endpointsChanged: () => {}, streaming: () => {}, chosen: () => {}, notice: () => {}, trouble: () => {} },
    failed: () => {},
  });

  function makeVerdict(endpoint: number, peer: number, port: number, lateMs: number): void {
    const own = agent.endpoint(endpoint);
    const peers = [...agent.peers()];
    const [identity, org] = peers[peer % peers.length] ?? [0, ''];
    if (own === null) return;
    const right = decisionOf(own.datapath, org, port);
    if (right === undefined) return;
    tag += 1;
    // Until it is told that a pod is called otherwise now, its labels decide unheard; Hubble's flows tell them.
    const isToldLater =
      own.datapath?.app !== own.told?.app && (story.source === 'monitor' || own.app === own.told?.app);
    const before = isToldLater ? [decisionOf(own.told, org, port), decisionOf(own.told, undefined, port)] : [];
    const verdict = {
      ...{ tag, madeMs: clock.nowMs(), endpoint, ownIdentity: own.identity, peer: identity, port },
      isAllowed: !right.startsWith('←'),
    };
    sent.set(tag, { verdict, right: [right, ...before.filter((one) => one !== undefined)] });
    if (!stream.isUp()) return;
    const mine = stream.opened();
    clock.after(lateMs, () => {
      if (mine !== stream.opened()) return;
      const realized = agent.endpoint(endpoint)?.realized ?? null;
      if (story.names !== true || realized === null) stream.verdict(verdict);
      else {
        const own = selectedBy(realized.policies, realized.app);
        const policies = own.filter(([, rule]) => rule.org === org && rule.port === port).map(([name]) => name);
        stream.verdict({ ...verdict, named: { policies, revision: realized.revision } });
      }
    });
  }

  const lateOf = inTurn(story.latesMs, 0);
  let talks = 0;

  /** Everybody talks to everybody, one after the other. */
  async function pass(ms: number): Promise<void> {
    const untilMs = clock.nowMs() + ms;
    while (clock.nowMs() + story.everyMs <= untilMs) {
      await clock.run(story.everyMs);
      talks += 1;
      for (const { id } of agent.endpoints()) makeVerdict(id, talks >> 1, talks % 2 === 0 ? 80 : 81, lateOf());
    }
    await clock.run(untilMs - clock.nowMs());
  }

  async function take(step: Step): Promise<void> {
    await pass(step.afterMs);
    switch (step.what) {
      case 'policy': {
        const mine = life;
        if (step.rule === null && !agent.written.has(step.name)) return;
        if (step.rule === null) agent.written.delete(step.name);
        else agent.written.set(step.name, step.rule);
        // In the order of the API server.
        learnedMs = Math.max(learnedMs, clock.nowMs() + step.leadMs);
        clock.after(learnedMs - clock.nowMs(), () => {
          // One that starts afterwards has read it by itself.
          if (mine === life) agent.learnPolicy(step.name, step.rule, step.pace);
        });
        return;
      }
      case 'relabel':
        agent.relabel(step.endpoint, step.app, step.pace);
        return;
      case 'replace':
        agent.remove(step.endpoint);
        clock.after(step.emptyMs, () => agent.create(step.endpoint, step.app, step.pace));
        return;
      case 'regenerate':
        agent.regenerate(step.endpoint, step.pace);
        return;
      case 'peer':
        agent.newPeer(step.org);
        return;
      case 'gap':
        stream.cut();
        await pass(step.downMs);
        stream.open(step.besideMs);
        return;
      case 'restart':
        stream.cut();
        life += 1;
        agent.restart(step.revision, step.pace);
        await pass(step.downMs);
        stream.open();
    }
  }

  for (const step of story.beforeOpen) await take(step);
  const ending = new AbortController();
  const listening = pipeline.listen({ agent: ref, targets: 'all' }, stream, questions, ending.signal);
  if (story.isRefused === true) {
    stream.cut();
    await pass(500);
  }
  stream.open();
  for (const step of story.steps) await take(step);
  const during = [...told];
  isQuiet = true;
  await clock.run(QUIET_MS);
  const visitAll = async () => {
    const before = told.length;
    for (const { id } of agent.endpoints())
      for (let peer = 0; peer < agent.peers().size; peer += 1)
        for (const port of [80, 81]) makeVerdict(id, peer, port, 0);
    await clock.run(5_000);
    return told.slice(before);
  };
  // The first meets whom nobody knows yet.
  await visitAll();
  const last = await visitAll();
  ending.abort();
  stream.close();
  await listening;
  return {
    ...{ during, asked },
    wrong: told.filter(({ got, right }) => !got.startsWith('(') && !right.includes(got)),
    unnamed: last.filter(({ got }) => got.startsWith('(')),
  };
}
