/** Checks in YAML: the same meaning as on the command line, and every fault with its place. */
import { describe, expect, it } from 'vitest';
import { readChecks } from '../../src/check/file.ts';
import { parseExpectation } from '../../src/check/syntax.ts';
import { Failure } from '../../src/model/problem.ts';

const file = (...cases: string[]) =>
  `apiVersion: policystat/v1\nkind: Checks\ncases:\n${cases.map((each) => `- ${each}\n`).join('')}`;

function textsOf(text: string): string[] {
  return readChecks(text, 'checks.yaml').map(({ name, expectation }) => `${name}: ${expectation.text}`);
}

/** Typed, as vitest's own is not. */
function containing(text: string): unknown {
  return expect.stringContaining(text);
}

describe('cases', () => {
  it.each<[string, string[]]>([
    ['{ name: a, expect: "rule1:allowed>=1" }', ['a: rule1:allowed>=1']],
    ['{ name: a, expect: [no denied, lost==0] }', ['a: no denied', 'a: lost==0']],
    [
      '{ name: a, expect: { policy: rule1, direction: ingress, count: allowed, is: ">=1" } }',
      ['a: rule1:ingress:allowed>=1'],
    ],
    [
      '{ name: a, expect: { count: denied, is: "== 0", to: { cidr: 10.0.0.0/8 }, port: 443 } }',
      ['a: *:denied== 0 to 10.0.0.0/8 port 443'],
    ],
    [
      '{ name: a, expect: { policy: default/rule1, count: allowed, is: ">=1", from: { labels: { org: empire, class: tiefighter } }, port: 80/TCP, within: 30s } }',
      ['a: default/rule1:allowed>=1 from org=empire,class=tiefighter port 80/TCP within 30s'],
    ],
    [
      '{ name: a, expect: { policy: a b, count: allowed, is: ">1", from: { namespace: shop } } }',
      ['a: "a b":allowed>1 from shop/*'],
    ],
    ['{ name: a, expect: { count: audited, is: "!=0", from: { identity: world } } }', ['a: *:audited!=0 from world']],
    [
      '{ name: a, expect: { count: attempts, is: "<=3", from: { pod: default/xwing } } }',
      ['a: *:attempts<=3 from default/xwing'],
    ],
  ])('%s', (written, texts) => {
    expect(textsOf(file(written))).toEqual(texts);
  });
});

describe('peers', () => {
  it.each<[string, object]>([
    ['{ pod: world }', { kind: 'pod', namespace: null, name: 'world' }],
    ['{ pod: ingress }', { kind: 'pod', namespace: null, name: 'ingress' }],
    ['{ pod: "123" }', { kind: 'pod', namespace: null, name: '123' }],
    ['{ pod: 10.0.0.1 }', { kind: 'pod', namespace: null, name: '10.0.0.1' }],
    ['{ pod: shop/cart }', { kind: 'pod', namespace: 'shop', name: 'cart' }],
    ['{ namespace: world }', { kind: 'namespace', namespace: 'world' }],
    ['{ cidr: "10.0.0.0/8" }', { kind: 'cidr', cidr: '10.0.0.0/8' }],
    ['{ identity: 12530 }', { kind: 'identity', identity: 12_530 }],
    ['{ identity: world }', { kind: 'identity', identity: 2 }],
    ['{ labels: { app: "a,b=c" } }', { kind: 'labels', labels: [{ key: 'app', value: 'a,b=c' }] }],
    ['{ labels: { "k8s:app": cart } }', { kind: 'labels', labels: [{ key: 'app', value: 'cart' }] }],
  ])('%s is what it says', (written, peer) => {
    const [read] = readChecks(
      file(`{ name: a, expect: { count: denied, is: "==0", from: ${written} } }`),
      'checks.yaml',
    );
    expect(read?.expectation).toMatchObject({ peer, direction: 'ingress' });
  });

  it.each([
    ['{ pod: "a/b/c" }', 'from: {"pod":"a/b/c"} is none'],
    ['{ pod: class=xwing }', 'is none'],
    ['{ cidr: tiefighter }', 'is none'],
    ['{ identity: tiefighter }', 'is none'],
    ['{ namespace: "a b" }', 'is none'],
    ['{ pod: a }, to: { pod: b }', 'a verdict has one peer'],
    ['{ pod: a }, direction: egress', 'egress has its peers in to'],
  ])('%s is refused', (written, said) => {
    const text = file(`{ name: a, expect: { count: denied, is: "==0", from: ${written} } }`);
    let met: unknown = null;
    try {
      readChecks(text, 'checks.yaml');
    } catch (error) {
      met = error instanceof Failure ? error.problem : error;
    }
    expect(met).toMatchObject({ code: 'CHECKS_INVALID', detail: containing(said) });
  });

  /** Every clause of the one form beside the other. */
  it.each([
    ['{ policy: rule1, count: allowed, is: ">=1" }', 'rule1:allowed>=1'],
    [
      '{ policy: default/rule1, direction: egress, count: redirected, is: "!=2" }',
      'default/rule1:egress:redirected!=2',
    ],
    ['{ count: denied, is: "==0" }', 'no denied'],
    ['{ count: denied, is: "==0", from: { pod: default/xwing }, port: 80 }', 'no denied from default/xwing port 80'],
    ['{ count: attempts, is: "<=3", to: { namespace: shop }, within: 30s }', '*:attempts<=3 to shop/* within 30s'],
    ['{ count: audited, is: ">0", to: { cidr: "fd00::/8" } }', 'audited>0 to fd00::/8'],
    ['{ count: denied, is: "<1", from: { identity: world }, port: 53/UDP }', 'denied<1 from world port 53/UDP'],
    [
      '{ policy: implicit-default-deny, count: denied, is: ">=1", from: { labels: { class: xwing, org: alliance } } }',
      'implicit-default-deny:denied>=1 from class=xwing,org=alliance',
    ],
  ])('%s means %s', (written, line) => {
    const [read] = readChecks(file(`{ name: a, expect: ${written} }`), 'checks.yaml');
    expect({ ...read?.expectation, text: '' }).toEqual({ ...parseExpectation(line), text: '' });
  });
});

describe('faults', () => {
  it.each<[string, string, object]>([
    ['no YAML', '{', { code: 'CHECKS_INVALID', path: 'checks.yaml' }],
    ['another kind', 'apiVersion: policystat/v1\nkind: Summary\ncases: []\n', { code: 'CHECKS_INVALID' }],
    ['no case', file(), { code: 'CHECKS_INVALID' }],
    ['no name', file('{ expect: no denied }'), { code: 'CHECKS_INVALID', detail: containing('cases.0.name') }],
    [
      'a word that nobody knows',
      file('{ name: a, expect: no denied, when: now }'),
      { code: 'CHECKS_INVALID', detail: containing('when') },
    ],
    ['a comparison that is none', file('{ name: a, expect: { count: denied, is: "0" } }'), { code: 'CHECKS_INVALID' }],
    [
      'an expectation that is wrong',
      file('{ name: a, expect: "rule1:denid>=1" }'),
      { code: 'EXPECTATION_INVALID', name: 'a', at: 6 },
    ],
  ])('%s', (_what, text, problem) => {
    let met: unknown = null;
    try {
      readChecks(text, 'checks.yaml');
    } catch (error) {
      met = error instanceof Failure ? error.problem : error;
    }
    expect(met).toMatchObject(problem);
  });
});
