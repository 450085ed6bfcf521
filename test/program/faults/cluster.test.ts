/** Agents, nodes and pods that come and go while policystat listens. */
import { describe, expect, it } from 'vitest';
import type { SummaryJson } from '../cluster.ts';
import { faultyCluster, NODE1, NODE2 } from './session.ts';

const cluster = faultyCluster();

const hasGapOn = (summary: SummaryJson, node: string) => summary.completeness.gaps.some((gap) => gap.node === node);
const streams = ({ source }: SummaryJson) => source.agents.every(({ state }) => state === 'streaming');
const endpointOf = ({ targets }: SummaryJson, name: string) => targets.find(({ pod }) => pod === name)?.endpoint;

describe('an agent', () => {
  it('whose container restarts is listened to again', async () => {
    const { demo, land, watching } = cluster();
    const { counted, until, end } = await watching();
    land(NODE1, 2);
    land(NODE2, 1);
    await counted(3);
    const restarted = demo.faults.restartAgent('k8s-node1');
    await until('it is gone', ({ source }) => source.agents.some(({ state }) => state === 'reconnecting'));
    land(NODE1, 4);
    await restarted;
    await until('it is back', (summary) => hasGapOn(summary, 'k8s-node1') && streams(summary));
    land(NODE1, 5);
    await counted(8);
    const { summary, stderr } = await end({ missed: 4 });
    expect(summary.completeness.gaps.map(({ node, reason }) => [node, reason])).toEqual([
      ['k8s-node1', 'agent restarted'],
    ]);
    expect(stderr).toContain('exit code 137');
  });

  it('that is replaced by a pod of another name is found', async () => {
    const { demo, land, watching } = cluster();
    const { counted, until, end } = await watching({ args: ['--pod', NODE1.pod], streams: 1 });
    land(NODE1, 2);
    await counted(2);
    const before = demo.agentOf('k8s-node1').pod;
    const replaced = demo.faults.replaceAgent('k8s-node1');
    await until('it is gone', ({ source }) => source.agents.some(({ state }) => state === 'reconnecting'));
    land(NODE1, 3);
    await replaced;
    await until('it is back', (summary) => hasGapOn(summary, 'k8s-node1') && streams(summary));
    land(NODE1, 1);
    await counted(3);
    const { summary, stderr } = await end({ missed: 3 });
    expect(demo.agentOf('k8s-node1').pod).not.toBe(before);
    expect(summary.source.agents.map(({ pod }) => pod)).toEqual([demo.agentOf('k8s-node1').pod]);
    expect(stderr).toContain(before);
  });
});

describe('a node', () => {
  it('that goes away is a gap until it is back, and the others go on', async () => {
    const { demo, land, watching } = cluster();
    const { running, counted, until, end } = await watching();
    land(NODE1, 1);
    land(NODE2, 1);
    await counted(2);
    demo.faults.loseNode('k8s-node2');
    await running.until((_, stderr) => stderr.includes('no route to host'));
    land(NODE1, 3);
    land(NODE2, 2);
    await counted(5);
    demo.faults.returnNode('k8s-node2');
    await until('it is back', (summary) => hasGapOn(summary, 'k8s-node2') && streams(summary));
    land(NODE2, 1);
    await counted(6);
    const { summary } = await end({ missed: 2 });
    expect(summary.completeness.gaps.map(({ node }) => node)).toEqual(['k8s-node2']);
  });

  it('that stays away leaves a summary with an open gap', async () => {
    const { demo, land, watching } = cluster();
    const { running, counted, end } = await watching();
    land(NODE1, 1);
    await counted(1);
    demo.faults.loseNode('k8s-node2');
    await running.until((_, stderr) => stderr.includes('no route to host'));
    land(NODE2, 2);
    const { summary } = await end({ missed: 2 });
    demo.faults.returnNode('k8s-node2');
    expect(summary.completeness).toMatchObject({
      status: 'partial',
      reasons: ['gap', 'not-streaming'],
      gaps: [{ node: 'k8s-node2', to: null }],
    });
  });
});

