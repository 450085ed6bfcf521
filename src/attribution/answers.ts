/** Owns the attributions themselves: one frozen object per distinct answer, so that an answer can be a key. */
import {
  type Attribution,
  type Grade,
  IMPLICIT_DEFAULT_DENY,
  type PolicyRef,
  type UnattributedReason,
} from '../model/policy.ts';

/** Shared by the attributors of all agents: the same answer from two nodes is the same object. */
export interface Answers {
  named(grade: Grade, policies: readonly PolicyRef[], ambiguous: boolean): Attribution;
  defaultDeny(isolatedBy: readonly PolicyRef[]): Attribution;
  unattributed(reason: UnattributedReason): Attribution;
}

const DEFAULT_DENY: PolicyRef = Object.freeze({ kind: null, namespace: null, name: IMPLICIT_DEFAULT_DENY });

export function createAnswers(): Answers {
  const known = new Map<string, Attribution>();

  function answer(
    grade: Grade,
    policies: readonly PolicyRef[],
    isolatedBy: readonly PolicyRef[],
    reason: UnattributedReason | null,
    ambiguous: boolean,
  ): Attribution {
    const named = inOrder(policies);
    const isolating = inOrder(isolatedBy);
    const key = JSON.stringify([grade, named.map(keyOf), isolating.map(keyOf), reason, ambiguous]);
    const old = known.get(key);
    if (old !== undefined) return old;
    const made: Attribution = Object.freeze({
      grade,
      policies: Object.freeze(named),
      isolatedBy: Object.freeze(isolating),
      reason,
      ambiguous,
    });
    known.set(key, made);
    return made;
  }

  return {
    named: (grade, policies, ambiguous) => answer(grade, policies, [], null, ambiguous),
    defaultDeny: (isolatedBy) => answer('default-deny', [DEFAULT_DENY], isolatedBy, null, false),
    unattributed: (reason) => answer('unattributed', [], [], reason, false),
  };
}

/** Sorted and without repetitions, so that the order in which an agent lists policies makes no new answer. */
function inOrder(refs: readonly PolicyRef[]): PolicyRef[] {
  const byKey = new Map<string, PolicyRef>();
  for (const ref of refs) byKey.set(keyOf(ref), ref);
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, ref]) => Object.freeze({ ...ref }));
}

function keyOf(ref: PolicyRef): string {
  return JSON.stringify([ref.name, ref.namespace, ref.kind]);
}
