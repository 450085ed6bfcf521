/** What the flags of `compare` hold once they are read. */
import { InvalidArgumentError } from 'commander';
import { CRITERIA, type Criterion } from '../model/compare.ts';
import type { Jsonpath } from '../model/order.ts';
import type { DialectFlags, MessageFlags } from './options.ts';
import { refuseStdinTwice, usage } from './plan.ts';

export const COMPARE_OUTPUTS = ['table', 'wide', 'json', 'jsonl', 'yaml', 'csv', 'markdown'] as const;

export interface CompareFlags extends DialectFlags, MessageFlags {
  readonly output: (typeof COMPARE_OUTPUTS)[number] | Jsonpath;
  readonly failOn?: readonly Criterion[];
  readonly before?: readonly string[];
  readonly after?: readonly string[];
}

/** `new-denied,gone-allowed`; repeatable. */
export function criteria(text: string, before: readonly Criterion[] | undefined): readonly Criterion[] {
  const words = text.split(',').map((word) => word.trim());
  const found = words.flatMap((word) => CRITERIA.filter((criterion) => criterion === word));
  if (found.length < words.length) throw new InvalidArgumentError(`Give some of ${CRITERIA.join(', ')}.`);
  return [...(before ?? []), ...found];
}

/** Which files each side is made of. Throws `Failure` USAGE for anything but two sides. */
export function sidesOf(
  files: readonly string[],
  { before = [], after = [] }: Pick<CompareFlags, 'before' | 'after'>,
): readonly [readonly string[], readonly string[]] {
  const [a, b] = files;
  const isPair = before.length + after.length === 0;
  if (isPair ? files.length !== 2 : files.length > 0 || before.length === 0 || after.length === 0)
    throw usage(
      'Give two files, A and B, or for several files per side --before FILE... --after FILE... and nothing else.',
    );
  const sides = isPair && a !== undefined && b !== undefined ? ([[a], [b]] as const) : ([before, after] as const);
  refuseStdinTwice(sides.flat());
  return sides;
}
