/** The closing line of `events`: what became of every line that was received, and whether anything is known to be missing. */
import type { Summary } from '../model/summary.ts';
import { causesText, reasonsText } from './table-foot.ts';

export interface EventAccount {
  readonly received: number;
  readonly printed: number;
  /** Why lines became no line of the output, and how many. */
  readonly ignored: Readonly<Record<string, number>>;
  readonly unparsed: number;
  /** The same by reason. */
  readonly unparsedReasons: Readonly<Record<string, number>>;
  /** Printed lines that a slow terminal had no room for; part of `printed`. */
  readonly notShown: number;
}

/** One line for each sentence. */
export function accountText(account: EventAccount, summary: Summary): readonly string[] {
  const { received, printed, unparsed, notShown } = account;
  const ignored = Object.values(account.ignored).reduce((sum, count) => sum + count, 0);
  return [
    `received ${received} = printed ${printed} + ignored ${ignored}${reasonsText(account.ignored)} + unparsed ${unparsed}${reasonsText(account.unparsedReasons)}`,
    completenessText(summary),
    ...(notShown === 0 ? [] : [`${notShown} of the printed lines were not shown: the terminal was too slow for them`]),
  ];
}

function completenessText(summary: Summary): string {
  const causes = causesText(summary);
  switch (summary.completeness.status) {
    case 'full':
      return 'complete: nothing is known to be missing';
    case 'partial':
      return `not complete: ${causes}`;
    case 'unknown':
      return `completeness unknown: ${causes}`;
  }
}
