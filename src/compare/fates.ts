/** Owns what became of each peer, port and kind of requests: both sides' sightings, the change, and how certain it is. */
import type { Change, ComparedSubject, CompareInput, Subject } from '../model/compare.ts';
import { amountsOf, changeOf, isCertain, type Proof } from './change.ts';
import { matchUp, type Pair } from './match.ts';
import { compareCounts, type Seconds } from './rate.ts';
import { type Sighting, SUBJECT_SIGNS, sightingsOf, tellsPeerPorts } from './subjects.ts';

/** Null where nothing changed. */
export interface Fate extends Omit<ComparedSubject, 'change'> {
  readonly change: Change | null;
  readonly proof: Proof;
}

export function fatesOf(
  before: CompareInput,
  after: CompareInput,
  seconds: Seconds,
  proofOf: (kind: Subject['kind']) => Proof,
): readonly Fate[] {
  const byPeerPort = tellsPeerPorts(before) && tellsPeerPorts(after);
  return matchUp(sightingsOf(before, byPeerPort), sightingsOf(after, byPeerPort), SUBJECT_SIGNS).map((pair) =>
    toFate(pair, seconds, proofOf),
  );
}

function toFate(pair: Pair<Sighting>, seconds: Seconds, proofOf: (kind: Subject['kind']) => Proof): Fate {
  const either = pair.before ?? pair.after;
  const { subject, direction } = isNameless(either) ? (pair.after ?? either) : either;
  const before = pair.before?.credits ?? [];
  const after = pair.after?.credits ?? [];
  const [was, is] = [amountsOf(before), amountsOf(after)];
  const change = changeOf(was, is, compareCounts(was.denied, is.denied, seconds) ?? 'same');
  const proof = proofOf(subject.kind);
  return {
    subject,
    direction,
    change,
    isCertain: change === null || isCertain(change, proof),
    before,
    after,
    proof,
  };
}

function isNameless({ subject }: Sighting): boolean {
  return 'name' in subject && subject.name === null;
}

const WORST_FIRST: readonly Change[] = [
  'became-denied',
  'denied-instead',
  'partly-denied',
  'no-longer-allowed',
  'became-audited',
  'new',
  'gone',
  'became-allowed',
  'allowed-instead',
  'partly-allowed',
  'no-longer-denied',
  'no-longer-audited',
];
const KINDS: readonly Subject['kind'][] = ['peer-port', 'peer', 'port', 'requests'];

/** The worst first: new ones that are denied before those that are not; then the most. */
export function toChanges(fates: readonly Fate[]): readonly ComparedSubject[] {
  return fates
    .flatMap(({ subject, direction, change, isCertain: certain, before, after }): ComparedSubject[] =>
      change === null ? [] : [{ subject, direction, change, isCertain: certain, before, after }],
    )
    .sort(
      (a, b) =>
        WORST_FIRST.indexOf(a.change) - WORST_FIRST.indexOf(b.change) ||
        Number(isDenied(b)) - Number(isDenied(a)) ||
        KINDS.indexOf(a.subject.kind) - KINDS.indexOf(b.subject.kind) ||
        weight(b) - weight(a) ||
        compareText(textOf(a), textOf(b)),
    );
}

function isDenied({ after }: ComparedSubject): boolean {
  return amountsOf(after).denied > 0;
}

function weight({ before, after }: ComparedSubject): number {
  const [was, is] = [amountsOf(before), amountsOf(after)];
  return was.allowed + was.audited + was.denied + is.allowed + is.audited + is.denied;
}

function textOf({ subject, direction }: ComparedSubject): string {
  return JSON.stringify([subject, direction]);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function countUnchanged(fates: readonly Fate[]): Readonly<Record<Subject['kind'], number>> {
  const count = (kind: Subject['kind']) =>
    fates.filter(({ subject, change }) => subject.kind === kind && change === null).length;
  return { peer: count('peer'), 'peer-port': count('peer-port'), port: count('port'), requests: count('requests') };
}
