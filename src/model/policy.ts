/** Which policy a verdict belongs to, and how that is known. */

export const POLICY_KINDS = [
  'CiliumNetworkPolicy',
  'CiliumClusterwideNetworkPolicy',
  'NetworkPolicy',
  'ClusterNetworkPolicy',
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
] as const;
export type PolicyKind = (typeof POLICY_KINDS)[number];

export interface PolicyRef {
  /** Null where the source tells only a bare name. */
  readonly kind: PolicyKind | null;
  readonly namespace: string | null;
  readonly name: string;
}

export function isSamePolicy(a: PolicyRef, b: PolicyRef): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}

/** Equal for references to the same policy. */
export function policyKey({ kind, namespace, name }: PolicyRef): string {
  return JSON.stringify([kind, namespace, name]);
}

export const GRADES = ['datapath', 'correlated', 'derived', 'default-deny', 'unattributed'] as const;
export type Grade = (typeof GRADES)[number];

/** Why no policy could be named. */
export const UNATTRIBUTED_REASONS = [
  'name-not-printed',
  'name-not-found',
  'name-empty',
  'no-policy-applies',
  'no-state',
  'not-in-realized-policy',
  'policy-changed',
] as const;
export type UnattributedReason = (typeof UNATTRIBUTED_REASONS)[number];

/** One object per distinct answer: equal attributions are the same object, so it can be a key. */
export interface Attribution {
  readonly grade: Grade;
  readonly policies: readonly PolicyRef[];
  /** For a default deny: the policies that switch on enforcement in that direction. */
  readonly isolatedBy: readonly PolicyRef[];
  readonly reason: UnattributedReason | null;
  /**
   * True where it is open which policy decided: several share the printed name, and their kind and namespace are not
   * told, or those that are named all made the agent's entry, and which of them made its selector is not known.
   */
  readonly ambiguous: boolean;
}

/** The patched Cilium's own word for rule id 0; used for stock Cilium's default deny as well. */
export const IMPLICIT_DEFAULT_DENY = 'implicit-default-deny';
/** The row of verdicts that no policy can be named for. */
export const UNATTRIBUTED = 'unattributed';
