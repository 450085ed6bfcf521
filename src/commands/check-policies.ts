/** Whether the policies that expectations name are there at all: an absence of what does not exist holds whatever happens. */
import * as v from 'valibot';
import type { PolicyPattern } from '../check/expectation.ts';
import type { NamedExpectation } from '../check/file.ts';
import { nearMisses } from '../discovery/near.ts';
import { type ListedPolicy, listPolicies } from '../discovery/policies.ts';
import { type KubeApi, namespacedName } from '../model/kubernetes.ts';
import { IMPLICIT_DEFAULT_DENY, type PolicyRef, UNATTRIBUTED } from '../model/policy.ts';
import { Failure, type Problem } from '../model/problem.ts';
import type { Summary } from '../model/summary.ts';

/** One for each that no row of the window names and the cluster does not have; none where nobody may list them. */
export async function missingPolicies(
  expectations: readonly NamedExpectation[],
  { policies }: Pick<Summary, 'policies'>,
  { kube, signal }: { readonly kube: KubeApi; readonly signal: AbortSignal },
): Promise<readonly Problem[]> {
  const unmet = patternsOf(expectations).filter((pattern) => !policies.some(({ policy }) => isMeant(pattern, policy)));
  if (unmet.length === 0) return [];
  const listed = await listPolicies({ kube, signal }).catch((error: unknown) => {
    if (error instanceof Failure) return null;
    throw error;
  });
  if (listed === null) return [];
  const known = listed.flatMap(namesOf);
  return unmet
    .filter((pattern) => !known.some((ref) => isMeant(pattern, ref)))
    .map((pattern) => ({
      code: 'POLICY_NOT_FOUND',
      context: kube.context,
      name: namespacedName(pattern),
      near: nearMisses(
        namespacedName(pattern),
        known.map(pattern.namespace === null ? ({ name }) => name : namespacedName),
      ),
    }));
}

const named = v.object({ metadata: v.object({ name: v.string(), namespace: v.exactOptional(v.string()) }) });

/** Whatever else is in it. */
function namesOf({ object }: ListedPolicy): Pick<PolicyRef, 'namespace' | 'name'>[] {
  const read = v.safeParse(named, object);
  return read.success ? [{ namespace: read.output.metadata.namespace ?? null, name: read.output.metadata.name }] : [];
}

/** Each once. */
function patternsOf(expectations: readonly NamedExpectation[]): readonly PolicyPattern[] {
  const asked = expectations.flatMap(({ expectation }) =>
    expectation.kind === 'count' && expectation.policy !== null ? [expectation.policy] : [],
  );
  const patterns = asked.filter(({ name }) => name !== IMPLICIT_DEFAULT_DENY && name !== UNATTRIBUTED);
  return [...new Map(patterns.map((pattern) => [namespacedName(pattern), pattern])).values()];
}

/** The patched Cilium prints no namespace. */
function isMeant(pattern: PolicyPattern, { namespace, name }: Pick<PolicyRef, 'namespace' | 'name'>): boolean {
  return name === pattern.name && (pattern.namespace === null || namespace === null || namespace === pattern.namespace);
}
