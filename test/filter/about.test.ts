/** Which records are about the pods that were asked for. */
import { expect, it } from 'vitest';
import { isAbout } from '../../src/filter/about.ts';
import type { Target } from '../../src/model/cluster.ts';
import type { MonitorRecord } from '../../src/model/event.ts';
import { drop, l7, nat, trace, verdict } from '../report/event-records.ts';

const TARGETS: readonly Target[] = [
  { namespace: 'default', pod: 'deathstar', node: 'n1', endpoint: 733, identity: 18031, addresses: ['10.244.0.94'] },
  { namespace: 'default', pod: 'pending', node: 'n1', endpoint: null, identity: null, addresses: [] },
];
const ELSEWHERE = { source: { ip: '10.0.0.1', port: 1 }, destination: { ip: '10.0.0.2', port: 2 } };

it.each<[string, MonitorRecord, boolean]>([
  ['its verdict', verdict(), true],
  ["another's verdict, though the addresses are its own", verdict({ endpoint: 734 }), false],
  ['a drop for it', drop({ ...ELSEWHERE }), true],
  ['a drop that it sent', drop({ endpoint: 0, source: { ip: '10.244.0.94', port: 1 }, destination: null }), true],
  ["another's drop", drop({ ...ELSEWHERE, endpoint: 0 }), false],
  ['a trace at it', trace({ ...ELSEWHERE }), true],
  ["another's trace", trace({ ...ELSEWHERE, endpoint: null }), false],
  ['a request to it', l7(), true],
  ["another's request", l7({ destinationEndpoint: 1 }), false],
  ['its debug message', { type: 'debug', cpu: 0, endpoint: 733, text: '' }, true],
  ["another's debug message", { type: 'debug', cpu: 0, endpoint: 734, text: '' }, false],
  ['a translation, which names no pod', nat(), true],
  ['a loss', { type: 'lost', events: 1, where: 'kernel-ring', cpu: 0 }, true],
])('%s: %#', (_, record, expected) => {
  expect(isAbout(record, TARGETS)).toBe(expected);
  expect(isAbout(record, 'all')).toBe(true);
});
