/** Holds two summaries against each other: what changed for whom, by which policy, how fast, and what that says. */
import type { Judgement } from '../model/check.ts';
import type { ComparedSide, CompareInput, CompareReport, Criterion, Subject } from '../model/compare.ts';
import type { Proof } from './change.ts';
import { type Findings, judgeCriterion } from './criteria.ts';
import { compareDrops } from './drops.ts';
import { countUnchanged, fatesOf, toChanges } from './fates.ts';
import { comparePolicies, hasFoldedPolicies } from './policies.ts';
import { listensFor, mayHold, notesOf, toSide } from './side.ts';
import { hasFolded, hidesPeerPorts } from './subjects.ts';
import { verdictOf } from './verdict.ts';

export interface NamedSummary {
  /** The file; `-` is standard input. */
  readonly input: string;
  readonly summary: CompareInput;
}

const WORST_FIRST: readonly Judgement[] = ['failed', 'unknown', 'held'];

export function compareSummaries(a: NamedSummary, b: NamedSummary, failOn: readonly Criterion[]): CompareReport {
  const before = toSide(a.summary, a.input);
  const after = toSide(b.summary, b.input);
  const notes = notesOf(before, after);
  const findings = findingsOf(a.summary, b.summary, before, after);
  const changes = toChanges(findings.subjects);
  const judged = [...new Set(failOn)].map((criterion) => judgeCriterion(criterion, findings));
  const isKnown = before.absenceIsProof && after.absenceIsProof && !notes.includes('nothing-seen');
  return {
    apiVersion: 'policystat/v1',
    kind: 'CompareReport',
    verdict: verdictOf(changes, isKnown),
    judgement:
      judged.length === 0
        ? null
        : (WORST_FIRST.find((worst) => judged.some(({ judgement }) => judgement === worst)) ?? 'held'),
    failOn: judged,
    before,
    after,
    notes,
    changes,
    policies: findings.policies,
    drops: findings.drops,
    unchanged: countUnchanged(findings.subjects),
  };
}

function findingsOf(a: CompareInput, b: CompareInput, before: ComparedSide, after: ComparedSide): Findings {
  /** Where neither the data lacks something nor what is asked about is hidden in a sum. */
  const proofUnless = (hides: (summary: CompareInput, side: ComparedSide) => boolean): Proof => ({
    before: before.absenceIsProof && !hides(a, before),
    after: after.absenceIsProof && !hides(b, after),
  });
  const areBoth = (type: string) => mayHold(type, before) && mayHold(type, after);
  const proof = {
    subjects: proofUnless(hasFolded),
    policies: proofUnless(({ policies }) => hasFoldedPolicies(policies)),
    drops: proofUnless((_, side) => !areBoth('drop') || !listensFor('drop', side)),
  };
  const isComparable = ({ subject }: { readonly subject: Subject }) => subject.kind !== 'requests' || areBoth('l7');
  const seconds = {
    before: before.isTimed ? before.window.seconds : null,
    after: after.isTimed ? after.window.seconds : null,
  };
  const proofs: Readonly<Record<Subject['kind'], Proof>> = {
    peer: proof.subjects,
    port: proof.subjects,
    'peer-port': proofUnless(hidesPeerPorts),
    requests: proofUnless((_, side) => !listensFor('l7', side)),
  };
  const fates = fatesOf(a, b, seconds, (kind) => proofs[kind]);
  return {
    subjects: fates.filter(isComparable),
    policies: comparePolicies(a.policies, b.policies, seconds, proof.policies),
    drops: areBoth('drop') ? compareDrops(a.drops, b.drops, proof.drops) : [],
    proof,
    isTimed: before.isTimed && after.isTimed,
  };
}
