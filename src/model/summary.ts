/** The immutable result of a window: every output is made from it. Its JSON form is a contract (`apiVersion: policystat/v1`). */
import type { Audit } from './audit.ts';
import type { AgentState } from './cluster.ts';
import type { Counts } from './counts.ts';
import type { Dialect, Direction, IgnoredReason, UnparsedReason } from './event.ts';
import type { GroupPeer, Groups } from './groups.ts';
import type { Grade, PolicyRef, UnattributedReason } from './policy.ts';
import type { SourceChoice } from './source.ts';
import type { CountersState } from './traffic.ts';

export type { Counts };

/** The name of the entry that folds what did not fit in memory; its identity or port is null. */
export const OTHER = 'other';

/** In the row that folds what did not fit in memory, the identity is null. */
export interface PeerCount extends GroupPeer {
  readonly allowed: number;
  readonly denied: number;
}

export interface PortCount {
  readonly protocol: string;
  /** Null where the packet has no port, and in the row that folds the rest. */
  readonly port: number | null;
  readonly allowed: number;
  readonly denied: number;
}

export interface PolicyRow extends Counts {
  readonly policy: PolicyRef;
  readonly direction: Direction;
  readonly attribution: Grade;
  /** Why no policy is named; null where one is. */
  readonly reason: UnattributedReason | null;
  readonly ambiguous: boolean;
  readonly isolatedBy: readonly PolicyRef[];
  /** Verdicts in this row that other rows are credited with as well. */
  readonly shared: number;
  /** Packets refused while the endpoint was in audit mode (patched Cilium); part of `denied`. */
  readonly deniedInAuditMode: number;
  /** Known where drops were listened for. */
  readonly drops: readonly VerdictDrops[];
  /** All verdicts of the row over the whole window. */
  readonly ratePerSecond: number;
  /** The same over the last ten seconds of the window. */
  readonly recentPerSecond: number;
  /** RFC 3339, UTC. */
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  /** Where its verdicts were made, in the order of their names; empty for files, which do not tell. */
  readonly nodes: readonly string[];
  readonly peers: readonly PeerCount[];
  readonly ports: readonly PortCount[];
  /** Present where it was asked for; null where nothing counts it: no entry of a policy map makes a default deny. */
  readonly traffic?: RowTraffic | null;
}

/** What the agents' policy maps counted in the window: packets of new and of open connections and of what a rule refused, in the connection's own direction. */
export interface RowTraffic {
  readonly packets: number;
  readonly bytes: number;
  /** Some of it was counted by entries that several policies made: it is told for each of them. */
  readonly shared: boolean;
  /** A counter was thrown out or began anew, or an agent did not tell its own, so that there was as much or more. */
  readonly lowerBound: boolean;
}

/** Why the datapath refused packets of a policy's verdicts: default deny 133, a deny rule 181, missing authentication 189. */
interface VerdictDrops {
  readonly reason: string;
  readonly code: number | null;
  readonly packets: number;
}

export interface DropRow {
  /** In Cilium's words, as that version prints them. */
  readonly reason: string;
  /** Cilium pkg/monitor/api/drop.go; null where the text alone does not tell. */
  readonly code: number | null;
  /** Null where neither the drop nor its verdict tells. */
  readonly direction: Direction | null;
  readonly packets: number;
  /** Packets that a denied verdict was seen for as well: they are in `policies` already. */
  readonly alsoDenied: number;
  readonly peers: readonly DropPeer[];
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
}

/** The other side of dropped packets. */
interface DropPeer {
  readonly identity: number | null;
  readonly name: string | null;
  readonly packets: number;
}

/** What a proxy decided about requests, one record a request; responses are told apart. */
export interface L7Row {
  /** Null where nobody tells: only the patched Cilium prints it. */
  readonly policy: PolicyRef | null;
  readonly direction: Direction | null;
  /** `http`, `dns`, `kafka`, or a parser's own name. */
  readonly protocol: string;
  readonly forwarded: number;
  readonly denied: number;
  readonly errors: number;
  readonly redirected: number;
  readonly responses: number;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
}

export const INCOMPLETE_REASONS = [
  'lost-events',
  'gap',
  'missing-node',
  'not-streaming',
  'unparsed-lines',
  /** More distinct denied flows than are told apart: `attempts` no longer rises. */
  'too-many-flows',
  'offline-input',
  'truncated-input',
  /** Kept output tells that its program lost the agent: what happened then is not in it. */
  'interrupted-input',
  /** A filter by name left out records whose peer nobody could name when they came. */
  'unnamed-peers',
  /** A window of a file was asked for, and some of its lines do not tell when they were. */
  'untimed-records',
] as const;
export type IncompleteReason = (typeof INCOMPLETE_REASONS)[number];

export interface Gap {
  readonly node: string;
  readonly from: string;
  /** Null while it lasts. */
  readonly to: string | null;
  readonly seconds: number;
  readonly reason: string;
}

export interface Completeness {
  readonly status: 'full' | 'partial' | 'unknown';
  readonly lost: number;
  readonly gaps: readonly Gap[];
  readonly missingNodes: readonly string[];
  readonly reasons: readonly IncompleteReason[];
}

export interface SummaryAgent {
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  readonly version: string | null;
  readonly dialect: Dialect | null;
  readonly state: AgentState;
  /** Present where it was asked for or chosen: which of its programs was listened to, and why. */
  readonly source?: SourceChoice['kind'];
  readonly sourceReason?: SourceChoice['reason'];
  /** Present where packets and bytes were asked for. */
  readonly counters?: CountersState;
  /** Present where the past was asked for: what the agent's Hubble still had when it was read. */
  readonly buffer?: SummaryBuffer;
}

export interface SummaryBuffer {
  /** How far back it reaches, RFC 3339; null where nobody could tell. */
  readonly from: string | null;
  readonly flows: number | null;
  readonly capacity: number | null;
}

export interface SummaryTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly node: string;
  readonly endpoint: number | null;
  readonly identity: number | null;
}

export interface Summary {
  readonly apiVersion: 'policystat/v1';
  readonly kind: 'Summary';
  readonly window: { readonly start: string; readonly end: string; readonly seconds: number };
  readonly source: {
    /** `mixed`: of some agents the one, of some the other, see `agents`. */
    readonly kind: 'monitor' | 'hubble' | 'mixed' | 'file';
    readonly agents: readonly SummaryAgent[];
    readonly files: readonly string[];
    /** What was listened for, in Cilium's words; null for files, which hold what they hold. */
    readonly types: readonly string[] | null;
    /** Which of the records were asked for, as it was written (`--peer default/xwing`); empty: all of them. */
    readonly filters: readonly string[];
  };
  readonly targets: readonly SummaryTarget[];
  readonly completeness: Completeness;
  readonly records: {
    readonly received: number;
    readonly counted: number;
    readonly ignored: Readonly<Partial<Record<IgnoredReason, number>>>;
    readonly unparsed: number;
    readonly unparsedReasons: Readonly<Partial<Record<UnparsedReason, number>>>;
    /** A few of the lines that were not understood, as they came. */
    readonly unparsedSamples: readonly string[];
  };
  readonly totals: Readonly<Record<Direction, Counts>>;
  readonly policies: readonly PolicyRow[];
  /** Null where none were asked for. */
  readonly groups: Groups | null;
  /** Present where it was asked for. */
  readonly audit?: Audit;
  /** How many rows were left out because only so many were asked for; absent where all were. */
  readonly omittedRows?: number;
  /** Most packets first. Empty where drops were not listened for, see `source.types`. */
  readonly drops: readonly DropRow[];
  readonly l7: readonly L7Row[];
}
