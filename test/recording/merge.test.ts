/** Several recordings as one: what they heard together, and what they may not. */
import { describe, expect, it } from 'vitest';
import type { AgentPlan } from '../../src/model/cluster.ts';
import { attribution, START_MS, verdict } from '../aggregator/records.ts';
import { play } from './play.ts';
import { openStudio, PLAN, untaped } from './studio.ts';

const OTHER_NODE: AgentPlan = { agent: { ...PLAN.agent, node: 'n2', pod: 'cilium-n2' }, targets: 'all' };
const ANSWER = attribution();

/** Somebody listened to this for two seconds, from then on. */
async function heard(id: string, plan: AgentPlan, afterMs: number): Promise<Buffer> {
  const studio = openStudio({ id, counting: { startMs: START_MS + afterMs } });
  studio.clock.advance(afterMs);
  const stream = studio.aggregator.addStream(plan);
  stream.state('streaming', studio.clock.nowMs());
  for (const action of ['allow', 'deny'] as const) {
    studio.clock.advance(1_000);
    stream.record(verdict({ action, flowKey: afterMs + 1 }), ANSWER, studio.clock.nowMs());
  }
  return (await studio.end()).parts.get(1) ?? Buffer.alloc(0);
}

describe('recordings of the same time', () => {
  it('of two nodes count what one of both would have', async () => {
    const both = untaped();
    const streams = [PLAN, OTHER_NODE].map((plan) => both.addStream(plan));
    for (const stream of streams) stream.state('streaming', START_MS);
    for (const [at, action] of (['allow', 'deny'] as const).entries())
      for (const stream of streams) stream.record(verdict({ action }), ANSWER, START_MS + (at + 1) * 1_000);
    const expected = both.summary(START_MS + 2_000);
    const { source, ...merged } = await play([await heard('a', PLAN, 0), await heard('b', OTHER_NODE, 0)]);
    expect(merged.policies).toEqual(expected.policies);
    expect(merged.totals).toEqual(expected.totals);
    expect(merged.records).toEqual(expected.records);
    expect(merged.window).toEqual(expected.window);
    expect(merged.completeness).toEqual(expected.completeness);
    expect(source).toMatchObject({ agents: expected.source.agents, files: ['recording-0', 'recording-1'] });
  });

  it('of the same endpoint would count twice', async () => {
    const both = [await heard('a', PLAN, 0), await heard('b', { ...PLAN, targets: 'all' }, 1_000)];
    await expect(play(both)).rejects.toMatchObject({
      problem: { code: 'RECORDINGS_OVERLAP', node: 'n1', path: 'recording-1', other: 'recording-0' },
    });
  });

  it('are not the same one', async () => {
    const one = await heard('a', PLAN, 0);
    await expect(play([one, one])).rejects.toMatchObject({ problem: { code: 'RECORDING_TWICE' } });
  });
});

describe('recordings one after the other', () => {
  it('are one window, with what lies between them as a gap, and each agent and target once', async () => {
    const summary = await play([await heard('b', PLAN, 10_000), await heard('a', PLAN, 0)]);
    expect(summary).toMatchObject({
      window: { seconds: 12 },
      totals: { ingress: { allowed: 2, denied: 2, attempts: 2 } },
      completeness: {
        status: 'partial',
        gaps: [{ node: 'n1', seconds: 8, reason: 'not recorded' }],
      },
    });
    expect(summary.source.agents).toHaveLength(1);
    expect(summary.targets).toHaveLength(1);
  });
});

describe('a part that cannot be closed', () => {
  it('is told at the end, and not before', async () => {
    const studio = openStudio({
      tape: {
        maxPartMs: 1_000,
        keep: 100,
        files: {
          open: () => ({ waitingBytes: 0, write: () => {}, close: async () => Promise.reject(new Error('no room')) }),
          remove: async () => Promise.resolve(),
        },
      },
    });
    studio.aggregator.addStream(PLAN);
    studio.clock.advance(3_000);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(studio.end()).rejects.toThrow('no room');
  });
});
