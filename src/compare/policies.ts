/** Owns the comparison of policies: what each let through and refused on both sides, and how fast. */
import type { ComparedPolicy, ComparedRow, PolicyAmounts, RateChange } from '../model/compare.ts';
import type { Direction } from '../model/event.ts';
import { IMPLICIT_DEFAULT_DENY, type PolicyRef, policyKey, UNATTRIBUTED } from '../model/policy.ts';
import { OTHER } from '../model/summary.ts';
import type { Proof } from './change.ts';
import { matchUp, type Pair, type Signs } from './match.ts';
import { compareCounts, type Seconds } from './rate.ts';

/** A policy in one direction, with all its rows. */
interface Seen {
  readonly policy: PolicyRef;
  readonly direction: Direction;
  readonly rows: readonly ComparedRow[];
}

export function comparePolicies(
  before: readonly ComparedRow[],
  after: readonly ComparedRow[],
  seconds: Seconds,
  proof: Proof,
): readonly ComparedPolicy[] {
  return matchUp(seenIn(before), seenIn(after), SIGNS)
    .map((pair) => comparePair(pair, seconds, proof))
    .sort((a, b) => RANK[a.change] - RANK[b.change] || weight(b) - weight(a) || compareText(textOf(a), textOf(b)));
}

const RANK: Readonly<Record<ComparedPolicy['change'], number>> = { new: 0, gone: 1, more: 2, less: 3, same: 4 };

function weight({ before, after }: ComparedPolicy): number {
  return [before, after].reduce((sum, amounts) => sum + (amounts === null ? 0 : totalOf(amounts)), 0);
}

function textOf({ policy, direction }: ComparedPolicy): string {
  return policyKey(policy) + direction;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function totalOf({ allowed, redirected, audited, denied }: Omit<PolicyAmounts, 'perSecond'>): number {
  return allowed + redirected + audited + denied;
}

function seenIn(rows: readonly ComparedRow[]): readonly Seen[] {
  const seen = new Map<string, { policy: PolicyRef; direction: Direction; rows: ComparedRow[] }>();
  for (const row of rows) {
    // One that only packets were counted for decided nothing new.
    if (totalOf(row) === 0) continue;
    const key = policyKey(row.policy) + row.direction;
    const known = seen.get(key);
    if (known === undefined) seen.set(key, { policy: row.policy, direction: row.direction, rows: [row] });
    else known.rows.push(row);
  }
  return [...seen.values()];
}

/** A default deny is none, nor is what no policy is named for. */
export function isNamed({ kind, name }: PolicyRef): boolean {
  return kind !== null || ![IMPLICIT_DEFAULT_DENY, UNATTRIBUTED, OTHER].includes(name);
}

/** Whether some policies are not told apart, so that one that is missing may be among them. */
export function hasFoldedPolicies(rows: readonly ComparedRow[]): boolean {
  return rows.some(({ policy, attribution }) => policy.name === OTHER && attribution === 'unattributed');
}

function wholeName({ policy, direction }: Seen): string {
  return policyKey(policy) + direction;
}

function isBare({ policy }: Seen): boolean {
  return policy.kind === null && policy.namespace === null;
}

function bareName(wanted: boolean): (seen: Seen) => string | null {
  return (seen) => (isBare(seen) === wanted ? `${seen.policy.name} ${seen.direction}` : null);
}

/** The patched Cilium prints bare names; a kept output has nothing else. */
const SIGNS: readonly Signs<Seen>[] = [
  [wholeName, wholeName],
  [bareName(true), bareName(false)],
  [bareName(false), bareName(true)],
];

function comparePair(pair: Pair<Seen>, seconds: Seconds, proof: Proof): ComparedPolicy {
  const { before, after } = pair;
  const either = pair.before ?? pair.after;
  const known = isBare(either) ? (after ?? either) : either;
  const was = before === null ? null : amountsOf(before.rows, seconds.before);
  const is = after === null ? null : amountsOf(after.rows, seconds.after);
  const rates = ratesOf(was, is, seconds);
  const change = was === null ? 'new' : is === null ? 'gone' : worst(rates);
  const isCertain = change === 'new' ? proof.before : change === 'gone' ? proof.after : proof.before && proof.after;
  return { policy: known.policy, direction: known.direction, change, isCertain, rates, before: was, after: is };
}

function worst(rates: ComparedPolicy['rates']): RateChange {
  if (rates === null) return 'same';
  return rates.denied === 'same' ? rates.allowed : rates.denied;
}

type Amounts = NonNullable<ComparedPolicy['before']>;

function ratesOf(before: Amounts | null, after: Amounts | null, seconds: Seconds): ComparedPolicy['rates'] {
  const rate = (count: (amounts: Amounts) => number) =>
    compareCounts(before === null ? 0 : count(before), after === null ? 0 : count(after), seconds);
  const allowed = rate(({ allowed: connections, redirected, audited }) => connections + redirected + audited);
  // One refused client sends several packets.
  const denied = rate(({ attempts }) => attempts);
  return allowed === null || denied === null ? null : { allowed, denied };
}

function amountsOf(rows: readonly ComparedRow[], seconds: number | null): Amounts {
  const sum = (name: Exclude<keyof PolicyAmounts, 'perSecond'>) => rows.reduce((total, row) => total + row[name], 0);
  const counts = {
    allowed: sum('allowed'),
    redirected: sum('redirected'),
    audited: sum('audited'),
    denied: sum('denied'),
    attempts: sum('attempts'),
  };
  const perSecond = (count: number) => (seconds === null ? 0 : Math.round((count / seconds) * 1000) / 1000);
  const isolating = new Map(rows.flatMap((row) => row.isolatedBy).map((ref) => [policyKey(ref), ref]));
  return {
    ...counts,
    perSecond:
      seconds === null
        ? null
        : {
            allowed: perSecond(counts.allowed + counts.redirected),
            audited: perSecond(counts.audited),
            denied: perSecond(counts.denied),
          },
    isolatedBy: [...isolating.values()].sort((a, b) => compareText(policyKey(a), policyKey(b))),
  };
}
