/** Connections that break, stand still or are refused, on their way to the agents. */
import { describe, expect, it } from 'vitest';
import type { SummaryJson } from '../cluster.ts';
import { faultyCluster, NODE1, NODE2 } from './session.ts';

const cluster = faultyCluster();

describe('the connection', () => {
  it('is reset in the middle of a line: what is left of it is not understood, the next one is whole', async () => {
    const { demo, land, watching } = cluster();
    const { counted, until, end } = await watching({ args: ['--pod', NODE1.pod], streams: 1 });
    land(NODE1, 3);
    await counted(3);
    demo.faults.cutAfter(100);
    land(NODE1);
    await until('it is back', isBack);
    land(NODE1, 2);
    await counted(5);
    const { summary, stderr } = await end({ missed: 0 });
    expect(summary.records).toMatchObject({ counted: 5, unparsed: 1 });
    expect(summary.completeness).toMatchObject({ reasons: ['gap', 'unparsed-lines'], gaps: [{ node: 'k8s-node1' }] });
    expect(stderr).toContain('Lost the stream of the agent kube-system/cilium-5l2dg on node k8s-node1');
  });

  it('is cut for all agents at once: each has its gap and comes back', async () => {
    const { demo, land, watching } = cluster();
    const { counted, until, end } = await watching();
    land(NODE1, 2);
    land(NODE2, 3);
    await counted(5);
    demo.faults.breakStreams();
    await until('both are back', isBack);
    land(NODE1, 4);
    land(NODE2, 1);
    await counted(10);
    const { summary } = await end({ missed: 0 });
    expect(summary.completeness.gaps.map(({ node }) => node).sort()).toEqual(['k8s-node1', 'k8s-node2']);
  });

  it('stands still without being closed: given up, and opened anew', async () => {
    const { demo, land, watching } = cluster();
    const args = ['--pod', NODE1.pod, '--request-timeout', '900ms'];
    const { counted, until, end } = await watching({ args, streams: 1 });
    land(NODE1, 2);
    await counted(2);
    demo.faults.stall(Number.POSITIVE_INFINITY);
    land(NODE1, 4);
    await until('it is given up', ({ source }) => source.agents.some(({ state }) => state === 'reconnecting'));
    demo.faults.stall(0);
    await until('it is back', isBack);
    land(NODE1, 3);
    await counted(5);
    const { summary, stderr } = await end({ missed: 4 });
    expect(summary.completeness.gaps[0]?.reason).toBe('no answer to pings');
    expect(stderr).toContain('no answer to pings');
  });

  it('is cut by an API server that restarts: tried again until it is there', async () => {
    const { demo, land, watching } = cluster();
    const { counted, until, end } = await watching();
    land(NODE1, 2);
    await counted(2);
    demo.faults.restartServer(700);
    await until('nobody is heard', ({ source }) => source.agents.every(({ state }) => state === 'reconnecting'));
    land(NODE1, 3);
    land(NODE2, 1);
    await until('both are back', isBack);
    land(NODE2, 5);
    await counted(7);
    // An agent's monitor that has not noticed yet that nobody listens prints into the cut.
    const { summary, stderr } = await end({ missed: 'some' });
    expect(summary.completeness.gaps.map(({ node }) => node).sort()).toEqual(['k8s-node1', 'k8s-node2']);
    expect(stderr).toContain('cannot be reached');
  });

  it.each([429, 500, 503] as const)('is refused with %i for a while: tried again', async (code) => {
    const { demo, land, watching } = cluster();
    const { counted, until, end } = await watching({ args: ['--pod', NODE1.pod], streams: 1 });
    land(NODE1);
    await counted(1);
    demo.faults.refuseExecs(code, 3);
    demo.faults.breakStreams();
    await until('it is back', isBack);
    land(NODE1, 2);
    await counted(3);
    const { summary, stderr } = await end({ missed: 0 });
    expect(summary.completeness.gaps).toHaveLength(1);
    expect(stderr).toContain(`answered ${code} to GET /api/v1/namespaces/kube-system/pods/cilium-5l2dg/exec`);
  });

  it('is refused at first: tried again before anything is counted', async () => {
    const { demo, land, watching } = cluster();
    demo.faults.refuseExecs(503, 2);
    const { counted, end } = await watching({ args: ['--pod', NODE1.pod], streams: 1 });
    land(NODE1, 2);
    await counted(2);
    const { summary } = await end({ missed: 0 });
    expect(summary.completeness).toMatchObject({ status: 'partial', gaps: [{ node: 'k8s-node1' }] });
  });

  it('is served with another certificate', async () => {
    const { demo, land, watching } = cluster();
    const { counted, until, end } = await watching({ args: ['--pod', NODE1.pod], streams: 1 });
    land(NODE1);
    await counted(1);
    await demo.faults.rotateCertificate();
    demo.faults.breakStreams();
    await until('it is back', isBack);
    land(NODE1, 2);
    await counted(3);
    await end({ missed: 0 });
  });
});

function isBack({ source, completeness }: SummaryJson): boolean {
  return completeness.gaps.length >= source.agents.length && source.agents.every(({ state }) => state === 'streaming');
}
