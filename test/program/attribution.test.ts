/** Attribution as a whole program does it: what it asks the agents, and whom it credits while a policy changes. */
import { describe, expect, it } from 'vitest';
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';
import { eventually } from '../eventually.ts';
import { clusterOfTest, latest, listening, parseSummary, type SummaryJson } from './cluster.ts';
import type { Running } from './run.ts';

const boot = clusterOfTest();

async function watching(): Promise<{ demo: DemoCluster; running: Running }> {
  const demo = await boot();
  return { demo, running: await listening(demo, ['watch', '--pod', 'deathstar', '-o', 'jsonl', '--interval', '50ms']) };
}

async function finalSummary(running: Running): Promise<SummaryJson> {
  running.process.kill('SIGINT');
  const { code, stdout } = await running.outcome;
  expect(code).toBe(0);
  return parseSummary(stdout.trimEnd().split('\n').at(-1) ?? '');
}

const policy = (name: string) => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { name, namespace: 'default' },
  spec: {
    endpointSelector: { matchLabels: { class: 'deathstar' } },
    ingress: [
      {
        fromEndpoints: [{ matchLabels: { org: 'empire' } }],
        toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }] }],
      },
    ],
  },
});

const allowedBy = (summary: SummaryJson | null, name: string) =>
  (summary?.policies ?? []).find((row) => row.policy.name === name)?.allowed ?? 0;

describe('a policy that is replaced while traffic flows', () => {
  it('has what was before the change, its successor what came after, and nobody what cannot be told', async () => {
    const { demo, running } = await watching();
    const land = async () => expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    for (let landing = 0; landing < 3; landing += 1) await land();
    await running.until((stdout) => allowedBy(latest(stdout), 'rule1') === 3);

    // For a moment both allow it, and then only the new one.
    demo.apply(policy('rule2'));
    demo.remove(policy('rule1'));
    let after = 0;
    const landOnce = async () => {
      await land();
      after += 1;
      await running.until((stdout) => latest(stdout)?.totals.ingress.allowed === 3 + after);
    };
    await landOnce();
    const marked = latest(running.stdout());
    expect(allowedBy(marked, 'rule1')).toBe(3);
    expect(allowedBy(marked, 'rule2')).toBe(0);
    expect(allowedBy(marked, 'unattributed')).toBe(1);
    while (allowedBy(latest(running.stdout()), 'rule2') === 0) await landOnce();

    const summary = await finalSummary(running);
    expect(allowedBy(summary, 'rule1')).toBe(3);
    expect(allowedBy(summary, 'rule2') + allowedBy(summary, 'unattributed')).toBe(after);
    expect(summary.policies.map((row) => row.policy.name).sort()).toEqual(['rule1', 'rule2', 'unattributed']);
    expect(summary.policies.find((row) => row.policy.name === 'unattributed')).toMatchObject({
      reason: 'policy-changed',
    });
  });
});

describe('what the agents are asked', () => {
  it('is at most one endpoint get for an endpoint and a policy revision, and is told at the end', async () => {
    const { demo, running } = await watching();
    const endpointGets = () => demo.agentCalls().filter(({ argv }) => argv[0] === 'endpoint' && argv[1] === 'get');
    // They are asked for after the endpoint.
    const selectorGets = () => demo.agentCalls().filter(({ argv }) => argv[1] === 'selectors');
    const land = async () => expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    for (let landing = 0; landing < 20; landing += 1) await land();
    await running.until((stdout) => allowedBy(latest(stdout), 'rule1') === 20);
    expect(endpointGets()).toHaveLength(2);

    for (const change of [1, 2]) {
      demo.apply(policy(`more-${change}`));
      for (let landing = 0; landing < 5; landing += 1) await land();
      await eventually('the state is read again', () => selectorGets().length >= 2 + 2 * change);
    }
    for (let landing = 0; landing < 20; landing += 1) await land();
    await running.until((stdout) => latest(stdout)?.totals.ingress.allowed === 50);
    await finalSummary(running);

    const asked = endpointGets().map(({ node, argv, revision }) => `${node} ${argv[2] ?? ''} at ${revision}`);
    expect(asked).toHaveLength(6);
    expect(new Set(asked).size).toBe(asked.length);
    // Everything but the monitors, and what is asked before there is anybody to attribute to.
    const told = [...running.stderr().matchAll(/^policystat: (\S+): (\d+) queries, (\d+) bytes of answers/gm)];
    expect(told.map(([, node]) => node).sort()).toEqual(['k8s-node1', 'k8s-node2']);
    for (const [, node, calls, bytes] of told) {
      const own = demo.agentCalls().filter((call) => call.node === node);
      const asking = own.filter(({ argv }) => argv[1] === 'get' || argv[1] === 'selectors');
      expect(Number(calls)).toBe(asking.length);
      expect(Number(bytes)).toBeGreaterThan(1000);
    }
  });
});
