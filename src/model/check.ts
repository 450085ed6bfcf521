/** What a check says: each expectation, what was counted for it, and what that makes of it. Its JSON form is a contract. */
import type { Completeness, PolicyRow, Summary } from './summary.ts';

export const JUDGEMENTS = ['held', 'failed', 'unknown'] as const;
export type Judgement = (typeof JUDGEMENTS)[number];

export interface JudgedExpectation {
  /** The case of a file that it belongs to; null for one of the command line. */
  readonly name: string | null;
  /** As it was written. */
  readonly text: string;
  readonly judgement: Judgement;
  /** In the unit of its metric. */
  readonly counted: number;
  /** How many more there may be: nobody can tell whose they are. */
  readonly undecided: number;
  /** When it was decided, from the start of the window. */
  readonly seconds: number;
  /** The rows that come closest; only where it did not hold. */
  readonly nearest: readonly PolicyRow[];
}

export interface CheckedCommand {
  readonly argv: readonly string[];
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
}

export interface CheckReport {
  readonly apiVersion: 'policystat/v1';
  readonly kind: 'CheckReport';
  /** The worst of them; `unknown` as well where all held and the data is not complete. */
  readonly judgement: Judgement;
  readonly expectations: readonly JudgedExpectation[];
  readonly command: CheckedCommand | null;
  readonly window: Summary['window'];
  readonly source: Summary['source'];
  readonly completeness: Completeness;
  readonly records: Summary['records'];
}
