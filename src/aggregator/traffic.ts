/** Owns the packets and bytes of policies: what the policy maps counted, joined with the rows of their verdicts. */
import type { Direction } from '../model/event.ts';
import type { Attribution, PolicyRef } from '../model/policy.ts';
import type { RowTraffic } from '../model/summary.ts';
import type { TrafficDelta } from '../model/traffic.ts';
import type { Row } from './row.ts';
import type { Rows } from './rows.ts';

export interface Traffic {
  /** The counters were read: from now on what is not counted is 0. */
  read(): void;
  add(delta: TrafficDelta): void;
  /** Null where the counters were never read; a policy without verdicts gets its row here. */
  byRow(): ReadonlyMap<Row, RowTraffic> | null;
}

interface Tally {
  readonly policy: PolicyRef | null;
  readonly direction: Direction;
  readonly attribution: Attribution;
  packets: bigint;
  bytes: bigint;
  shared: boolean;
  lowerBound: boolean;
}

export function createTraffic(rows: Rows): Traffic {
  const tallies = new Map<string, Tally>();
  let isRead = false;

  function tallyOf(policy: PolicyRef | null, { direction, attribution }: TrafficDelta): Tally {
    const key = JSON.stringify([direction, policy === null ? attribution.reason : nameKey(policy)]);
    const known = tallies.get(key);
    if (known !== undefined) return known;
    const made = { policy, direction, attribution, packets: 0n, bytes: 0n, shared: false, lowerBound: false };
    tallies.set(key, made);
    return made;
  }

  /** The row of the policy's verdicts, however they were attributed, before one of its own. */
  function rowOf({ policy, direction, attribution }: Tally): Row | undefined {
    const ofPolicy = (row: Row) =>
      policy === null
        ? row.key.attribution.reason === attribution.reason
        : row.key.attribution.grade !== 'default-deny' && nameKey(row.key.policy) === nameKey(policy);
    const known = rows.all().filter((row) => row.key.direction === direction && row.version > 0 && ofPolicy(row));
    return known[0] ?? rows.of(attribution, direction).find(ofPolicy);
  }

  return {
    read: () => {
      isRead = true;
    },
    add: (delta) => {
      // What no policy decided is no policy's traffic.
      if (delta.attribution.reason === 'no-policy-applies') return;
      const { policies } = delta.attribution;
      for (const policy of policies.length > 0 ? policies : [null]) {
        const tally = tallyOf(policy, delta);
        tally.packets += delta.packets;
        tally.bytes += delta.bytes;
        tally.shared ||= policies.length > 1;
        tally.lowerBound ||= delta.lowerBound;
      }
    },
    byRow: () => {
      if (!isRead) return null;
      const found = new Map<Row, RowTraffic>();
      for (const tally of tallies.values()) {
        const row = rowOf(tally);
        if (row === undefined) continue;
        const { packets, bytes, shared, lowerBound } = tally;
        found.set(row, Object.freeze({ packets: Number(packets), bytes: Number(bytes), shared, lowerBound }));
      }
      return found;
    },
  };
}

export const NO_TRAFFIC: RowTraffic = Object.freeze({ packets: 0, bytes: 0, shared: false, lowerBound: false });

function nameKey({ kind, namespace, name }: PolicyRef): string {
  return JSON.stringify([kind, namespace, name]);
}
