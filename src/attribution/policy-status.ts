/** Owns what a policy object says of itself beside its specs: since when it exists, and whether Cilium took it. */
import * as v from 'valibot';

export interface PolicyStatus {
  /** RFC 3339. */
  readonly created: string | null;
  /** Cilium's own words where it refused the policy as it is now, or one node did; null where none did, or tells. */
  readonly rejection: string | null;
  /** No node took it: at best it holds as it was before (Cilium pkg/policy/k8s, upsertCiliumNetworkPolicyV2). */
  readonly isRefused: boolean;
}

export const NO_STATUS: PolicyStatus = Object.freeze({ created: null, rejection: null, isRefused: false });

const text = v.nullish(v.string());
const policyObject = v.object({
  metadata: v.object({ creationTimestamp: text }),
  status: v.nullish(
    v.object({
      // 1.16 on: the operator's validation (pkg/k8s/apis/cilium.io/v2/cnp_types.go, PolicyConditionValid).
      conditions: v.nullish(v.array(v.object({ type: v.string(), status: v.string(), message: text }))),
      // Before: what each node made of it (CiliumNetworkPolicyNodeStatus).
      nodes: v.nullish(v.record(v.string(), v.object({ ok: v.nullish(v.boolean()), error: text }))),
    }),
  ),
});

export function readPolicyStatus(raw: unknown): PolicyStatus {
  const read = v.safeParse(policyObject, raw);
  if (!read.success) return NO_STATUS;
  const { metadata, status } = read.output;
  const invalid = status?.conditions?.find((condition) => condition.type === 'Valid' && condition.status === 'False');
  const nodes = Object.entries(status?.nodes ?? {});
  const failures = nodes.filter(([, { error }]) => (error ?? '') !== '');
  const [failed] = failures;
  const onNode = failed === undefined ? null : `${failed[0]}: ${failed[1].error ?? ''}`;
  return {
    created: metadata.creationTimestamp ?? null,
    rejection: invalid === undefined ? onNode : (invalid.message ?? 'not valid'),
    isRefused: invalid !== undefined || (nodes.length > 0 && failures.length === nodes.length),
  };
}
