/** A policy that changes while traffic flows: nothing is credited to whom it does not belong to, and what cannot be told is marked. */
import { describe, expect, it } from 'vitest';
import type { DemoCluster, DemoOptions } from '../../src/demo/demo-cluster.ts';
import { eventually } from '../eventually.ts';
import { latest, listening, parseSummary, quietCluster, type SummaryJson } from './cluster.ts';
import type { Running } from './run.ts';

const AGENTS: readonly (Pick<DemoOptions, 'dialect'> & { readonly version?: string })[] = [
  { dialect: 'cilium', version: '1.12' },
  { dialect: 'cilium', version: '1.16' },
  { dialect: 'cilium', version: '1.19' },
  { dialect: 'accuknox' },
];

type Spec = Readonly<Record<string, unknown>>;

const policy = (name: string, spec: Spec = {}) => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { name, namespace: 'default' },
  spec: { endpointSelector: { matchLabels: { class: 'deathstar' } }, ...spec },
});

const fromOrg = (org: string) => ({
  fromEndpoints: [{ matchLabels: { org } }],
  toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }] }],
});
const letsIn = (org: string): Spec => ({ ingress: [fromOrg(org)] });
const refuses = (org: string): Spec => ({ ingressDeny: [fromOrg(org)] });

interface Phase {
  readonly what: string;
  readonly change: (demo: DemoCluster) => void;
  /** The row that the verdicts of this time belong to, as `rowName` writes it. */
  readonly row: string;
}

const PHASES: readonly Phase[] = [
  { what: 'as it was', change: () => {}, row: 'rule1 allowed' },
  {
    what: 'rule1 is replaced by rule2',
    change: (demo) => {
      demo.apply(policy('rule2', letsIn('empire')));
      demo.remove(policy('rule1'));
    },
    row: 'rule2 allowed',
  },
  {
    what: 'rule2 is for others now',
    change: (demo) => demo.apply(policy('rule2', letsIn('alliance'))),
    row: 'implicit-default-deny ← rule2 denied',
  },
  {
    what: 'rule3 isolates as well',
    change: (demo) => demo.apply(policy('rule3', letsIn('rebels'))),
    row: 'implicit-default-deny ← rule2 rule3 denied',
  },
  {
    what: 'rule2 is deleted',
    change: (demo) => demo.remove(policy('rule2')),
    row: 'implicit-default-deny ← rule3 denied',
  },
  {
    what: 'rule4 is added',
    change: (demo) => demo.apply(policy('rule4', letsIn('empire'))),
    row: 'rule4 allowed',
  },
  {
    what: 'rule4 refuses now',
    change: (demo) => demo.apply(policy('rule4', refuses('empire'))),
    row: 'rule4 denied',
  },
];

type Row = SummaryJson['policies'][number];

function rowName({ policy: { name }, isolatedBy }: Row): string {
  const isolating = (isolatedBy ?? []).map((ref) => ref.name);
  return isolating.length === 0 ? name : `${name} ← ${isolating.join(' ')}`;
}

/** How many verdicts each row has, by its name and what was done. */
function countsOf(summary: SummaryJson | null): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of summary?.policies ?? []) {
    for (const done of ['allowed', 'denied'] as const)
      if (row[done] > 0) counts.set(`${rowName(row)} ${done}`, row[done]);
  }
  return counts;
}

async function watching(demo: DemoCluster, more: readonly string[] = []): Promise<Running> {
  return listening(demo, ['watch', '--pod', 'deathstar', '-o', 'jsonl', '--interval', '100ms', ...more]);
}

async function finalSummary(running: Running): Promise<SummaryJson> {
  running.process.kill('SIGINT');
  const { code, stdout } = await running.outcome;
  expect(code).toBe(0);
  return parseSummary(stdout.trimEnd().split('\n').at(-1) ?? '');
}

async function withCluster(options: Partial<DemoOptions>, use: (demo: DemoCluster) => Promise<void>): Promise<void> {
  const demo = await quietCluster(options);
  try {
    await use(demo);
    await eventually('no process of the agents is left', () => demo.processes().length === 0);
  } finally {
    await demo.stop();
  }
}

/** One SYN: a client that does not wait. */
const HASTY = { timeoutMs: 1 };
const IN_FLIGHT = /^(unattributed|implicit-default-deny) /;

