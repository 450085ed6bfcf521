/** Filters: what each word chooses, how words combine, and the sentence for each word that means nothing. */
import { describe, expect, it } from 'vitest';
import { compileFilter, type Names } from '../../src/filter/filter.ts';
import type { FilterFlags } from '../../src/filter/words.ts';
import { Failure } from '../../src/model/problem.ts';
import { attribution, DEFAULT_DENY, drop, FLOW, l7, nat, trace, verdict } from '../report/event-records.ts';

const NAMES: Names = {
  identityName: (identity) => {
    if (identity === 2) return { identity, name: 'world', labels: ['reserved:world'] };
    if (identity !== 12530) return null;
    return { identity, name: 'default/tiefighter', labels: ['k8s:org=empire', 'k8s:class=tiefighter'] };
  },
  podAddresses: (pod) => (pod === 'default/xwing' ? ['10.244.1.126'] : []),
};

const EVENTS = {
  allowed: [verdict(), attribution()],
  denied: [verdict({ action: 'deny', match: 'none', remoteIdentity: 2371 }), DEFAULT_DENY],
  audited: [verdict({ action: 'audit', audit: true }), DEFAULT_DENY],
  auditMode: [verdict({ dialect: 'accuknox', audit: true, policyName: 'a/b' }), attribution({ policies: [] })],
  auditDeny: [verdict({ dialect: 'accuknox', audit: true, action: 'deny', policyName: 'rule1' }), attribution()],
  egress: [
    verdict({ direction: 'egress', remoteIdentity: 2, protocol: 'UDP', destinationPort: 53 }),
    attribution({ policies: [{ kind: 'NetworkPolicy', namespace: 'other', name: 'rule1' }] }),
  ],
  hubble: [verdict({ hubble: FLOW, remoteIdentity: null, source: null }), attribution({ policies: [] })],
  drop: [drop(), null],
  dropIngress: [drop({ direction: 'ingress', reason: 'Policy denied by denylist', reasonCode: 181 }), null],
  trace: [trace(), null],
  l7: [l7(), null],
  l7Forwarded: [l7({ verdict: 'Forwarded', policyName: 'http-rules' }), null],
  nat: [nat({ to: { ip: 'fd00::7', port: 5353, service: null } }), null],
  agent: [{ type: 'agent', notice: 'Policy updated', text: '{}' }, null],
} as const;

function chosen(flags: FilterFlags): string[] {
  const filter = compileFilter(flags, NAMES);
  if (filter === null) throw new Error('no filter');
  return Object.entries(EVENTS).flatMap(([name, [record, decided]]) => (filter(record, decided, 'n1') ? [name] : []));
}

