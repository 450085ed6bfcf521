/** Owns a run's judgement: every expectation at any time, and the report at the end. */
import type { CheckedCommand, CheckReport, JudgedExpectation, Judgement } from '../model/check.ts';
import type { Summary } from '../model/summary.ts';
import type { Expectation } from './expectation.ts';
import type { NamedExpectation } from './file.ts';
import { judge, type Standing } from './judge.ts';
import { nearestRows } from './nearest.ts';
import type { Counted, Tally } from './tally.ts';

interface Moment {
  /** Since the window began. */
  readonly elapsedMs: number;
  readonly isOver: boolean;
  readonly summary: Summary;
}

export interface Trial {
  /** Whether by then the time is over that an open expectation asks for. */
  isDue(elapsedMs: number): boolean;
  /** Judges what is open; true where nothing is left to wait for. */
  decide(moment: Moment): boolean;
  report(moment: Moment, command: CheckedCommand | null): CheckReport;
}

interface Decided {
  readonly judgement: Judgement;
  readonly counted: number;
  readonly undecided: number;
  readonly seconds: number;
}

const WORST: readonly Judgement[] = ['failed', 'unknown', 'held'];

/** `tallyOf`: what is counted for an expectation that counts; `tell` hears of each that is decided early. */
export function createTrial(
  expectations: readonly NamedExpectation[],
  tallyOf: ReadonlyMap<Expectation, Tally>,
  tell: (expectation: Expectation, judgement: Judgement) => void = () => {},
): Trial {
  const decided = new Map<Expectation, Decided>();

  function countedOf(expectation: Expectation, { completeness, records }: Summary): Counted {
    if (expectation.kind === 'count') return tallyOf.get(expectation)?.counted() ?? { counted: 0, undecided: 0 };
    const found = { lost: completeness.lost, gaps: completeness.gaps.length, unparsed: records.unparsed };
    return { counted: found[expectation.metric], undecided: 0 };
  }

  function standingOf(expectation: Expectation, counted: Counted, { elapsedMs, isOver, summary }: Moment): Standing {
    const withinMs = expectation.kind === 'count' ? expectation.withinMs : null;
    // What is asked of the completeness itself cannot be incomplete.
    const isPartial = expectation.kind === 'count' && summary.completeness.status !== 'full';
    const isPast = isOver || (withinMs !== null && elapsedMs >= withinMs);
    return judge(expectation.comparison, { ...counted, isOver: isPast, isPartial });
  }

  function decide(moment: Moment): boolean {
    for (const { expectation } of expectations) {
      if (decided.has(expectation)) continue;
      const counted = countedOf(expectation, moment.summary);
      const standing = standingOf(expectation, counted, moment);
      // Who somebody is may become known yet.
      if (standing === 'open' || (standing === 'unknown' && counted.undecided > 0 && !moment.isOver)) continue;
      decided.set(expectation, { judgement: standing, ...counted, seconds: Math.round(moment.elapsedMs) / 1000 });
      if (!moment.isOver) tell(expectation, standing);
    }
    return decided.size === new Set(expectations.map(({ expectation }) => expectation)).size;
  }

  return {
    isDue: (elapsedMs) =>
      expectations.some(
        ({ expectation }) =>
          expectation.kind === 'count' &&
          expectation.withinMs !== null &&
          expectation.withinMs <= elapsedMs &&
          !decided.has(expectation),
      ),
    decide,
    report: (moment, command) => {
      decide({ ...moment, isOver: true });
      const { summary } = moment;
      const judged = expectations.flatMap(({ name, expectation }): JudgedExpectation[] => {
        const found = decided.get(expectation);
        if (found === undefined) return [];
        const isHeld = found.judgement === 'held';
        const nearest = isHeld || expectation.kind === 'loss' ? [] : nearestRows(expectation, summary);
        return [{ name, text: expectation.text, ...found, nearest }];
      });
      const worst = WORST.find((judgement) => judged.some((each) => each.judgement === judgement)) ?? 'held';
      // Incomplete data never passes, even where every number that was asked for has been reached.
      const judgement = worst === 'held' && summary.completeness.status !== 'full' ? 'unknown' : worst;
      return {
        apiVersion: 'policystat/v1',
        kind: 'CheckReport',
        judgement,
        expectations: judged,
        command,
        window: summary.window,
        source: summary.source,
        completeness: summary.completeness,
        records: summary.records,
      };
    },
  };
}
