/** Checks that an answer is only ever given to the verdict that it was kept for, however full the table gets. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnswerCache } from '../../src/attribution/answer-cache.ts';
import type { Verdict } from '../../src/model/event.ts';
import type { Attribution } from '../../src/model/policy.ts';
import { verdictOf } from './verdict.ts';

const icmpOf = (type: number) => ({ text: '', type, code: null });
const asked = fc
  .record({
    endpoint: fc.constantFrom(0, 1, 2, 65_535),
    direction: fc.constantFrom('ingress' as const, 'egress' as const),
    action: fc.constantFrom('allow' as const, 'deny' as const, 'redirect' as const, 'audit' as const),
    match: fc.constantFrom('none' as const, 'L3-L4' as const, 'all' as const, 'unknown' as const),
    protocol: fc.constantFrom('TCP', 'UDP', 'ICMPv6', '50', '255', 'unknown'),
    auth: fc.constantFrom(null, 'disabled', 'spire'),
    remoteIdentity: fc.constantFrom(null, 0, 2, 16_777_217, 0xffff_ffff),
    destinationPort: fc.constantFrom(null, 0, 80, 65_535),
    icmp: fc.constantFrom(null, null, icmpOf(0), icmpOf(8)),
  })
  .map(verdictOf);

/** The same question but for one thing. */
function neighboursOf(verdict: Verdict): Verdict[] {
  const others: Partial<Verdict>[] = [
    { endpoint: verdict.endpoint ^ 1 },
    { direction: verdict.direction === 'ingress' ? 'egress' : 'ingress' },
    ...(['allow', 'deny', 'redirect', 'audit'] as const).map((action) => ({ action })),
    ...(['none', 'L3-Only', 'L3-L4', 'L4-Only', 'all', 'L3-Proto', 'Proto-Only', 'unknown'] as const).map((match) => ({
      match,
    })),
    ...['TCP', 'UDP', 'SCTP', 'ICMP', 'ICMPv6', '51'].map((protocol) => ({ protocol })),
    { auth: verdict.auth === 'spire' ? null : 'spire' },
    { remoteIdentity: verdict.remoteIdentity === null ? 1 : null },
    { destinationPort: verdict.destinationPort === null ? 0 : null },
    { icmp: verdict.icmp === null ? icmpOf(128) : null },
  ];
  return others.map((changes) => ({ ...verdict, ...changes }));
}

/** What makes an answer another one. */
function keyOf({ endpoint, direction, action, match, protocol, auth, remoteIdentity, ...rest }: Verdict): string {
  const port = rest.icmp === null ? rest.destinationPort : rest.icmp.type;
  const wantsAuth = auth !== null && auth !== 'disabled';
  return JSON.stringify([endpoint, direction, action, match, protocol, wantsAuth, remoteIdentity, port]);
}

let made = 0;
function anAnswer(): Attribution {
  made += 1;
  const policy = { kind: null, namespace: null, name: `policy-${made}` };
  return { grade: 'derived', policies: [policy], isolatedBy: [], reason: null, ambiguous: false };
}

describe('the answers already given', () => {
  test('are those to the same question of the same agent, until its state changes', () => {
    const step = fc.record({
      view: fc.nat(2),
      what: fc.constantFrom('set' as const, 'set' as const, 'clear' as const),
      verdict: asked,
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(asked, { maxLength: 20 }), (steps, others) => {
        const cache = new AnswerCache();
        const views = [0, 1, 2].map(() => ({ view: cache.view(), wanted: new Map<string, Attribution>() }));
        for (const { view: at, what, verdict } of steps) {
          const { view, wanted } = views[at] ?? expect.fail();
          if (what === 'clear') {
            view.clear();
            wanted.clear();
          } else {
            const answer = anAnswer();
            view.set(verdict, answer);
            if (verdict.protocol !== 'unknown' && verdict.remoteIdentity !== null) wanted.set(keyOf(verdict), answer);
          }
        }
        for (const { view, wanted } of views)
          for (const verdict of [...steps.flatMap((step) => [step.verdict, ...neighboursOf(step.verdict)]), ...others])
            expect(view.get(verdict)).toBe(wanted.get(keyOf(verdict)) ?? null);
      }),
    );
  });

  test('are found again among as many as a large node has', () => {
    const cache = new AnswerCache();
    const view = cache.view();
    const verdicts = Array.from({ length: 500 * 36 }, (_, at) =>
      verdictOf({ endpoint: Math.floor(at / 36), remoteIdentity: 10_000 + (at % 12), destinationPort: 80 + (at % 36) }),
    );
    const answers = verdicts.map((verdict) => {
      const answer = anAnswer();
      view.set(verdict, answer);
      return answer;
    });
    expect(verdicts.map((verdict) => view.get(verdict))).toEqual(answers);
  });

  test.each([
    { of: 'questions', verdictAt: (at: number) => verdictOf({ endpoint: 1, remoteIdentity: at }), answers: 1 },
    { of: 'pages', verdictAt: (at: number) => verdictOf({ endpoint: at & 0xffff, remoteIdentity: at }), answers: 1 },
    { of: 'answers', verdictAt: (at: number) => verdictOf({ endpoint: at % 500 }), answers: 200_000 },
  ])('stay right when there are more $of than there is room for', ({ verdictAt, answers: different }) => {
    const cache = new AnswerCache();
    const other = cache.view();
    const view = cache.view();
    const answers = Array.from({ length: different }, anAnswer);
    const kept = new Map<string, Attribution>();
    const others = anAnswer();
    for (let at = 0; at < 200_000; at += 1) {
      const verdict = verdictAt(at);
      const answer = answers[at % different] ?? anAnswer();
      other.set(verdict, others);
      view.set(verdict, answer);
      kept.set(keyOf(verdict), answer);
      expect(view.get(verdict)).toBe(answer);
      const before = verdictAt(at >> 1);
      const found = view.get(before);
      if (found !== null) expect(found).toBe(kept.get(keyOf(before)));
    }
  });

  test('are not kept for what Hubble calls an endpoint and cannot be one', () => {
    const view = new AnswerCache().view();
    for (const endpoint of [65_536, 0x1_0001, -1, 1.5, 2 ** 40 + 1]) {
      view.set(verdictOf({ endpoint }), anAnswer());
      expect(view.get(verdictOf({ endpoint }))).toBeNull();
    }
    expect(view.get(verdictOf({ endpoint: 1 }))).toBeNull();
  });
});
