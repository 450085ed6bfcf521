/** Owns `--fail-on`: what meets each criterion, and what it takes to say that nothing does. */
import type { Judgement } from '../model/check.ts';
import type { ComparedDrop, ComparedPolicy, Credit, Criterion, JudgedCriterion } from '../model/compare.ts';
import { policyKey } from '../model/policy.ts';
import { type Amounts, amountsOf, type Proof } from './change.ts';
import type { Fate } from './fates.ts';
import { isNamed } from './policies.ts';

export interface Findings {
  readonly subjects: readonly Fate[];
  readonly policies: readonly ComparedPolicy[];
  readonly drops: readonly ComparedDrop[];
  /** Of peers and ports; of policies; of drops. */
  readonly proof: Readonly<Record<'subjects' | 'policies' | 'drops', Proof>>;
  readonly isTimed: boolean;
}

/** What meets a criterion, each with whether that is certain; and whether it would have been seen had there been any. */
interface Met {
  readonly found: readonly boolean[];
  readonly wouldShow: boolean;
}

export function judgeCriterion(criterion: Criterion, findings: Findings): JudgedCriterion {
  const { found, wouldShow } = meet(criterion, findings);
  const judgement: Judgement = found.includes(true) ? 'failed' : found.length === 0 && wouldShow ? 'held' : 'unknown';
  return { criterion, judgement, found: found.length };
}

function meet(criterion: Criterion, findings: Findings): Met {
  const { subjects, policies, drops, proof } = findings;
  const { before, after } = proof.subjects;
  /** Something is there after and was not before, or the other way round. */
  const appeared = (amount: keyof Amounts): Met => ({
    found: subjects.flatMap((each) =>
      isThere(each.after, amount) && !isThere(each.before, amount) ? [each.proof.before] : [],
    ),
    wouldShow: after,
  });
  const vanished = (amount: keyof Amounts): Met => ({
    found: subjects.flatMap((each) =>
      isThere(each.before, amount) && !isThere(each.after, amount) ? [each.proof.after] : [],
    ),
    wouldShow: before,
  });
  const turned = (...changes: readonly Fate['change'][]): Met => ({
    found: subjects.flatMap((each) => (changes.includes(each.change) ? [each.isCertain] : [])),
    wouldShow: before && after,
  });
  const peers = (change: 'new' | 'gone'): Met => ({
    found: subjects.flatMap((each) => (each.subject.kind === 'peer' && each.change === change ? [each.isCertain] : [])),
    wouldShow: change === 'new' ? after : before,
  });
  switch (criterion) {
    case 'became-denied':
      return turned('became-denied', 'denied-instead');
    case 'became-allowed':
      return turned('became-allowed', 'allowed-instead');
    case 'new-denied':
      return appeared('denied');
    case 'new-allowed':
      return appeared('allowed');
    case 'new-audited':
      return appeared('audited');
    case 'gone-denied':
      return vanished('denied');
    case 'gone-allowed':
      return vanished('allowed');
    case 'more-denied':
      return {
        found: policies.flatMap(({ rates }) => (rates?.denied === 'more' ? [proof.policies.before] : [])),
        wouldShow: findings.isTimed && proof.policies.after,
      };
    case 'new-policy':
      return { found: named(policies, 'new').map(() => proof.policies.before), wouldShow: proof.policies.after };
    case 'gone-policy':
      return { found: named(policies, 'gone').map(() => proof.policies.after), wouldShow: proof.policies.before };
    case 'new-peer':
      return peers('new');
    case 'gone-peer':
      return peers('gone');
    case 'new-drop':
    case 'gone-drop': {
      const change = criterion === 'new-drop' ? 'new' : 'gone';
      return {
        found: drops.flatMap((drop) => (drop.change === change ? [drop.isCertain] : [])),
        wouldShow: change === 'new' ? proof.drops.after : proof.drops.before,
      };
    }
  }
}

function isThere(credits: readonly Credit[], amount: keyof Amounts): boolean {
  return amountsOf(credits)[amount] > 0;
}

/** Policies that were seen in no direction on the other side; a default deny is none. */
function named(policies: readonly ComparedPolicy[], change: 'new' | 'gone'): readonly string[] {
  const side = change === 'new' ? 'before' : 'after';
  const elsewhere = new Set(policies.flatMap((each) => (each[side] === null ? [] : [policyKey(each.policy)])));
  const found = policies.filter((each) => each.change === change && isNamed(each.policy));
  return [...new Set(found.map(({ policy }) => policyKey(policy)))].filter((key) => !elsewhere.has(key));
}
