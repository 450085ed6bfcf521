/** Hubble's own stream of every captured scenario: what it names is taken, and what it leaves unnamed is derived. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createAnswers } from '../../src/attribution/answers.ts';
import { createAttributor } from '../../src/attribution/attributor.ts';
import type { Verdict } from '../../src/model/event.ts';
import type { Attribution } from '../../src/model/policy.ts';
import { createReader } from '../../src/parser/reader.ts';
import { readScenario, scenarioNames } from './scenario.ts';
import { selecting, stateOf } from './state-maker.ts';

const NODES = ['node1', 'node2'];

function verdictsOf(text: string): Verdict[] {
  const verdicts: Verdict[] = [];
  const reader = createReader((record) => {
    if (record.type === 'policy-verdict') verdicts.push(record);
    else expect(record.type).not.toBe('unparsed');
  });
  reader.push(Buffer.from(text));
  reader.end();
  return verdicts;
}

function namesOf({ policies }: Attribution): string[] {
  return policies.map(({ kind, namespace, name }) => `${kind ?? ''}/${namespace ?? ''}/${name}`).sort();
}

describe.each(scenarioNames())('%s', (name) => {
  it.each(NODES)('has a policy, or a reason, for every flow of %s', (node) => {
    const file = `../../fixtures/captures/scenarios/${name}/${node}--hubble.stdout`;
    const verdicts = verdictsOf(readFileSync(new URL(file, import.meta.url), 'utf8'));
    const { states, observed } = readScenario(name, node);
    expect(verdicts).toHaveLength(observed.length);
    const attributor = createAttributor(createAnswers());
    for (const [endpoint, state] of states) attributor.setEndpointState(endpoint, state, { askedMs: 0, answeredMs: 0 });
    for (const verdict of verdicts) {
      const got = attributor.attribute(verdict, 1);
      // Each name that Hubble gives is left out once, as it leaves out its own gaps: the state has to lead to it too.
      const derived = attributor.attribute({ ...verdict, hubble: null }, 1);
      if (verdict.hubble !== null && verdict.hubble.policies.length > 0) {
        expect(got.grade).toBe('correlated');
        expect(derived.grade).toBe('derived');
        expect(namesOf(derived)).toEqual(namesOf(got));
      } else {
        expect(got).toEqual(derived);
        const isDefault = verdict.match === 'none' && verdict.action !== 'allow';
        if (isDefault) expect([got.grade, got.isolatedBy.length > 0]).toEqual(['default-deny', true]);
        else expect(got.reason).toBe('no-policy-applies');
      }
    }
  });
});

/** Flows as 1.19 prints them, of rules that Hubble finds no name for. */
const flow = (fields: object) =>
  `${JSON.stringify({
    flow: {
      time: '2026-11-22T19:20:05.391584633Z',
      verdict: 'FORWARDED',
      IP: { source: '10.244.0.121', destination: '10.244.0.225', ipVersion: 'IPv4' },
      source: { ID: 776, identity: 12_530 },
      destination: { ID: 1026, identity: 18_031 },
      event_type: { type: 5 },
      traffic_direction: 'INGRESS',
      policy_match_type: 2,
      ...fields,
    },
  })}\n`;
const EMPIRE = selecting('any.org: empire');

describe('what Hubble finds no name for', () => {
  const attributor = createAttributor(createAnswers());
  attributor.setEndpointState(
    1026,
    stateOf({
      identities: { [EMPIRE]: [12_530] },
      ingress: [
        { port: 8000, endPort: 8999, rules: { [EMPIRE]: { by: ['default/range'] } } },
        { port: 0, protocol: 'ICMP', rules: { [EMPIRE]: { by: ['default/echo-reply'] } } },
      ],
    }),
    { askedMs: 0, answeredMs: 0 },
  );
  const TCP = { source_port: 40_000, destination_port: 8123, flags: { SYN: true } };

  it.each([
    ['a port range', { l4: { TCP } }, 'range'],
    // protobuf's JSON leaves the type out where it is 0.
    ['ICMP type 0', { l4: { ICMPv4: {} }, policy_match_type: 2 }, 'echo-reply'],
    ['ICMP type 0, written', { l4: { ICMPv4: { type: 0 } }, policy_match_type: 5 }, 'echo-reply'],
  ])('%s is derived', (_, fields, policy) => {
    const [verdict] = verdictsOf(flow(fields));
    if (verdict === undefined) throw new Error('no verdict');
    const got = attributor.attribute(verdict, 1);
    expect([got.grade, ...namesOf(got)]).toEqual(['derived', `CiliumNetworkPolicy/default/${policy}`]);
  });

  it('audit is derived: what would have refused it', () => {
    const refusing = createAttributor(createAnswers());
    refusing.setEndpointState(
      1026,
      stateOf({
        identities: { [EMPIRE]: [12_530] },
        ingress: [{ port: 80, rules: { [EMPIRE]: { by: ['default/refuse'], rule: { IsDeny: true } } } }],
      }),
      { askedMs: 0, answeredMs: 0 },
    );
    const [verdict] = verdictsOf(flow({ verdict: 'AUDIT', l4: { TCP: { ...TCP, destination_port: 80 } } }));
    if (verdict === undefined) throw new Error('no verdict');
    expect(namesOf(refusing.attribute(verdict, 1))).toEqual(['CiliumNetworkPolicy/default/refuse']);
  });
});
