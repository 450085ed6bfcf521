/** Owns the packets and bytes of policies: what the policy maps counted, joined with the rows of their verdicts. */
import type { Direction } from '../model/event.ts';
import { type Attribution, type PolicyRef, policyKey } from '../model/policy.ts';
import type { RowTraffic } from '../model/summary.ts';
import type { CountersState, TrafficDelta } from '../model/traffic.ts';
import type { Row } from './row.ts';
import type { Rows } from './rows.ts';

export interface Traffic {
  /** The counters were read: from now on what is not counted is 0. */
  read(): void;
  add(delta: TrafficDelta): void;
  /** `states`: what each agent told that was asked. Null where nobody was; a policy without verdicts gets its row here. */
  measured(states: readonly CountersState[]): Measured | null;
}

interface Measured {
  readonly byRow: ReadonlyMap<Row, RowTraffic>;
  /** Of every other policy; null where no counter was ever read. */
  readonly rest: RowTraffic | null;
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
    const key = JSON.stringify([direction, policy === null ? attribution.reason : policyKey(policy)]);
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
        : row.key.attribution.grade !== 'default-deny' && policyKey(row.key.policy) === policyKey(policy);
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
    measured: (states) => {
      if (!isRead) return states.length === 0 ? null : { byRow: new Map(), rest: null };
      // What an agent does not tell may be anybody's.
      const isPart = states.some((state) => state !== 'read');
      const found = new Map<Row, RowTraffic>();
      for (const tally of tallies.values()) {
        const row = rowOf(tally);
        if (row === undefined) continue;
        const { shared } = tally;
        const lowerBound = tally.lowerBound || isPart;
        found.set(row, Object.freeze({ ...amountsOf(tally), shared, lowerBound }));
      }
      return { byRow: found, rest: isPart ? AT_LEAST_NOTHING : NO_TRAFFIC };
    },
  };
}

const NO_TRAFFIC: RowTraffic = Object.freeze({ packets: 0, bytes: 0, shared: false, lowerBound: false });
const AT_LEAST_NOTHING: RowTraffic = Object.freeze({ ...NO_TRAFFIC, lowerBound: true });

function amountsOf({ packets, bytes }: Tally): Pick<RowTraffic, 'packets' | 'bytes'> {
  return { packets: Number(packets), bytes: Number(bytes) };
}
