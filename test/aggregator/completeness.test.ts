/** When a summary is complete, and why it is not. */
import { describe, expect, it } from 'vitest';
import type { Completeness } from '../../src/model/summary.ts';
import { attribution, makeAggregator, plan, START_MS, verdict } from './records.ts';

function streaming() {
  const aggregator = makeAggregator();
  const stream = aggregator.addStream(plan());
  stream.state('streaming');
  const after = (ms: number): Completeness => aggregator.summary(START_MS + ms).completeness;
  return { aggregator, stream, after };
}

describe('completeness', () => {
  it('is full while every agent streams and nothing was lost', () => {
    expect(streaming().after(1000)).toEqual({ status: 'full', lost: 0, gaps: [], missingNodes: [], reasons: [] });
  });

  it('is partial until every agent streams', () => {
    const { aggregator, after } = streaming();
    const second = aggregator.addStream(plan('all', 'n2'));
    expect(after(0)).toMatchObject({ status: 'partial', reasons: ['not-streaming'] });
    second.state('streaming');
    expect(after(0)).toMatchObject({ status: 'full' });
    second.state('failed');
    expect(after(0)).toMatchObject({ status: 'partial', reasons: ['gap', 'not-streaming'] });
  });

  it('adds up lost events', () => {
    const { stream, after } = streaming();
    stream.record({ type: 'lost', events: 12, where: 'kernel-ring', cpu: null }, null, START_MS);
    stream.record({ type: 'lost', events: 3, where: 'kernel-ring', cpu: null }, null, START_MS);
    expect(after(0)).toMatchObject({ status: 'partial', lost: 15, reasons: ['lost-events'] });
  });

  it("takes Hubble's word of nodes that it cannot hear", () => {
    const { stream, after } = streaming();
    const status = { type: 'node-status', message: null } as const;
    stream.record({ ...status, state: 'connected', nodes: ['n2', 'n3'] }, null, START_MS);
    expect(after(0)).toMatchObject({ status: 'full' });
    stream.record({ ...status, state: 'unavailable', nodes: ['n3'] }, null, START_MS);
    stream.record({ ...status, state: 'gone', nodes: ['n3', 'n4'] }, null, START_MS);
    expect(after(0)).toMatchObject({ status: 'partial', missingNodes: ['n3', 'n4'], reasons: ['missing-node'] });
  });

  it('counts lines that were not understood as missing', () => {
    const { stream, after } = streaming();
    stream.record({ type: 'unparsed', reason: 'bad-field', line: 'Policy verdict log: \u001b' }, null, START_MS);
    expect(after(0)).toMatchObject({ status: 'partial', reasons: ['unparsed-lines'] });
  });

  it('shows a gap while it lasts, from the last time that anything was heard, and then as it was told', () => {
    const { stream, after } = streaming();
    stream.record(verdict(), attribution(), START_MS + 4000);
    stream.state('reconnecting');
    expect(after(6000).gaps).toEqual([
      { node: 'n1', from: '2026-11-20T12:00:04.000Z', to: null, seconds: 2, reason: 'reconnecting' },
    ]);
    stream.state('reconnecting');
    expect(after(7000)).toMatchObject({ gaps: [{ seconds: 3 }], reasons: ['gap', 'not-streaming'] });
    stream.gap(START_MS + 4500, START_MS + 8000, 'broken');
    stream.state('streaming');
    expect(after(9000)).toEqual({
      status: 'partial',
      lost: 0,
      gaps: [
        {
          node: 'n1',
          from: '2026-11-20T12:00:04.500Z',
          to: '2026-11-20T12:00:08.000Z',
          seconds: 3.5,
          reason: 'broken',
        },
      ],
      missingNodes: [],
      reasons: ['gap'],
    });
  });

  it('keeps a gap that nobody told, and counts none twice where it is told late', () => {
    const { stream, after } = streaming();
    stream.state('reconnecting', START_MS + 1000);
    stream.state('streaming', START_MS + 2000);
    expect(after(3000).gaps).toMatchObject([{ to: '2026-11-20T12:00:02.000Z', seconds: 1 }]);
    stream.gap(START_MS + 900, START_MS + 2100, 'broken');
    expect(after(3000).gaps).toMatchObject([{ seconds: 1.2, reason: 'broken' }]);
  });

  it('remembers a bounded number of gaps and all of their time', () => {
    const { stream, after } = streaming();
    for (let at = 0; at < 1000; at += 1) stream.gap(START_MS + at * 10, START_MS + at * 10 + 1, 'broken');
    const { gaps } = after(20_000);
    expect(gaps).toHaveLength(200);
    expect(gaps.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(1);
  });

  it('names nodes that nobody could listen to', () => {
    const aggregator = makeAggregator({ missingNodes: ['n9'] });
    expect(aggregator.summary(START_MS).completeness).toMatchObject({
      status: 'partial',
      missingNodes: ['n9'],
      reasons: ['missing-node'],
    });
  });

  it('of a file is unknown, and partial where losses show', () => {
    const aggregator = makeAggregator({ source: 'file', files: ['monitor.txt'] });
    const file = aggregator.addStream(null);
    expect(file.wants(12_345)).toBe(true);
    file.record(verdict(), attribution(), START_MS + 5);
    const summary = aggregator.summary(START_MS + 10);
    expect(summary.completeness).toMatchObject({ status: 'unknown', reasons: ['offline-input'] });
    expect(summary.source).toEqual({ kind: 'file', agents: [], files: ['monitor.txt'], types: null, filters: [] });
    // When a kept line was read says nothing about when it was printed.
    expect(summary.policies[0]).toMatchObject({
      firstSeen: null,
      lastSeen: null,
      ratePerSecond: 0,
      recentPerSecond: 0,
    });
    file.record({ type: 'ignored', reason: 'log', agentGone: true }, null, START_MS + 6);
    expect(aggregator.summary(START_MS).completeness).toMatchObject({
      status: 'partial',
      reasons: ['interrupted-input', 'offline-input'],
    });
    file.truncated();
    expect(aggregator.summary(START_MS).completeness).toMatchObject({
      status: 'partial',
      reasons: ['truncated-input', 'interrupted-input', 'offline-input'],
    });
  });
});
