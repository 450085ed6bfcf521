/** What two summaries say when they are held against each other. Its JSON form is a contract (`apiVersion: policystat/v1`). */
import type { Judgement } from './check.ts';
import type { Direction } from './event.ts';
import type { GroupRow } from './groups.ts';
import type { PolicyRef } from './policy.ts';
import type { Counts, DropRow, L7Row, PolicyRow, Summary } from './summary.ts';

/** What is read of a summary, from a file as well: it may be one that another version wrote. */
export interface CompareInput extends Pick<Summary, 'window' | 'source' | 'targets' | 'completeness' | 'totals'> {
  readonly records: Pick<Summary['records'], 'received' | 'counted' | 'unparsed'>;
  /** Rows that were left out by `--top`: of groups where there are any, else of policies. */
  readonly omittedRows?: number;
  readonly policies: readonly ComparedRow[];
  /** Where they are by peer and port on both sides, they tell which peer used which port. */
  readonly groups?: { readonly by: readonly string[]; readonly rows: readonly ComparedGroup[] } | null;
  readonly drops: readonly Pick<DropRow, 'reason' | 'direction' | 'packets'>[];
  readonly l7: readonly Pick<L7Row, 'policy' | 'direction' | 'protocol' | 'forwarded' | 'denied' | 'redirected'>[];
}

export type ComparedRow = Counts &
  Pick<
    PolicyRow,
    'policy' | 'direction' | 'attribution' | 'isolatedBy' | 'shared' | 'firstSeen' | 'lastSeen' | 'peers' | 'ports'
  >;

type ComparedGroup = Counts & Pick<GroupRow, 'direction' | 'policy' | 'peer' | 'port' | 'other'>;

/** One of the two, without its rows. */
export interface ComparedSide extends Omit<CompareInput, 'policies' | 'groups' | 'drops' | 'l7'> {
  /** The file that it came from; `-` is standard input. */
  readonly input: string;
  /** False for lines that carry no time: nothing can be said per second. */
  readonly isTimed: boolean;
  /** Whether what is not in it did not happen in its window. */
  readonly absenceIsProof: boolean;
}

/** What one policy let through or refused. */
export interface Credit {
  /** Null where nobody tells. */
  readonly policy: PolicyRef | null;
  /** For a default deny: the policies that isolate. */
  readonly isolatedBy: readonly PolicyRef[];
  readonly allowed: number;
  /** Let through in audit mode alone; where a row mixes both, its peers and ports count as allowed. */
  readonly audited: number;
  readonly denied: number;
}

export type Change =
  /** Only let through, then only denied. */
  | 'became-denied'
  /** Only let through, then denied as well. */
  | 'partly-denied'
  /** Both, then only denied, and at a higher rate. */
  | 'denied-instead'
  /** Both, then only denied. */
  | 'no-longer-allowed'
  /** Only denied, then only let through. */
  | 'became-allowed'
  /** Only denied, then let through as well, and denied at a lower rate. */
  | 'allowed-instead'
  /** Only denied, then let through as well. */
  | 'partly-allowed'
  /** Both, then only let through. */
  | 'no-longer-denied'
  /** Let through by audit mode. */
  | 'became-audited'
  | 'no-longer-audited'
  | 'new'
  | 'gone';

interface Peer {
  /** Null where it is several numbers, or none was told. */
  readonly identity: number | null;
  readonly name: string | null;
  readonly labels: readonly string[];
}

/** Who it is about: a peer, a destination port, a peer on a port, or requests of a protocol that a proxy decides about. */
export type Subject =
  | ({ readonly kind: 'peer' } & Peer)
  | ({ readonly kind: 'peer-port'; readonly protocol: string; readonly port: number | null } & Peer)
  | { readonly kind: 'port'; readonly protocol: string; readonly port: number | null }
  | { readonly kind: 'requests'; readonly protocol: string };

export interface ComparedSubject {
  readonly subject: Subject;
  readonly direction: Direction | null;
  readonly change: Change;
  /** False where it rests on an absence from incomplete data. */
  readonly isCertain: boolean;
  /** Empty where it was not seen. */
  readonly before: readonly Credit[];
  readonly after: readonly Credit[];
}

export type RateChange = 'more' | 'less' | 'same';

export interface PolicyAmounts extends Counts {
  /** Null for lines of an unknown window. */
  readonly perSecond: Readonly<Record<'allowed' | 'audited' | 'denied', number>> | null;
}

/** A policy in one direction. */
export interface ComparedPolicy {
  readonly policy: PolicyRef;
  readonly direction: Direction;
  readonly change: 'new' | 'gone' | RateChange;
  readonly isCertain: boolean;
  /** Connections let through, and distinct denied flows, per second; null where it cannot be told. */
  readonly rates: { readonly allowed: RateChange; readonly denied: RateChange } | null;
  readonly before: (PolicyAmounts & { readonly isolatedBy: readonly PolicyRef[] }) | null;
  readonly after: (PolicyAmounts & { readonly isolatedBy: readonly PolicyRef[] }) | null;
}

export interface ComparedDrop {
  readonly reason: string;
  readonly direction: Direction | null;
  readonly change: 'new' | 'gone';
  readonly isCertain: boolean;
  readonly before: number;
  readonly after: number;
}

/** What `--fail-on` knows. */
export const CRITERIA = [
  'became-denied',
  'new-denied',
  'more-denied',
  'gone-allowed',
  'became-allowed',
  'new-allowed',
  'gone-denied',
  'new-audited',
  'new-policy',
  'gone-policy',
  'new-peer',
  'gone-peer',
  'new-drop',
  'gone-drop',
] as const;
export type Criterion = (typeof CRITERIA)[number];

export interface JudgedCriterion {
  readonly criterion: Criterion;
  /** `failed` where it was met, `unknown` where the data does not tell. */
  readonly judgement: Judgement;
  /** How many meet it, those that are not certain included. */
  readonly found: number;
}

/**
 * The answer to *did it break anything?*: something allowed is denied; something is denied that was not, without
 * being known to have been allowed; something allowed is not seen any more; something denied is allowed; none of these.
 * `unknown` where nothing was seen to break and the data does not tell.
 */
export type CompareVerdict = 'broken' | 'newly-denied' | 'gone-quiet' | 'opened' | 'unbroken' | 'unknown';

/** What makes the two hard to compare. */
export type CompareNote =
  | 'nothing-seen'
  | 'targets-differ'
  | 'filters-differ'
  | 'types-differ'
  | 'rows-omitted'
  | 'untimed'
  | 'shorter-window'
  | 'reversed';

export interface CompareReport {
  readonly apiVersion: 'policystat/v1';
  readonly kind: 'CompareReport';
  readonly verdict: CompareVerdict;
  /** The worst of `failOn`; null where nothing was asked. */
  readonly judgement: Judgement | null;
  readonly failOn: readonly JudgedCriterion[];
  readonly before: ComparedSide;
  readonly after: ComparedSide;
  readonly notes: readonly CompareNote[];
  /** What changed, the worst first. */
  readonly changes: readonly ComparedSubject[];
  /** All of them, for their rates: what changed first. */
  readonly policies: readonly ComparedPolicy[];
  readonly drops: readonly ComparedDrop[];
  /** How many peers, ports and kinds of requests are as they were. */
  readonly unchanged: Readonly<Record<Subject['kind'], number>>;
}
