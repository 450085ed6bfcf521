/** Names that Hubble looked up in the policy of now, for verdicts of a moment ago. */
import { describe, expect, test } from 'vitest';
import { createAnswers } from '../../src/attribution/answers.ts';
import { createAttributor } from '../../src/attribution/attributor.ts';
import { createReader } from '../../src/parser/reader.ts';
import { selecting, stateOf } from './state-maker.ts';

const EMPIRE = selecting('any.org: empire');

/** Lets the empire in on a port. */
function stateBy(policy: string, revision: number, { port = 80, isolates = true } = {}) {
  return stateOf({
    revision,
    identities: { [EMPIRE]: [12_530] },
    enabled: isolates ? 'ingress' : 'none',
    ingress: isolates ? [{ port, rules: { [EMPIRE]: { by: [`default/${policy}`] } } }] : [],
  });
}

/** A flow of Hubble that was named from the policy of that revision. */
function flowBy(policy: string, revision: number) {
  const flow = {
    time: '2026-11-22T19:20:05.391584633Z',
    verdict: 'FORWARDED',
    IP: { source: '10.244.0.121', destination: '10.244.0.225', ipVersion: 'IPv4' },
    l4: { TCP: { source_port: 40_000, destination_port: 80, flags: { SYN: true } } },
    source: { ID: 776, identity: 12_530 },
    destination: { ID: 1026, identity: 18_031 },
    event_type: { type: 5 },
    traffic_direction: 'INGRESS',
    policy_match_type: 2,
    ingress_allowed_by: [
      { name: policy, namespace: 'default', revision: String(revision), kind: 'CiliumNetworkPolicy' },
    ],
  };
  return `${JSON.stringify({ flow })}\n`;
}

const at = (ms: number) => ({ askedMs: ms, answeredMs: ms });
const updated = (revision: number) =>
  ({ type: 'agent', notice: 'Policy updated', text: JSON.stringify({ revision }) }) as const;

function begun(old = stateBy('old', 2)) {
  const attributor = createAttributor(createAnswers());
  attributor.setEndpointState(1026, old, at(0));
  const nameOf = (atMs: number, line: string, heardMs = atMs) => {
    const names: string[] = [];
    const reader = createReader((record) => {
      if (record.type !== 'policy-verdict') throw new Error(record.type);
      const { reason, policies } = attributor.attribute(record, atMs, heardMs);
      names.push(reason ?? policies.map(({ name }) => name).join(' '));
    });
    reader.push(Buffer.from(line));
    reader.end();
    return names.join(' ');
  };
  return { attributor, nameOf };
}

describe('while nothing changes', () => {
  test('Hubble’s word is taken, whatever revision it is of', () => {
    const { nameOf } = begun();
    expect(nameOf(10, flowBy('old', 2))).toBe('old');
    // Revisions rise without an announcement as well.
    expect(nameOf(10, flowBy('other', 7))).toBe('other');
  });
});

