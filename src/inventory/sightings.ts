/** Owns what a summary tells of each policy: its own verdicts, and what was refused because it isolates. */

import type { Direction } from '../model/event.ts';
import { IMPLICIT_DEFAULT_DENY, type PolicyRef, policyKey } from '../model/policy.ts';
import type { DirectionUse, Sightings } from '../model/policy-report.ts';
import { earlier, later } from '../model/seen-at.ts';
import type { Counts, PolicyRow, RowTraffic, Summary } from '../model/summary.ts';

export interface Seen {
  readonly policy: PolicyRef;
  readonly sightings: Sightings;
  readonly byDirection: Readonly<Record<Direction, DirectionUse>>;
  readonly nodes: ReadonlySet<string>;
}

export interface AllSeen {
  /** By `policyKey`. */
  readonly policies: ReadonlyMap<string, Seen>;
  readonly unattributed: number;
}

interface Tally {
  readonly policy: PolicyRef;
  readonly counts: Record<Countable, number>;
  readonly byDirection: Readonly<Record<Direction, DirectionTally>>;
  readonly nodes: Set<string>;
  firstSeen: string | null;
  lastSeen: string | null;
}

interface DirectionTally {
  readonly counts: { -readonly [Name in keyof Counts]: number };
  traffic: RowTraffic | null | undefined;
}

type Countable = Exclude<keyof Sightings, 'firstSeen' | 'lastSeen'>;

const COUNTS = ['allowed', 'redirected', 'audited', 'denied', 'attempts'] as const;

/** `all`: every policy that exists, so that a bare name can be understood where it is unique. */
export function readSightings({ policies: rows }: Pick<Summary, 'policies'>, all: readonly PolicyRef[]): AllSeen {
  const tallies = new Map<string, Tally>();
  let unattributed = 0;

  const tallyOf = (policy: PolicyRef): Tally => {
    const key = policyKey(policy);
    const known = tallies.get(key);
    if (known !== undefined) return known;
    const byDirection = { ingress: noDirection(), egress: noDirection() };
    const made = { policy, counts: nothing(), byDirection, nodes: new Set<string>(), firstSeen: null, lastSeen: null };
    tallies.set(key, made);
    return made;
  };

  for (const row of rows) {
    if (row.attribution === 'unattributed') {
      if (row.reason !== 'no-policy-applies') unattributed += verdictsOf(row);
    } else if (row.attribution === 'default-deny' || isDefaultDeny(row)) {
      if (row.isolatedBy.length === 0) unattributed += verdictsOf(row);
      for (const policy of row.isolatedBy) {
        const tally = tallyOf(policy);
        tally.counts.defaultDenied += row.denied;
        tally.counts.defaultAudited += row.audited;
        note(tally, row);
      }
    } else {
      credit(row, all, tallyOf);
    }
  }
  const policies = new Map([...tallies].map(([key, tally]): [string, Seen] => [key, seenOf(tally)]));
  return { policies, unattributed };
}

/** A bare name belongs to every policy of that name, and to one only where it is the only one; a candidate is credited with nothing. */
function credit(row: PolicyRow, all: readonly PolicyRef[], tallyOf: (policy: PolicyRef) => Tally): void {
  const { policy } = row;
  const meant = policy.kind === null ? all.filter(({ name }) => name === policy.name) : [policy];
  const [only] = meant;
  if (meant.length > 1 || (row.ambiguous && row.attribution === 'derived')) {
    for (const one of meant) tallyOf(one).counts.ambiguous += verdictsOf(row);
    return;
  }
  const tally = tallyOf(only ?? policy);
  const direction = tally.byDirection[row.direction];
  for (const name of COUNTS) {
    tally.counts[name] += row[name];
    direction.counts[name] += row[name];
  }
  tally.counts.shared += row.shared;
  direction.traffic = bothOf(direction.traffic, row.traffic);
  note(tally, row);
}

/** The patched Cilium prints it as a name; in files nothing else is known. */
function isDefaultDeny({ policy }: PolicyRow): boolean {
  return policy.kind === null && policy.name === IMPLICIT_DEFAULT_DENY;
}

function note(tally: Tally, { nodes, firstSeen, lastSeen }: PolicyRow): void {
  for (const node of nodes) tally.nodes.add(node);
  tally.firstSeen = earlier(tally.firstSeen, firstSeen);
  tally.lastSeen = later(tally.lastSeen, lastSeen);
}

function seenOf({ policy, counts, byDirection, nodes, firstSeen, lastSeen }: Tally): Seen {
  const useOf = ({ counts: own, traffic }: DirectionTally): DirectionUse => {
    return traffic === undefined ? own : { ...own, traffic };
  };
  return {
    policy,
    nodes,
    sightings: { ...counts, firstSeen, lastSeen },
    byDirection: { ingress: useOf(byDirection.ingress), egress: useOf(byDirection.egress) },
  };
}

/** What both told; where one told nothing, what the other did. */
export function bothOf(
  a: RowTraffic | null | undefined,
  b: RowTraffic | null | undefined,
): RowTraffic | null | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a === null || b === null) return a ?? b;
  return {
    packets: a.packets + b.packets,
    bytes: a.bytes + b.bytes,
    shared: a.shared || b.shared,
    lowerBound: a.lowerBound || b.lowerBound,
  };
}

function noDirection(): DirectionTally {
  return { counts: { allowed: 0, redirected: 0, audited: 0, denied: 0, attempts: 0 }, traffic: undefined };
}

export const UNSEEN: Sightings = Object.freeze({ ...nothing(), firstSeen: null, lastSeen: null });
export const NO_DIRECTION: DirectionUse = Object.freeze(noDirection().counts);

function nothing(): Record<Countable, number> {
  return {
    allowed: 0,
    redirected: 0,
    audited: 0,
    denied: 0,
    attempts: 0,
    shared: 0,
    defaultDenied: 0,
    defaultAudited: 0,
    ambiguous: 0,
  };
}

function verdictsOf({ allowed, redirected, audited, denied }: PolicyRow): number {
  return allowed + redirected + audited + denied;
}

/** What its own rules decided. */
export function ruleSightings({ allowed, redirected, audited, denied }: Sightings): number {
  return allowed + redirected + audited + denied;
}

/** What it surely had a part in. */
export function sightingsTotal(seen: Sightings): number {
  return ruleSightings(seen) + seen.defaultDenied + seen.defaultAudited;
}