const nameOf = ({ dialect, version }: (typeof AGENTS)[number]) => [dialect, version].join(' ').trim();

describe.concurrent.for(AGENTS.map((agent) => [nameOf(agent), agent] as const))('on %s', ([, agent]) => {
  it('every verdict is its own policy’s or marked, whatever changes', { timeout: 120_000 }, async () => {
    await withCluster(agent, async (demo) => {
      const running = await watching(demo);
      const [to = ''] = parseSummary(await firstLine(running)).targets.map(({ pod }) => pod);
      const sent = new Map<string, number>();
      let total = 0;
      for (const { what, change, row } of PHASES) {
        change(demo);
        const isCredited = () => (countsOf(latest(running.stdout())).get(row) ?? 0) > 0;
        do {
          await demo.connect('tiefighter', to, HASTY);
          sent.set(row, (sent.get(row) ?? 0) + 1);
          total += 1;
          await new Promise((resolve) => setTimeout(resolve, 25));
        } while (!isCredited() && total < 5000);
        expect(isCredited(), what).toBe(true);
      }
      await running.until((stdout) => sum(countsOf(latest(stdout)).values()) === total);
      const counts = countsOf(await finalSummary(running));
      for (const [row, count] of counts) {
        if (sent.has(row)) expect(count, row).toBeLessThanOrEqual(sent.get(row) ?? 0);
        else expect(row).toMatch(IN_FLIGHT);
      }
      expect(sum(counts.values())).toBe(total);
    });
  });

  it('a verdict right before the first answer that has a deletion already is not called free', {
    timeout: 60_000,
  }, async () => {
    await withCluster(agent, async (demo) => {
      const running = await watching(demo);
      await demo.connect('tiefighter', 'deathstar', HASTY);
      demo.remove(policy('rule1'));
      await running.until((stdout) => sum(countsOf(latest(stdout)).values()) === 1);
      const { policies } = await finalSummary(running);
      const [row] = policies;
      expect(policies).toHaveLength(1);
      // On a machine without time to give, the answer comes when nothing is held for it any more.
      if (row?.policy.name === 'unattributed') expect(['policy-changed', 'no-state']).toContain(row.reason);
      else expect(row?.policy.name).toBe('rule1');
    });
  });
});

/** Long enough that a whole program starts meanwhile, and short enough that it is done before anybody loses patience. */
const WORK_MS = 3_000;

describe.concurrent.for([['monitor'], ['hubble']] as const)(
  'on agents that take their time, heard by %s',
  ([source]) => {
    it('what was under way before anybody listened is credited to nobody until it is done', {
      timeout: 60_000,
    }, async () => {
      const decided = new Map<string, number>();
      const emitted: DemoOptions['emitted'] = (_, event) => {
        if (event.type !== 'policy-verdict' || event.direction !== 'ingress') return;
        const row = `${event.policyName} ${event.action === 'deny' ? 'denied' : 'allowed'}`;
        decided.set(row, (decided.get(row) ?? 0) + 1);
      };
      // A Hubble that names nobody: what it leaves unnamed is looked up.
      await withCluster({ dialect: 'cilium', version: '1.14', workMs: WORK_MS, emitted }, async (demo) => {
        demo.apply(policy('rule2', letsIn('empire')));
        demo.remove(policy('rule1'));
        const running = await watching(demo, ['--source', source]);
        const [to = ''] = parseSummary(await firstLine(running)).targets.map(({ pod }) => pod);
        const heardFrom = new Map(decided);
        const isCredited = () => (countsOf(latest(running.stdout())).get('rule2 allowed') ?? 0) > 0;
        for (let total = 0; !isCredited() && total < 1000; total += 1) {
          await demo.connect('tiefighter', to, HASTY);
          await new Promise((resolve) => setTimeout(resolve, 25));
        }
        const counts = countsOf(await finalSummary(running));
        expect(counts.get('rule2 allowed')).toBeGreaterThan(0);
        for (const [row, count] of counts)
          if (!IN_FLIGHT.test(row))
            expect(count, row).toBeLessThanOrEqual((decided.get(row) ?? 0) - (heardFrom.get(row) ?? 0));
      });
    });
  },
);

async function firstLine(running: Running): Promise<string> {
  await running.until((stdout) => stdout.includes('\n'));
  return running.stdout().split('\n')[0] ?? '';
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