describe('what is chosen', () => {
  it.each<[FilterFlags, string[]]>([
    [{ direction: ['egress'] }, ['egress']],
    [{ direction: ['INGRESS'], protocol: ['http'] }, ['l7', 'l7Forwarded']],
    [{ direction: ['ingress'], reason: ['181'] }, ['dropIngress']],
    [{ action: ['allow'] }, ['allowed', 'egress', 'hubble', 'l7Forwarded']],
    [{ action: ['audit'] }, ['audited', 'auditMode']],
    [{ action: ['deny'] }, ['denied', 'auditDeny', 'drop', 'dropIngress', 'l7']],
    [{ action: ['audit,allow'], direction: ['egress'] }, ['egress']],
    [{ policy: ['rule1'] }, ['allowed', 'auditDeny', 'egress']],
    [{ policy: ['default/rule1'] }, ['allowed', 'auditDeny']],
    [{ policy: ['other/rule1', 'http-rules'] }, ['egress', 'l7Forwarded']],
    [{ policy: ['a/b'] }, ['auditMode']],
    [{ policy: ['implicit-default-deny'] }, ['denied', 'audited']],
    [{ peer: ['2371'] }, ['denied', 'drop', 'dropIngress']],
    [{ peer: ['world'] }, ['egress']],
    [{ peer: ['reserved:world'] }, ['egress']],
    [{ peer: ['default/xwing'] }, ['drop', 'dropIngress']],
    [{ peer: ['default/tiefighter'], direction: ['ingress'], action: ['allow'] }, ['allowed', 'hubble', 'l7Forwarded']],
    [{ peer: ['org=empire'], protocol: ['tcp'], action: ['allow'] }, ['allowed', 'hubble']],
    [
      { peer: ['k8s:class=tiefighter'] },
      ['allowed', 'audited', 'auditMode', 'auditDeny', 'hubble', 'trace', 'l7', 'l7Forwarded'],
    ],
    [{ peer: ['10.96.0.10'] }, ['nat']],
    [{ peer: ['FD00:0::7'] }, ['nat']],
    [{ port: ['53'] }, ['egress', 'nat']],
    [{ port: ['53,5353'], protocol: ['tcp'] }, ['nat']],
    [{ protocol: ['17'] }, ['egress']],
    [{ reason: ['policy denied'] }, ['drop']],
    [{ reason: ['POLICY_DENIED'] }, ['drop']],
    [{ reason: ['133', '181'] }, ['drop', 'dropIngress']],
  ])('%j', (flags, expected) => {
    expect(chosen(flags)).toEqual(expected);
  });

  it.each<[FilterFlags, boolean | null]>([
    [{ peer: ['class=xwing'] }, null],
    [{ peer: ['default/xwing'] }, null],
    [{ peer: ['world', 'class=xwing'] }, null],
    [{ peer: ['class=xwing', '4242'] }, true],
    [{ peer: ['class=xwing'], action: ['deny'] }, false],
    [{ peer: ['4243'] }, false],
    [{ peer: ['10.9.9.9'] }, false],
  ])('of a peer that nobody can name, %j is %s', (flags, expected) => {
    const unnamed = verdict({ action: 'allow', remoteIdentity: 4242 });
    expect(compileFilter(flags, { ...NAMES, identityName: () => null })?.(unnamed, null, 'n1')).toBe(expected);
  });

  it('is everything where no flag was given', () => {
    expect(compileFilter({}, NAMES)).toBeNull();
  });
});

describe('a word that means nothing', () => {
  it.each<[FilterFlags, string]>([
    [{ direction: ['inside'] }, '--direction does not take "inside"'],
    [{ action: ['allow,drop'] }, '--action does not take "drop"'],
    [{ action: [''] }, '--action does not take ""'],
    [{ policy: ['a/b/c'] }, '--policy does not take "a/b/c"'],
    [{ policy: ['/rule1'] }, '--policy does not take "/rule1"'],
    [{ peer: ['tiefighter'] }, '--peer does not take "tiefighter"'],
    [{ peer: ['4294967296'] }, '--peer does not take "4294967296"'],
    [{ peer: ['10.0.0.0/8'] }, '--peer does not take "10.0.0.0/8"'],
    [{ peer: ['fd00::/8'] }, '--peer does not take "fd00::/8"'],
    [{ peer: ['10.0.0.256'] }, '--peer does not take "10.0.0.256"'],
    [{ port: ['65536'] }, '--port does not take "65536"'],
    [{ port: ['http'] }, '--port does not take "http"'],
    [{ protocol: ['tpc'] }, '--protocol does not take "tpc"'],
    [{ protocol: ['256'] }, '--protocol does not take "256"'],
    [{ reason: ['256'] }, '--reason does not take "256"'],
    [{ reason: [' '] }, '--reason does not take " "'],
  ])('%j', (flags, sentence) => {
    try {
      compileFilter(flags, NAMES);
    } catch (error) {
      if (!(error instanceof Failure) || error.problem.code !== 'USAGE') throw error;
      expect(error.problem.message).toContain(sentence);
      return;
    }
    throw new Error('it was taken');
  });
});
