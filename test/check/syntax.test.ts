/** The language of expectations: what each text means, and where a wrong one goes wrong. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExpectation } from '../../src/check/syntax.ts';

const count = (changes: object) => ({
  kind: 'count',
  policy: null,
  direction: null,
  metric: 'allowed',
  comparison: { operator: '>=', count: 1 },
  peer: null,
  port: null,
  withinMs: null,
  ...changes,
});
const rule1 = { namespace: null, name: 'rule1' };
const none = { operator: '==', count: 0 };
const labels = (...pairs: [string, string][]) => ({
  kind: 'labels',
  labels: pairs.map(([key, value]) => ({ key, value })),
});

describe('right', () => {
  it.each<[string, object]>([
    ['rule1:ingress:allowed>=1', count({ policy: rule1, direction: 'ingress' })],
    ['rule1:allowed>=1', count({ policy: rule1 })],
    ['  rule1 : ingress : allowed >= 1  ', count({ policy: rule1, direction: 'ingress' })],
    ['rule1:egress:redirected>=1', count({ policy: rule1, direction: 'egress', metric: 'redirected' })],
    [
      'default/rule1:denied==0',
      count({ policy: { namespace: 'default', name: 'rule1' }, metric: 'denied', comparison: none }),
    ],
    ['rule1:audited==0', count({ policy: rule1, metric: 'audited', comparison: none })],
    ['rule1:attempts<10', count({ policy: rule1, metric: 'attempts', comparison: { operator: '<', count: 10 } })],
    ['rule1:allowed<=3', count({ policy: rule1, comparison: { operator: '<=', count: 3 } })],
    ['rule1:allowed>3', count({ policy: rule1, comparison: { operator: '>', count: 3 } })],
    ['rule1:allowed!=3', count({ policy: rule1, comparison: { operator: '!=', count: 3 } })],
    ['rule1:allowed==3', count({ policy: rule1, comparison: { operator: '==', count: 3 } })],
    ['*:denied==0', count({ metric: 'denied', comparison: none })],
    ['*:ingress:denied==0', count({ direction: 'ingress', metric: 'denied', comparison: none })],
    ['denied==0', count({ metric: 'denied', comparison: none })],
    ['no denied', count({ metric: 'denied', comparison: none })],
    ['no  attempts', count({ metric: 'attempts', comparison: none })],
    [
      'no denied from world',
      count({ metric: 'denied', comparison: none, direction: 'ingress', peer: { kind: 'identity', identity: 2 } }),
    ],
    [
      'no denied to 10.0.0.0/8 port 443',
      count({
        metric: 'denied',
        comparison: none,
        direction: 'egress',
        peer: { kind: 'cidr', cidr: '10.0.0.0/8' },
        port: { port: 443, protocol: null },
      }),
    ],
    ['lost==0', { kind: 'loss', metric: 'lost', comparison: none }],
    ['no lost', { kind: 'loss', metric: 'lost', comparison: none }],
    ['no gaps', { kind: 'loss', metric: 'gaps', comparison: none }],
    ['unparsed <= 2', { kind: 'loss', metric: 'unparsed', comparison: { operator: '<=', count: 2 } }],
    ['lost:allowed>=1', count({ policy: { namespace: null, name: 'lost' } })],
    ['no:allowed>=1', count({ policy: { namespace: null, name: 'no' } })],
    ['no-egress:allowed>=1', count({ policy: { namespace: null, name: 'no-egress' } })],
    ['ingress:allowed>=1', count({ direction: 'ingress' })],
    [' egress : denied == 0', count({ direction: 'egress', metric: 'denied', comparison: none })],
    ['"ingress":allowed>=1', count({ policy: { namespace: null, name: 'ingress' } })],
    ['default/ingress:allowed>=1', count({ policy: { namespace: 'default', name: 'ingress' } })],
    ['ingress:ingress:allowed>=1', count({ policy: { namespace: null, name: 'ingress' }, direction: 'ingress' })],
    ['allow.all-v1.2:allowed>=1', count({ policy: { namespace: null, name: 'allow.all-v1.2' } })],
    ['"my rule: one":allowed>=1', count({ policy: { namespace: null, name: 'my rule: one' } })],
    [
      'implicit-default-deny:denied>=1 from class=xwing port 80/TCP within 30s',
      count({
        policy: { namespace: null, name: 'implicit-default-deny' },
        metric: 'denied',
        direction: 'ingress',
        peer: labels(['class', 'xwing']),
        port: { port: 80, protocol: 'TCP' },
        withinMs: 30_000,
      }),
    ],
    [
      'rule1:allowed>=1 within 1m30s port 53/udp from org=empire,class=tiefighter',
      count({
        policy: rule1,
        direction: 'ingress',
        peer: labels(['org', 'empire'], ['class', 'tiefighter']),
        port: { port: 53, protocol: 'UDP' },
        withinMs: 90_000,
      }),
    ],
    [
      'rule1:allowed>=1 from k8s:org=empire',
      count({ policy: rule1, direction: 'ingress', peer: labels(['org', 'empire']) }),
    ],
    ['rule1:allowed>=1 from app=', count({ policy: rule1, direction: 'ingress', peer: labels(['app', '']) })],
    [
      'rule1:ingress:allowed>=1 from default/tiefighter',
      count({ policy: rule1, direction: 'ingress', peer: { kind: 'pod', namespace: 'default', name: 'tiefighter' } }),
    ],
    [
      'rule1:allowed>=1 from tiefighter',
      count({ policy: rule1, direction: 'ingress', peer: { kind: 'pod', namespace: null, name: 'tiefighter' } }),
    ],
    [
      'rule1:allowed>=1 to remote-node',
      count({ policy: rule1, direction: 'egress', peer: { kind: 'identity', identity: 6 } }),
    ],
    [
      'rule1:allowed>=1 to reserved:kube-apiserver',
      count({ policy: rule1, direction: 'egress', peer: { kind: 'identity', identity: 7 } }),
    ],
    [
      'rule1:allowed>=1 from 12530',
      count({ policy: rule1, direction: 'ingress', peer: { kind: 'identity', identity: 12530 } }),
    ],
    [
      'rule1:allowed>=1 from 10.0.0.1',
      count({ policy: rule1, direction: 'ingress', peer: { kind: 'cidr', cidr: '10.0.0.1' } }),
    ],
    [
      'rule1:allowed>=1 from fd00::/64',
      count({ policy: rule1, direction: 'ingress', peer: { kind: 'cidr', cidr: 'fd00::/64' } }),
    ],
    ['rule1:allowed>=1 port ICMP', count({ policy: rule1, port: { port: null, protocol: 'ICMP' } })],
    ['rule1:allowed>=1 port icmpv6', count({ policy: rule1, port: { port: null, protocol: 'ICMPv6' } })],
    ['rule1:allowed>=1 within 500ms', count({ policy: rule1, withinMs: 500 })],
  ])('%s', (text, meaning) => {
    expect(parseExpectation(text)).toEqual({ text, ...meaning });
  });
});

describe('wrong', () => {
  it.each<[string, number, RegExp]>([
    ['', 0, /an expectation/],
    ['   ', 3, /an expectation/],
    ['rule1', 5, /":" after the policy/],
    ['rule1:', 6, /ingress, egress, allowed/],
    ['rule1:inbound:allowed>=1', 6, /ingress, egress/],
    ['rule1:ingress', 13, /":" after the direction/],
    ['rule1:ingress:', 14, /allowed/],
    ['rule1:ingress:alowed>=1', 14, /allowed/],
    ['rule1:ingress:allowed', 21, />= <=/],
    ['rule1:allowed=1', 13, />= <=/],
    ['rule1:allowed=>1', 13, />= <=/],
    ['rule1:allowed>=', 15, /a whole number/],
    ['rule1:allowed>=one', 15, /a whole number/],
    ['rule1:allowed>=-1', 15, /a whole number/],
    ['rule1:allowed>=1.5', 16, /from PEER/],
    ['rule1:allowed>=99999999999999999', 15, /a smaller number/],
    ['rule1:allowed>=1 form class=xwing', 17, /from PEER/],
    ['rule1:allowed>=1 from', 21, /a peer/],
    ['rule1:allowed>=1 from a/b/c', 22, /a peer/],
    ['rule1:allowed>=1 from =x', 22, /a peer/],
    ['rule1:allowed>=1 from 99999999999', 22, /a peer/],
    ['rule1:ingress:allowed>=1 to world', 25, /from: ingress/],
    ['rule1:egress:allowed>=1 from world', 24, /to: egress/],
    ['rule1:allowed>=1 from world from host', 28, /from PEER/],
    ['rule1:allowed>=1 port', 21, /a port/],
    ['rule1:allowed>=1 port http', 22, /a port/],
    ['rule1:allowed>=1 port 65536', 22, /a port/],
    ['rule1:allowed>=1 port 80/HTTP', 25, /TCP, UDP/],
    ['rule1:allowed>=1 port 80 port 81', 25, /from PEER/],
    ['rule1:allowed>=1 within 30', 24, /a time with its unit/],
    ['rule1:allowed>=1 within soon', 24, /a time with its unit/],
    ['rule1:allowed>=1 within 0s', 24, /a time with its unit/],
    ['rule1 allowed>=1', 6, /":" after the policy/],
    ['-rule:allowed>=1', 0, /a policy/],
    ['a/b/c:allowed>=1', 3, /":" after the policy/],
    ['no', 2, /":" after the policy/],
    ['no denials', 3, /allowed, redirected/],
    ['no denied please', 10, /from PEER/],
    ['lost', 4, />= <=/],
    ['lost==0 from world', 8, /the end/],
    ['denied', 6, /":" after the policy/],
    ['"rule1:allowed>=1', 0, /a policy/],
  ])('%s', (text, at, wanted) => {
    const matching: unknown = expect.stringMatching(wanted);
    expect(parseExpectation(text)).toEqual({ text, at, wanted: matching });
  });

  it('whatever is written, a place inside the text is named', () => {
    const words = fc.constantFrom(
      'rule1',
      ':',
      'ingress',
      'allowed',
      '>=',
      '1',
      ' from ',
      ' port ',
      ' within ',
      '80',
      '/TCP',
      'a=b',
      '*',
      '"',
      'no ',
      ' ',
      '\u0000',
      '日',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((some) => some.join('')),
        ),
        (text) => {
          const parsed = parseExpectation(text);
          expect(parsed.text).toBe(text);
          if ('at' in parsed) expect(parsed.at >= 0 && parsed.at <= text.length).toBe(true);
        },
      ),
    );
  });
});
