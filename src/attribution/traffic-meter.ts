/** Owns what the entries of policy maps counted from one look to the next, and whose policies they were in between. */
import type { Verdict } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';
import type { TrafficDelta } from '../model/traffic.ts';
import type { Answers } from './answers.ts';
import { type MapEntry, verdictOfEntry } from './policy-map.ts';

export interface TrafficMeter {
  /** What was counted since the last look at this endpoint's map; nothing at the first. */
  look(endpoint: number, entries: readonly MapEntry[], atMs: number): readonly TrafficDelta[];
  /** Those that were looked at. */
  endpoints(): readonly number[];
  /** Its map is gone, with what it counted since the last look. */
  gone(endpoint: number): readonly TrafficDelta[];
}

interface Seen {
  readonly packets: bigint | null;
  readonly bytes: bigint | null;
  readonly attribution: Attribution;
}

export function createTrafficMeter(
  attribute: (verdict: Verdict, atMs: number) => Attribution,
  answers: Answers,
): TrafficMeter {
  const maps = new Map<number, ReadonlyMap<string, Seen>>();
  const changed = answers.unattributed('policy-changed');

  return {
    look: (endpoint, entries, atMs) => {
      const before = maps.get(endpoint);
      const now = new Map<string, Seen>();
      const deltas: TrafficDelta[] = [];
      for (const entry of entries) {
        const attribution = attribute(verdictOfEntry(entry, endpoint), atMs);
        const { key, direction, packets, bytes } = entry;
        now.set(key, { packets, bytes, attribution });
        if (before === undefined) continue;
        const old = before.get(key);
        const delta = { direction, ...grown(old, entry) };
        if (delta.packets === 0n && delta.bytes === 0n && !delta.lowerBound) continue;
        // An entry may be another policy's now: what it counted in between is then nobody's for certain.
        const isTold =
          old === undefined || attribution.reason === 'no-state' || isKnownAs(old.attribution, attribution);
        deltas.push({ ...delta, attribution: isTold ? attribution : changed });
      }
      maps.set(endpoint, now);
      return [...deltas, ...lost(before, now)];
    },
    endpoints: () => [...maps.keys()],
    gone: (endpoint) => {
      const before = maps.get(endpoint);
      maps.delete(endpoint);
      return lost(before, new Map());
    },
  };
}

/** What was taken out of the map, with what it counted since the last look. */
function lost(before: ReadonlyMap<string, Seen> = new Map(), now: ReadonlyMap<string, Seen>): TrafficDelta[] {
  return [...before].flatMap(([key, { packets, attribution }]): TrafficDelta[] => {
    if (now.has(key) || packets === null) return [];
    const direction = key.startsWith('0') ? 'ingress' : 'egress';
    return [{ direction, attribution, packets: 0n, bytes: 0n, lowerBound: true }];
  });
}

/** A state that was not read yet at the first look says nothing against the one of the second. */
function isKnownAs(before: Attribution, now: Attribution): boolean {
  return before === now || before.reason === 'no-state';
}

function grown(old: Seen | undefined, now: MapEntry): Pick<TrafficDelta, 'packets' | 'bytes' | 'lowerBound'> {
  if (now.packets === null || now.bytes === null) {
    // The kernel threw the counter out: what it had counted since is not known.
    return { packets: 0n, bytes: 0n, lowerBound: old !== undefined && old.packets !== null };
  }
  // A counter is made with the entry's first packet, so that all it says is new.
  if (old === undefined || old.packets === null || old.bytes === null)
    return { packets: now.packets, bytes: now.bytes, lowerBound: false };
  if (now.packets < old.packets || now.bytes < old.bytes)
    return { packets: now.packets, bytes: now.bytes, lowerBound: true };
  return { packets: now.packets - old.packets, bytes: now.bytes - old.bytes, lowerBound: false };
}
