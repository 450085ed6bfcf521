/** What each policy is good for, over a window: whom it selects, whether it is enforced, and whether it was seen to decide. Its JSON form is a contract (`apiVersion: policystat/v1`). */
import type { Direction } from './event.ts';
import type { PolicyRef } from './policy.ts';
import type { Counts, RowTraffic, Summary } from './summary.ts';

/**
 * The least useful first. `unclear` is what nobody can tell: no node that runs its pods was heard, or
 * only verdicts were seen that another policy of the same name may have made. `rules-not-seen` isolates
 * a pod that was refused something, and none of its rules matched. `seen` has verdicts, or its entries
 * of the policy maps counted packets.
 */
export const STANDINGS = ['selects-nobody', 'not-enforced', 'not-seen', 'unclear', 'rules-not-seen', 'seen'] as const;
export type Standing = (typeof STANDINGS)[number];

/** Why a policy decides nothing at an endpoint that it selects. */
export type NotEnforcedReason =
  /** Cilium refused it: `enforcement.message` has its words. */
  | 'rejected'
  /** It has no rules and isolates nobody. */
  | 'no-rules'
  /** The agent enforces nothing at the endpoint in the policy's directions. */
  | 'enforcement-off'
  /** The agent's realized policy of the endpoint does not hold it. */
  | 'not-realized'
  /** The endpoint is in audit mode: what would be refused is let through. */
  | 'audit-mode';

export interface SelectedEndpoint {
  /** Null for a node's own endpoints. */
  readonly namespace: string | null;
  readonly pod: string | null;
  /** Null where only the API server knows of it and its node was not listened to. */
  readonly node: string | null;
}

export interface Selection {
  /** Pods of the cluster, or of what is known of it: see `isComplete`. */
  readonly pods: number;
  /** Endpoints of nodes and ingresses. */
  readonly others: number;
  /** Of all these, those that were listened to. */
  readonly listened: number;
  readonly specs: number;
  /** Parts of the policy that select nobody. */
  readonly emptySpecs: number;
  /** False where endpoints exist that nobody could be asked about. */
  readonly isComplete: boolean;
  /** A few of them. */
  readonly examples: readonly SelectedEndpoint[];
}

export interface Enforcement {
  /** `unknown` where no agent told of an endpoint that it selects. */
  readonly status: 'enforced' | 'partly' | 'audited' | 'not-enforced' | 'unknown';
  /** Endpoints at which it is. */
  readonly enforced: number;
  /** Endpoints that an agent told of. */
  readonly known: number;
  readonly reasons: readonly NotEnforcedReason[];
  /** Cilium's own words about it, from the policy's status. */
  readonly message: string | null;
}

/** Its own verdicts of both directions, and what was refused because it isolates. */
export interface Sightings extends Counts {
  /** Verdicts that other policies are credited with as well. */
  readonly shared: number;
  /** Packets that no rule allowed in a direction that it isolates, alone or with other policies. */
  readonly defaultDenied: number;
  /** The same in audit mode: let through. */
  readonly defaultAudited: number;
  /** Verdicts of a policy of this name, where the agent does not print which of several it was. */
  readonly ambiguous: number;
  /** RFC 3339, UTC; null where it was not seen, and for files. */
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
}

/** Its own verdicts in one direction. */
export interface DirectionUse extends Counts {
  /** Present where it was asked for; null where nobody told. */
  readonly traffic?: RowTraffic | null;
}

/** Of the nodes that run endpoints which it selects, within what was asked for; of a recording, those that it is of. */
export interface NodeCoverage {
  readonly total: number;
  /** Those whose agent was listened to when the window ended, or told of the policy before. */
  readonly heard: number;
  readonly seen: number;
}

export interface PolicyUse {
  readonly policy: PolicyRef;
  readonly standing: Standing;
  /** False where it was seen but does not exist (any more); null where nobody could be asked. */
  readonly exists: boolean | null;
  /** RFC 3339, UTC. */
  readonly created: string | null;
  readonly isolates: readonly Direction[];
  /** Null where nobody could be asked: files, policies that no longer exist. */
  readonly selects: Selection | null;
  readonly enforcement: Enforcement | null;
  readonly seen: Sightings;
  /** The parts of `seen`: a connection between two endpoints that the policy selects has a verdict at each end. */
  readonly byDirection: Readonly<Record<Direction, DirectionUse>>;
  /** Of both directions, as `seen`. */
  readonly traffic?: RowTraffic | null;
  /** Null for text, which does not tell. */
  readonly nodes: NodeCoverage | null;
  /** Endpoints that it selects and that report no verdicts (`PolicyVerdictNotification`): their silence says nothing. */
  readonly silent: number;
  /** For how much of the window it existed, in seconds; null where nobody can tell. */
  readonly observedSeconds: number | null;
}

export interface PolicyReport
  extends Pick<Summary, 'apiVersion' | 'window' | 'source' | 'targets' | 'completeness' | 'records'> {
  readonly kind: 'PolicyReport';
  /** Whose policies they are: those that select the targets, those of a namespace, all of the cluster, or those that files name. */
  readonly scope: { readonly kind: 'targets' | 'namespace' | 'cluster' | 'files'; readonly namespace: string | null };
  /** Where the policies were read; `agents` where the API server may not be asked, null for files. */
  readonly listedFrom: 'api' | 'agents' | null;
  /** Nodes whose agents report so many events a second at most: what is beyond is dropped without a trace. */
  readonly rateLimited: readonly { readonly node: string; readonly perSecond: number }[];
  /** The least useful first. */
  readonly policies: readonly PolicyUse[];
  /** Verdicts that no policy could be named for although one may have decided: a policy that was not seen may have made them. */
  readonly unattributed: number;
}
