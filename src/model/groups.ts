/** Verdicts counted by what was asked for instead of by policy and direction. */
import type { Counts } from './counts.ts';
import type { Action, Direction, MatchType } from './event.ts';
import type { PolicyRef } from './policy.ts';

export const GROUP_FIELDS = ['policy', 'direction', 'peer', 'port', 'action', 'match', 'node', 'pod'] as const;

export type GroupField = (typeof GROUP_FIELDS)[number];

export interface Groups {
  /** In the order that was asked for. */
  readonly by: readonly GroupField[];
  /** Most denied first, then most allowed. */
  readonly rows: readonly GroupRow[];
}

/** Of `policy` to `pod` those are there that were asked for; in the group that folds the rest they are null. */
export interface GroupRow extends Counts {
  /** Always there: the two verdicts on one connection are never added. */
  readonly direction: Direction;
  readonly policy?: PolicyRef | null;
  readonly peer?: GroupPeer | null;
  readonly port?: GroupPort | null;
  readonly action?: Action | null;
  readonly match?: MatchType | null;
  /** Null for files, which do not tell. */
  readonly node?: string | null;
  readonly pod?: GroupPod | null;
  /** Whether this group folds what did not fit in memory. */
  readonly other: boolean;
  /** Verdicts that other groups are credited with as well, since several policies made them; always 0 without `policy`. */
  readonly shared: number;
  /** Verdicts of which it is open whether this group's policy or another one decided; always 0 without `policy`. */
  readonly ambiguous: number;
  readonly ratePerSecond: number;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
}

export interface GroupPeer {
  /** Null where nobody tells, and where several nodes call the same by numbers of their own. */
  readonly identity: number | null;
  /** Present for a number that this node gives for itself, and that nobody could name. */
  readonly node?: string;
  readonly name: string | null;
  readonly labels: readonly string[];
}

export interface GroupPort {
  readonly protocol: string;
  readonly port: number | null;
}

/** The near side. The names are null where a whole node or a file was asked for, and nobody tells. */
export interface GroupPod {
  readonly namespace: string | null;
  readonly name: string | null;
  readonly node: string | null;
  readonly endpoint: number;
}