describe('a target', () => {
  it('that is deleted and made anew on another node is followed', async () => {
    const { demo, land, watching } = cluster();
    const { counted, until, end } = await watching();
    land(NODE2, 1);
    await counted(1);
    await demo.faults.movePod(NODE2.pod, 'k8s-node1');
    await until('it is found', (summary) => hasGapOn(summary, 'k8s-node1'));
    const there = { node: 'k8s-node1', endpoint: await newEndpoint(until, NODE2.pod, NODE2.endpoint) };
    land(there, 4);
    await counted(5);
    // The number is free: what it tells now is nobody's that was asked for.
    land(NODE2, 2);
    await until('they are told apart', ({ records }) => records.ignored['other-endpoint'] === 2);
    const { summary } = await end({ missed: 0 });
    expect(summary.targets.filter(({ pod }) => pod === NODE2.pod)).toMatchObject([{ node: 'k8s-node1' }]);
    await demo.faults.movePod(NODE2.pod, 'k8s-node2');
    demo.faults.renumberEndpoint(NODE2.pod, NODE2.endpoint);
  });

  it('whose endpoint gets another number is counted under it', async () => {
    const { demo, land, watching } = cluster();
    const { counted, until, end } = await watching({ args: ['--pod', NODE1.pod], streams: 1 });
    land(NODE1, 2);
    await counted(2);
    demo.faults.renumberEndpoint(NODE1.pod, 999);
    await until('it is found', (summary) => endpointOf(summary, NODE1.pod) === 999);
    land({ node: 'k8s-node1', endpoint: 999 }, 3);
    await counted(5);
    const { summary } = await end({ missed: 0 });
    expect(summary.completeness.gaps).toMatchObject([{ node: 'k8s-node1', reason: 'a pod moved or was replaced' }]);
    demo.faults.renumberEndpoint(NODE1.pod, NODE1.endpoint);
  });

  it('whose endpoint number is given to another pod is not confused with it', async () => {
    const { demo, land, watching } = cluster();
    const { counted, until, end } = await watching({ args: ['deploy/deathstar'] });
    demo.faults.addPod(NODE1.pod, 'deathstar-77dd4fb786-brief', 'k8s-node1', 2001);
    await until('it is found', (summary) => endpointOf(summary, 'deathstar-77dd4fb786-brief') === 2001);
    land({ node: 'k8s-node1', endpoint: 2001 }, 2);
    await counted(2);
    demo.faults.removePod('deathstar-77dd4fb786-brief');
    demo.faults.addPod('tiefighter', 'tiefighter-late', 'k8s-node1', 2001);
    land({ node: 'k8s-node1', endpoint: 2001 }, 5);
    await until('they are told apart', ({ records }) => records.ignored['other-endpoint'] === 5);
    const { summary } = await end({ missed: 0 });
    expect(summary.totals.ingress.allowed).toBe(2);
    demo.faults.removePod('tiefighter-late');
  });

  it('that gets new replicas is counted on all of them', async () => {
    const { demo, land, watching } = cluster();
    const { counted, until, end } = await watching({ args: ['deploy/deathstar'] });
    land(NODE1, 1);
    await counted(1);
    demo.faults.addPod(NODE1.pod, 'deathstar-77dd4fb786-third', 'k8s-node2', 2002);
    await until('it is found', (summary) => endpointOf(summary, 'deathstar-77dd4fb786-third') === 2002);
    land({ node: 'k8s-node2', endpoint: 2002 }, 3);
    await counted(4);
    const { summary } = await end({ missed: 0 });
    expect(summary.targets).toHaveLength(3);
    demo.faults.removePod('deathstar-77dd4fb786-third');
  });
});

async function newEndpoint(
  until: (what: string, holds: (summary: SummaryJson) => boolean) => Promise<void>,
  pod: string,
  old: number,
): Promise<number> {
  let found = old;
  await until('it has another endpoint', (summary) => {
    found = endpointOf(summary, pod) ?? old;
    return found !== old;
  });
  return found;
}
