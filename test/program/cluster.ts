/** A demo cluster for a whole-program test, and the shape of what policystat prints about it. */
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { afterEach } from 'vitest';
import { type DemoCluster, type DemoOptions, startDemoCluster } from '../../src/demo/demo-cluster.ts';
import { eventually } from '../eventually.ts';
import { type Running, start, untilListening } from './run.ts';

const Counts = {
  allowed: v.number(),
  redirected: v.number(),
  audited: v.number(),
  denied: v.number(),
  attempts: v.number(),
};

export const PolicyJson = v.object({
  kind: v.nullable(v.string()),
  namespace: v.nullable(v.string()),
  name: v.string(),
});

const SummaryJson = v.object({
  window: v.object({ start: v.string(), end: v.string(), seconds: v.number() }),
  source: v.object({
    kind: v.string(),
    agents: v.array(
      v.object({
        node: v.string(),
        pod: v.string(),
        version: v.nullable(v.string()),
        dialect: v.nullable(v.string()),
        state: v.string(),
        source: v.optional(v.string()),
        sourceReason: v.optional(v.string()),
        counters: v.optional(v.string()),
      }),
    ),
  }),
  targets: v.array(
    v.object({ pod: v.string(), node: v.string(), endpoint: v.nullable(v.number()), identity: v.nullable(v.number()) }),
  ),
  completeness: v.object({
    status: v.string(),
    lost: v.number(),
    gaps: v.array(
      v.object({
        node: v.string(),
        from: v.string(),
        to: v.nullable(v.string()),
        seconds: v.number(),
        reason: v.string(),
      }),
    ),
    reasons: v.array(v.string()),
  }),
  records: v.object({
    received: v.number(),
    counted: v.number(),
    ignored: v.record(v.string(), v.number()),
    unparsed: v.number(),
  }),
  totals: v.object({ ingress: v.object(Counts), egress: v.object(Counts) }),
  policies: v.array(
    v.object({
      policy: PolicyJson,
      direction: v.string(),
      attribution: v.string(),
      reason: v.nullable(v.string()),
      isolatedBy: v.optional(v.array(PolicyJson)),
      traffic: v.optional(
        v.nullable(v.object({ packets: v.number(), bytes: v.number(), shared: v.boolean(), lowerBound: v.boolean() })),
      ),
      ...Counts,
      shared: v.number(),
      nodes: v.array(v.string()),
      peers: v.array(
        v.object({
          identity: v.nullable(v.number()),
          name: v.nullable(v.string()),
          allowed: v.number(),
          denied: v.number(),
        }),
      ),
      ports: v.array(
        v.object({ protocol: v.string(), port: v.nullable(v.number()), allowed: v.number(), denied: v.number() }),
      ),
    }),
  ),
});

export type SummaryJson = v.InferOutput<typeof SummaryJson>;

export function parseSummary(text: string): SummaryJson {
  return v.parse(SummaryJson, JSON.parse(text));
}

/** What holds for every summary, whatever happened. */
export function accountedFor({ records }: SummaryJson): boolean {
  const ignored = Object.values(records.ignored).reduce((sum, count) => sum + count, 0);
  return records.received === records.counted + ignored + records.unparsed;
}

/** Without background traffic: what is counted is what the test sent. */
export async function quietCluster(options: Partial<DemoOptions> = {}): Promise<DemoCluster> {
  return startDemoCluster({
    dialect: 'cilium',
    rate: 0,
    seed: 1,
    programsFolder: fileURLToPath(new URL('../../dist/demo/', import.meta.url)),
    ...options,
  });
}

/** Boots the demo cluster of a test; when the test is over nothing of ours may run in its agents. */
export function clusterOfTest(): (options?: Partial<DemoOptions>) => Promise<DemoCluster> {
  let cluster: DemoCluster | null = null;
  afterEach(async () => {
    const ending = cluster;
    cluster = null;
    if (ending === null) return;
    try {
      await eventually('no process of the agents is left', () => ending.processes().length === 0);
    } finally {
      await ending.stop();
    }
  });
  return async (options = {}) => {
    cluster = await quietCluster(options);
    return cluster;
  };
}

/** A client that is refused sends a second SYN after a second, and gives up: two packets, one attempt. */
export const TWO_SYNS = { timeoutMs: 1_100 };

/** Starts policystat, and waits until so many agents' streams are open. */
export async function listening(demo: DemoCluster, args: readonly string[], streams = 2): Promise<Running> {
  const running = start([...args, '-v'], { kubeconfig: demo.kubeconfigPath });
  await untilListening(running, streams);
  return running;
}

/** The last whole line of `-o jsonl`. */
export function latest(stdout: string): SummaryJson | null {
  const line = stdout.split('\n').at(-2);
  return line === undefined || line === '' ? null : parseSummary(line);
}