describe('around a change', () => {
  test('a verdict from before it is not credited to the policy of afterwards, when that is how late Hubble read it', () => {
    const { attributor, nameOf } = begun();
    attributor.notice(updated(3), 6000);
    expect(nameOf(5900, flowBy('new', 3))).toBe('policy-changed');
    expect(nameOf(5900, flowBy('old', 2))).toBe('old');
    attributor.setEndpointState(1026, stateBy('new', 3), at(6300));
    expect(nameOf(5900, flowBy('new', 3))).toBe('policy-changed');
    expect(nameOf(7300, flowBy('new', 3))).toBe('new');
  });

  test('a verdict of both policies’ is neither’s, until the agent was heard to have realized the new one', () => {
    const { attributor, nameOf } = begun();
    attributor.notice(updated(3), 6000);
    expect(nameOf(6100, flowBy('old', 2))).toBe('policy-changed');
    expect(nameOf(6110, flowBy('new', 3))).toBe('policy-changed');
    expect(nameOf(6300, flowBy('new', 3))).toBe('policy-changed');
    expect(nameOf(6360, flowBy('new', 3))).toBe('new');
    // Another change is another doubt.
    attributor.notice(updated(4), 6400);
    expect(nameOf(6700, flowBy('newest', 4))).toBe('policy-changed');
    expect(nameOf(6950, flowBy('newest', 4))).toBe('newest');
  });

  test('the policy before is what Hubble names until the agent tells of the new one, which the datapath goes by already', () => {
    const { attributor, nameOf } = begun();
    attributor.notice(updated(3), 6000);
    expect(nameOf(5999, flowBy('old', 2))).toBe('old');
    expect(nameOf(6000, flowBy('old', 2))).toBe('policy-changed');
    expect(nameOf(15_999, flowBy('old', 2))).toBe('policy-changed');
    // An endpoint that the agent cannot do this for goes by the one before.
    expect(nameOf(16_000, flowBy('old', 2))).toBe('old');
  });

  test('nor is one that arrived long after it was made', () => {
    const { attributor, nameOf } = begun();
    attributor.notice(updated(3), 6000);
    expect(nameOf(6100, flowBy('new', 3), 9000)).toBe('policy-changed');
    expect(nameOf(9000, flowBy('new', 3), 9010)).toBe('policy-changed');
    expect(nameOf(9260, flowBy('new', 3), 9270)).toBe('new');
  });

  test('nor one from before the state of afterwards held for sure', () => {
    const { attributor, nameOf } = begun();
    attributor.notice(updated(3), 6000);
    attributor.setEndpointState(1026, stateBy('new', 3), at(6300));
    expect(nameOf(7200, flowBy('new', 3))).toBe('policy-changed');
    expect(nameOf(7300, flowBy('new', 3))).toBe('new');
  });

  test('the same policy after another’s change is the same', () => {
    const { attributor, nameOf } = begun();
    attributor.notice(updated(3), 6000);
    expect(nameOf(6100, flowBy('old', 3))).toBe('old');
  });

  test.each([
    ['would not have let it through', stateBy('old', 2, { port: 443 })],
    ['did not isolate', stateBy('old', 2, { isolates: false })],
  ])('what the policy before %s is the new one’s', (_, old) => {
    const { attributor, nameOf } = begun(old);
    attributor.notice(updated(3), 6000);
    expect(nameOf(6100, flowBy('new', 3))).toBe('new');
  });

  test('of several changes the policy between was read by nobody', () => {
    const { attributor, nameOf } = begun(stateBy('old', 2, { port: 443 }));
    attributor.notice(updated(3), 6000);
    attributor.notice(updated(4), 6010);
    expect(nameOf(6100, flowBy('newest', 4))).toBe('policy-changed');
  });

  test('an agent that does not tell its state keeps no name from Hubble for long', () => {
    const { attributor, nameOf } = begun();
    attributor.notice(updated(3), 6000);
    expect(nameOf(16_000, flowBy('new', 3))).toBe('new');
  });

  test('a new agent counts its revisions anew', () => {
    const { attributor, nameOf } = begun();
    attributor.notice(updated(9), 6000);
    attributor.gap(7000);
    expect(nameOf(7100, flowBy('new', 9))).toBe('new');
  });

  test('an endpoint whose state nobody read has Hubble’s names from the first of them on', () => {
    const attributor = createAttributor(createAnswers());
    attributor.notice(updated(3), 6000);
    const reasons: (string | null)[] = [];
    for (const atMs of [5900, 6100, 6200]) {
      const reader = createReader((record) => {
        if (record.type === 'policy-verdict') reasons.push(attributor.attribute(record, atMs).reason);
      });
      reader.push(Buffer.from(flowBy('new', 3)));
      reader.end();
    }
    expect(reasons).toEqual(['policy-changed', 'policy-changed', null]);
  });
});
