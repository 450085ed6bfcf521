/** Checks the reading of policy maps, and whose packets their counters are, over real maps and made ones. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAnswers } from '../../src/attribution/answers.ts';
import { attributeVerdict } from '../../src/attribution/attribute.ts';
import { type MapEntry, readPolicyMaps, verdictOfEntry } from '../../src/attribution/policy-map.ts';
import { createTrafficMeter } from '../../src/attribution/traffic-meter.ts';
import type { Attribution } from '../../src/model/policy.ts';
import type { TrafficDelta } from '../../src/model/traffic.ts';
import { readScenario, scenarioNames } from './scenario.ts';

const ROOT = new URL('../../fixtures/captures/scenarios/', import.meta.url);
const NEVER = '18446744073709551615';
const answers = createAnswers();

function entriesOf(text: string): readonly MapEntry[] {
  const [map] = readPolicyMaps(text) ?? [];
  if (map === undefined) throw new Error('the map is not readable');
  return map.entries;
}

function told({ direction, attribution, packets, bytes, lowerBound }: TrafficDelta): string {
  const who = attribution.reason ?? attribution.policies.map(({ name }) => name).join('+');
  return `${direction} ${who} ${packets} packets ${bytes} bytes${lowerBound ? ' or more' : ''}`;
}

describe('the captured maps, before the traffic and after it', () => {
  test.each(scenarioNames())('%s', (name) => {
    const lines = ['node1', 'node2'].flatMap((node) => {
      const { states } = readScenario(name, node);
      const files = readdirSync(new URL(`${name}/`, ROOT)).filter((file) => file.startsWith(`${node}--bpf_policy_get`));
      const ids = new Set(files.map((file) => Number(/get_(\d+)\./.exec(file)?.[1])));
      return [...ids].flatMap((id) => {
        const state = states.get(id);
        if (state === undefined) throw new Error(`no state of endpoint ${id}`);
        const meter = createTrafficMeter((verdict) => attributeVerdict(verdict, state, answers), answers);
        const look = (when: string) =>
          meter.look(
            id,
            entriesOf(readFileSync(new URL(`${name}/${node}--bpf_policy_get_${id}.${when}.json`, ROOT), 'utf8')),
            1,
          );
        expect(look('before')).toEqual([]);
        return look('after').map((delta) => `${node} ${id} ${told(delta)}`);
      });
    });
    expect(lines.length).toBeGreaterThan(0);
    expect(lines).toMatchSnapshot();
  });
});

const by = (name: string): Attribution => answers.derived([{ kind: null, namespace: null, name }]);

function entry(packets: bigint | null, changes: Partial<MapEntry> = {}): MapEntry {
  return {
    key: '0 12530 6 80 64',
    direction: 'ingress',
    identity: 12530,
    protocol: 6,
    port: 80,
    deny: false,
    redirects: false,
    packets,
    bytes: packets === null ? null : packets * 100n,
    ...changes,
  };
}

describe('from one look to the next', () => {
  const rows: readonly [string, bigint | null, bigint | null, string[]][] = [
    ['more of it', 5n, 7n, ['ingress rule 2 packets 200 bytes']],
    ['nothing', 5n, 5n, []],
    ['a counter that is made with its first packet', null, 3n, ['ingress rule 3 packets 300 bytes']],
    ['a counter that was thrown out', 5n, null, ['ingress rule 0 packets 0 bytes or more']],
    ['never a counter', null, null, []],
    ['a counter that began anew', 500n, 2n, ['ingress rule 2 packets 200 bytes or more']],
    ['beyond what a double holds', 2n ** 60n, 2n ** 60n + 1n, ['ingress rule 1 packets 100 bytes']],
  ];
  test.each(rows)('%s', (_what, before, after, expected) => {
    const meter = createTrafficMeter(() => by('rule'), answers);
    meter.look(1, [entry(before)], 0);
    expect(meter.look(1, [entry(after)], 1).map(told)).toEqual(expected);
  });

  test('an entry that is new counted all of it since, one that is gone leaves a bound', () => {
    const meter = createTrafficMeter((verdict) => by(`to ${verdict.destinationPort ?? ''}`), answers);
    meter.look(1, [entry(5n)], 0);
    const other = entry(4n, { key: '0 12530 6 81 64', port: 81 });
    expect(meter.look(1, [other], 1).map(told)).toEqual([
      'ingress to 81 4 packets 400 bytes',
      'ingress to 80 0 packets 0 bytes or more',
    ]);
  });

  test('an entry whose policy changed in between is credited to neither', () => {
    let attribution = answers.unattributed('no-state');
    const meter = createTrafficMeter(() => attribution, answers);
    meter.look(1, [entry(5n)], 0);
    attribution = by('old');
    expect(meter.look(1, [entry(6n)], 1).map(told)).toEqual(['ingress old 1 packets 100 bytes']);
    attribution = by('new');
    expect(meter.look(1, [entry(8n)], 2).map(told)).toEqual(['ingress policy-changed 2 packets 200 bytes']);
    expect(meter.look(1, [entry(9n)], 3).map(told)).toEqual(['ingress new 1 packets 100 bytes']);
    attribution = answers.unattributed('no-state');
    expect(meter.look(1, [entry(10n)], 4).map(told)).toEqual(['ingress no-state 1 packets 100 bytes']);
  });
});

describe('what the command prints', () => {
  test('up to 1.12 the key has no prefix', () => {
    const text = `[{"ProxyPort":0,"Flags":1,"Packets":2,"Bytes":148,"Key":{"Identity":2371,"DestPort":20480,"Nexthdr":6,"TrafficDirection":1}}]`;
    const [read] = entriesOf(text);
    expect(read).toMatchObject({ direction: 'egress', identity: 2371, protocol: 6, port: 80, deny: true, packets: 2n });
  });

  test.each([
    ['every protocol', 40, 0, 0, 12530, 'L3-Only', null],
    ['every port', 48, 6, 0, 0, 'Proto-Only', null],
    ['one port', 64, 6, 20480, 12530, 'L3-L4', 80],
    ['part of a range, by its last port', 60, 6, 16415, 0, 'L4-Only', 8015],
    ['ICMP type 0', 64, 1, 0, 12530, 'L3-L4', 0],
    ['everything', 40, 0, 0, 0, 'all', null],
  ])('%s', (_what, prefix, protocol, port, identity, match, last) => {
    const key = `{"Prefixlen":${prefix},"Identity":${identity},"TrafficDirection":0,"Nexthdr":${protocol},"DestPortNetwork":${port}}`;
    const [read] = entriesOf(`[{"Flags":0,"Packets":${NEVER},"Bytes":${NEVER},"Key":${key}}]`);
    if (read === undefined) throw new Error('no entry');
    expect(read).toMatchObject({ port: last, packets: null, bytes: null });
    expect(verdictOfEntry(read, 1).match).toBe(match);
  });

  test('all maps at once say whose each is', () => {
    const one = '{"Packets":1,"Bytes":2,"Key":{"Identity":0,"TrafficDirection":0,"Nexthdr":0}}';
    const maps = readPolicyMaps(`[{"EndpointID":"7","Path":"x","Content":[${one}]},{"EndpointID":"8","Content":null}]`);
    expect(maps?.map(({ endpoint, entries }) => [endpoint, entries.length])).toEqual([
      [7, 1],
      [8, 0],
    ]);
  });

  test('whatever else it prints is no map, and never an exception', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const read = readPolicyMaps(text);
        expect(read === null || Array.isArray(read)).toBe(true);
      }),
    );
    expect(readPolicyMaps('[{"Packets":"many","Key":{}}]')).toBeNull();
  });
});
