/** What audit mode lets through although policy refuses it: by which policy, for whom, and where it is on. */
import type { Direction } from './event.ts';
import type { GroupPeer, GroupPort } from './groups.ts';
import type { Grade, PolicyRef, UnattributedReason } from './policy.ts';

/** What the agent tells of an endpoint. */
export interface EndpointMode {
  readonly endpoint: number;
  readonly namespace: string | null;
  readonly pod: string | null;
  readonly audits: boolean;
  readonly enforced: Readonly<Record<Direction, boolean>>;
}

export interface Audit {
  /** Null for files, which do not tell. */
  readonly endpoints: AuditEndpoints | null;
  /** The most connections first. */
  readonly wouldDeny: readonly AuditRow[];
}

/** As the agents told at last. */
export interface AuditEndpoints {
  readonly audited: readonly AuditedEndpoint[];
  /** Those where policy is enforced: what it refuses is refused. */
  readonly enforced: number;
  /** Those that no policy isolates: nothing is refused, in audit mode or not. */
  readonly open: number;
  /** Targets that no agent told of. */
  readonly unknown: number;
}

interface AuditedEndpoint {
  readonly namespace: string | null;
  readonly pod: string | null;
  readonly node: string;
  readonly endpoint: number;
  /** In which a policy isolates it. */
  readonly directions: readonly Direction[];
}

interface AuditCounts {
  /** New connections that were let through. */
  readonly connections: number;
  /** Packets that were refused although audit mode was on (patched Cilium). */
  readonly refused: number;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
}

/** What one policy, or the default, would deny in one direction. */
export interface AuditRow extends AuditCounts {
  readonly policy: PolicyRef;
  readonly direction: Direction;
  readonly attribution: Grade;
  readonly reason: UnattributedReason | null;
  readonly isolatedBy: readonly PolicyRef[];
  /** For whom: a peer and a port each, the most connections first. */
  readonly peers: readonly AuditPeer[];
}

export interface AuditPeer extends AuditCounts, GroupPeer {
  /** Null for the entry that folds what did not fit in memory. */
  readonly port: GroupPort | null;
}
