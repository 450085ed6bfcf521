/** One run of policystat while something goes wrong: what the demo sent, what was heard of it, and the account of the difference. */
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { DemoCluster, DemoOptions } from '../../../src/demo/demo-cluster.ts';
import { eventually } from '../../eventually.ts';
import { accountedFor, parseSummary, quietCluster, type SummaryJson } from '../cluster.ts';
import { type Outcome, type Running, type RunOptions, start, untilListening } from '../run.ts';

/** The endpoints of the demo's two deathstars. */
export const NODE1 = { node: 'k8s-node1', endpoint: 733, pod: 'deathstar-77dd4fb786-pjs8v' } as const;
export const NODE2 = { node: 'k8s-node2', endpoint: 425, pod: 'deathstar-77dd4fb786-8c4bw' } as const;
const TIEFIGHTER = 12530;
/** What the agent has told may still be on its way when the connection goes. */
const ON_ITS_WAY_MS = 1_000;

interface Sent {
  readonly node: string;
  readonly atMs: number;
}

export interface Faulty {
  readonly demo: DemoCluster;
  /** So many landings of the tiefighter, told by the agent of a node. */
  readonly land: (where: { readonly node: string; readonly endpoint: number }, count?: number) => void;
  /** Starts `watch`, and waits until the streams are open. */
  readonly watching: (options?: WatchingOptions) => Promise<Session>;
}

interface WatchingOptions extends RunOptions {
  readonly args?: readonly string[];
  readonly streams?: number;
}

interface Session {
  readonly running: Running;
  /** What the newest summary says. */
  readonly latest: () => SummaryJson | null;
  readonly until: (what: string, holds: (summary: SummaryJson) => boolean) => Promise<void>;
  /** Waits until so many landings are counted. */
  readonly counted: (allowed: number) => Promise<void>;
  /** Ends it, and checks what holds after every fault. */
  readonly end: (expected: Expected) => Promise<Ended>;
}

interface Expected {
  /** Verdicts that cannot have been heard; `some` where nobody knows how many. */
  readonly missed: number | 'some';
  /** Another run goes on. */
  readonly beside?: boolean;
  readonly signal?: NodeJS.Signals;
  readonly code?: number;
}

interface Ended extends Outcome {
  readonly summary: SummaryJson;
}

/** One demo cluster for all tests of a file; after each of them nothing of ours may be left in its agents. */
export function faultyCluster(options: Partial<DemoOptions> = {}): () => Faulty {
  let demo: DemoCluster | null = null;
  let sent: Sent[] = [];
  const running = new Set<Running>();

  beforeAll(async () => {
    demo = await quietCluster({
      ...options,
      emitted: (node, event) => {
        if (event.type === 'policy-verdict') sent.push({ node, atMs: Date.now() });
      },
    });
  });
  afterEach(async () => {
    for (const { process } of running) process.kill('SIGKILL');
    running.clear();
    await eventually('no process of the agents is left', () => demo?.processes().length === 0);
  });
  afterAll(async () => demo?.stop());

  return () => {
    const current = demo;
    if (current === null) throw new Error('no demo cluster');
    return {
      demo: current,
      land: ({ node, endpoint }, count = 1) => {
        for (let landing = 0; landing < count; landing += 1) current.emit(node, landingAt(endpoint, landing));
      },
      watching: async ({ args = ['--pod', 'deathstar'], streams = 2, ...run } = {}) => {
        const command = ['watch', '-o', 'jsonl', '--interval', '50ms', '-v', ...args];
        const started = start(command, { kubeconfig: current.kubeconfigPath, ...run });
        running.add(started);
        await untilListening(started, streams);
        sent = [];
        return session(started, () => sent, current);
      },
    };
  };
}

function landingAt(endpoint: number, index: number) {
  return {
    type: 'policy-verdict',
    endpoint,
    direction: 'ingress',
    remoteIdentity: TIEFIGHTER,
    action: 'allow',
    match: 'L3-L4',
    policyName: 'rule1',
    packet: {
      protocol: 'TCP',
      source: { ip: '10.244.1.116', port: 40_000 + (index % 20_000) },
      destination: { ip: '10.244.0.94', port: 80 },
      flags: 'SYN',
      hash: 1 + index,
    },
  } as const;
}

function session(running: Running, sent: () => readonly Sent[], demo: DemoCluster): Session {
  const latest = () => {
    // The last line may not be whole yet.
    const line = running.stdout().split('\n').at(-2);
    return line === undefined || line === '' ? null : parseSummary(line);
  };
  const until: Session['until'] = async (what, holds) => {
    let seen: SummaryJson | null = null;
    const isSeen = () => {
      seen = latest();
      return seen !== null && holds(seen);
    };
    await running.until(isSeen).catch((error: unknown) => {
      throw new Error(`${what}; the last summary was ${JSON.stringify(seen)}`, { cause: error });
    });
  };
  return {
    running,
    latest,
    until,
    counted: (allowed) => until(`${allowed} landings`, ({ totals }) => totals.ingress.allowed === allowed),
    end: async ({ missed, beside = false, signal = 'SIGINT', code = 0 }) => {
      running.process.kill(signal);
      const outcome = await running.outcome;
      const summary = latest();
      if (summary === null) throw new Error(`no summary\n${outcome.stderr}`);
      expect({ code: outcome.code, signal: outcome.signal }, outcome.stderr).toEqual({ code, signal: null });
      expectAccounted(summary, sent(), missed);
      if (!beside) await eventually('no process of the agents is left', () => demo.processes().length === 0);
      return { ...outcome, summary };
    },
  };
}

/** Not one counted twice, and not one lost without a trace: sent = received + lost + inside gaps. */
function expectAccounted(summary: SummaryJson, sent: readonly Sent[], expected: number | 'some'): void {
  expect(accountedFor(summary), JSON.stringify(summary.records)).toBe(true);
  const { records, completeness } = summary;
  const received = records.counted + (records.ignored['other-endpoint'] ?? 0) + records.unparsed;
  const inGaps = sent.filter((one) => isInside(one, completeness.gaps)).length;
  const about = { sent: sent.length, received, lost: completeness.lost, gaps: completeness.gaps };
  const missed = sent.length - received - completeness.lost;
  if (expected === 'some') expect(missed, JSON.stringify(about)).toBeGreaterThan(0);
  else expect(missed, JSON.stringify(about)).toBe(expected);
  expect(inGaps, JSON.stringify(about)).toBeGreaterThanOrEqual(missed);
  expect(completeness.status === 'full', JSON.stringify(about)).toBe(
    missed === 0 && completeness.lost === 0 && completeness.gaps.length === 0 && records.unparsed === 0,
  );
}

function isInside({ node, atMs }: Sent, gaps: SummaryJson['completeness']['gaps']): boolean {
  return gaps.some(
    (gap) =>
      gap.node === node &&
      atMs >= Date.parse(gap.from) - ON_ITS_WAY_MS &&
      (gap.to === null || atMs <= Date.parse(gap.to)),
  );
}
