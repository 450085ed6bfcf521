/** Lines that are JSON: monitor's own (`-j`) and Hubble's (`hubble observe -o json|jsonpb`). */
import { looseObject, number, optional, safeParse, string, union, unknown } from 'valibot';
import type { AgentNotice, Ignored, IgnoredReason, Lost } from '../model/event.ts';

const MonitorEvent = looseObject({ type: string(), subtype: optional(string()), message: optional(unknown()) });
const HubbleLoss = looseObject({
  lost_events: looseObject({
    source: optional(string()),
    // protobuf's JSON writes 64-bit numbers as strings.
    num_events_lost: optional(union([string(), number()])),
  }),
});

const REASONS: ReadonlyMap<string, IgnoredReason> = new Map([
  ['drop', 'drop'],
  ['trace', 'trace'],
  ['capture', 'capture'],
  ['debug', 'debug'],
  ['logRecord', 'l7'],
]);

const PLACES: ReadonlyMap<string, Lost['where']> = new Map([
  ['PERF_EVENT_RING_BUFFER', 'kernel-ring'],
  ['OBSERVER_EVENTS_QUEUE', 'hubble-queue'],
  ['HUBBLE_RING_BUFFER', 'hubble-ring'],
]);

/** Null where it is not whole JSON. */
export function readJsonLine(text: string): AgentNotice | Ignored | Lost | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const event = safeParse(MonitorEvent, value);
  if (event.success) {
    const { type, subtype, message } = event.output;
    if (type === 'agent' && subtype !== undefined) {
      return { type: 'agent', notice: subtype, text: JSON.stringify(message ?? null) };
    }
    return { type: 'ignored', reason: REASONS.get(type) ?? 'other-record' };
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
