/** Lines that are JSON: monitor's own (`-j`) and Hubble's (`hubble observe -o json|jsonpb`). */
import { looseObject, number, optional, safeParse, string, union } from 'valibot';
import type { Lost, MonitorRecord } from '../model/event.ts';
import { isJsonObject } from './json-fields.ts';
import { readMonitorJson } from './monitor-json.ts';

const HubbleLoss = looseObject({
  lost_events: looseObject({
    source: optional(string()),
    // protobuf's JSON writes 64-bit numbers as strings.
    num_events_lost: optional(union([string(), number()])),
  }),
});

const PLACES: ReadonlyMap<string, Lost['where']> = new Map([
  ['PERF_EVENT_RING_BUFFER', 'kernel-ring'],
  ['OBSERVER_EVENTS_QUEUE', 'hubble-queue'],
  ['HUBBLE_RING_BUFFER', 'hubble-ring'],
]);

/** Null where it is not whole JSON. */
export function readJsonLine(text: string): MonitorRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (isJsonObject(value) && typeof value.type === 'string') {
    return readMonitorJson(value) ?? { type: 'ignored', reason: 'other-record' };
  }
  const loss = safeParse(HubbleLoss, value);
  if (!loss.success) return { type: 'ignored', reason: 'other-record' };
  const { source, num_events_lost: events } = loss.output.lost_events;
  const count = Number(events ?? 0);
  return {
    type: 'lost',
    events: Number.isFinite(count) ? count : 0,
    where: PLACES.get(source ?? '') ?? 'unknown',
    cpu: null,
  };
}
