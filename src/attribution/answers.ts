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
  /** `ambiguous`: not all of them need have decided. */
  derived(policies: readonly PolicyRef[], ambiguous?: boolean): Attribution;
  /** Hubble's own word. */
  correlated(policies: readonly PolicyRef[]): Attribution;
  printed(policy: PolicyRef, ambiguous: boolean): Attribution;
  defaultDeny(isolatedBy: readonly PolicyRef[]): Attribution;
  unattributed(reason: UnattributedReason): Attribution;
}

const DENIED_BY_DEFAULT: readonly PolicyRef[] = [{ kind: null, namespace: null, name: IMPLICIT_DEFAULT_DENY }];
const NOBODY: readonly PolicyRef[] = Object.freeze([]);

export function createAnswers(): Answers {
  // By the first policy's name and namespace, which tell nearly all answers apart: cheaper than a text of everything.
  const known = new Map<string, Map<string, Attribution[]>>();
  // Lists of policies live as long as the state that they are part of: the way from one of them is shorter still.
  const derived = new WeakMap<readonly PolicyRef[], Attribution>();
  const isolated = new WeakMap<readonly PolicyRef[], Attribution>();
  const unexplained = new Map<UnattributedReason, Attribution>();

  function answer(
    grade: Grade,
    policies: readonly PolicyRef[],
    isolatedBy: readonly PolicyRef[],
    ambiguous: boolean,
  ): Attribution {
    const named = inOrder(policies);
    const isolating = inOrder(isolatedBy);
    const similar = similarTo(isolating[0] ?? named[0]);
    for (const old of similar)
      if (
        old.grade === grade &&
        old.ambiguous === ambiguous &&
        isSameList(old.policies, named) &&
        isSameList(old.isolatedBy, isolating)
      )
        return old;
    const made = frozen({ grade, policies: named, isolatedBy: isolating, reason: null, ambiguous });
    similar.push(made);
    return made;
  }

  function similarTo(first: PolicyRef | undefined): Attribution[] {
    const name = first?.name ?? '';
    const namespace = first?.namespace ?? '';
    const sameName = known.get(name) ?? new Map<string, Attribution[]>();
    if (sameName.size === 0) known.set(name, sameName);
    const similar = sameName.get(namespace) ?? [];
    if (similar.length === 0) sameName.set(namespace, similar);
    return similar;
  }

  return {
    derived: (policies, ambiguous = false) =>
      ambiguous
        ? answer('derived', policies, NOBODY, true)
        : kept(derived, policies, () => answer('derived', policies, NOBODY, false)),
    // Each flow brings a list of its own.
    correlated: (policies) => answer('correlated', policies, NOBODY, false),
    printed: (policy, ambiguous) => answer('datapath', [policy], NOBODY, ambiguous),
    defaultDeny: (isolatedBy) =>
      kept(isolated, isolatedBy, () => answer('default-deny', DENIED_BY_DEFAULT, isolatedBy, false)),
    unattributed: (reason) =>
      kept(unexplained, reason, () =>
        frozen({ grade: 'unattributed', policies: [], isolatedBy: [], reason, ambiguous: false }),
      ),
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

function frozen({ grade, policies, isolatedBy, reason, ambiguous }: Attribution): Attribution {
  return Object.freeze({
    grade,
    policies: frozenList(policies),
    isolatedBy: frozenList(isolatedBy),
    reason,
    ambiguous,
  });
}

function frozenList(refs: readonly PolicyRef[]): readonly PolicyRef[] {
  if (refs.length === 0) return NOBODY;
  return Object.freeze(refs.map(({ kind, namespace, name }): PolicyRef => Object.freeze({ kind, namespace, name })));
}

/** Sorted and without repetitions, so that the order in which an agent lists policies makes no new answer. */
function inOrder(refs: readonly PolicyRef[]): readonly PolicyRef[] {
  if (refs.length < 2) return refs;
  const sorted = refs.toSorted(byName);
  return sorted.filter((ref, at) => at === 0 || byName(sorted[at - 1] ?? ref, ref) !== 0);
}

function isSameList(some: readonly PolicyRef[], others: readonly PolicyRef[]): boolean {
  if (some.length !== others.length) return false;
  for (const [at, ref] of some.entries()) if (byName(ref, others[at] ?? ref) !== 0) return false;
  return true;
}

function byName(a: PolicyRef, b: PolicyRef): number {
  return inTurn(a.name, b.name) || inTurn(a.namespace, b.namespace) || inTurn(a.kind, b.kind);
}

/** What is not known comes last. */
function inTurn(a: string | null, b: string | null): number {
  if (a === b) return 0;
  return b === null || (a !== null && a < b) ? -1 : 1;
}
