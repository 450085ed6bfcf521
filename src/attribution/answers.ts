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
  derived(policies: readonly PolicyRef[]): Attribution;
  /** Hubble's own word. */
  correlated(policies: readonly PolicyRef[]): Attribution;
  printed(policy: PolicyRef, ambiguous: boolean): Attribution;
  defaultDeny(isolatedBy: readonly PolicyRef[]): Attribution;
  unattributed(reason: UnattributedReason): Attribution;
}

const DEFAULT_DENY: PolicyRef = Object.freeze({ kind: null, namespace: null, name: IMPLICIT_DEFAULT_DENY });

export function createAnswers(): Answers {
  const known = new Map<string, Attribution>();
  // Lists of policies live as long as the state that they are part of: the way from one of them is short.
  const derived = new WeakMap<readonly PolicyRef[], Attribution>();
  const isolated = new WeakMap<readonly PolicyRef[], Attribution>();
  const unexplained = new Map<UnattributedReason, Attribution>();

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
    derived: (policies) => kept(derived, policies, () => answer('derived', policies, [], null, false)),
    // Each flow brings a list of its own.
    correlated: (policies) => answer('correlated', policies, [], null, false),
    printed: (policy, ambiguous) => answer('datapath', [policy], [], null, ambiguous),
    defaultDeny: (isolatedBy) =>
      kept(isolated, isolatedBy, () => answer('default-deny', [DEFAULT_DENY], isolatedBy, null, false)),
    unattributed: (reason) => kept(unexplained, reason, () => answer('unattributed', [], [], reason, false)),
  };
}

function kept<Key>(
  made: { get(key: Key): Attribution | undefined; set(key: Key, answer: Attribution): unknown },
  key: Key,
  make: () => Attribution,
): Attribution {
  const old = made.get(key);
  if (old !== undefined) return old;
  const fresh = make();
  made.set(key, fresh);
  return fresh;
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
