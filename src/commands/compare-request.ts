/** What the flags of `compare` hold once they are read. */
import { InvalidArgumentError } from 'commander';
import { CRITERIA, type Criterion } from '../model/compare.ts';
import type { Jsonpath } from '../model/order.ts';
import type { DialectFlags, MessageFlags } from './options.ts';

export const COMPARE_OUTPUTS = ['table', 'wide', 'json', 'jsonl', 'yaml', 'csv', 'markdown'] as const;

export interface CompareFlags extends DialectFlags, MessageFlags {
  readonly output: (typeof COMPARE_OUTPUTS)[number] | Jsonpath;
  readonly failOn?: readonly Criterion[];
}

/** `new-denied,gone-allowed`; repeatable. */
export function criteria(text: string, before: readonly Criterion[] | undefined): readonly Criterion[] {
  const words = text.split(',').map((word) => word.trim());
  const found = words.flatMap((word) => CRITERIA.filter((criterion) => criterion === word));
  if (found.length < words.length) throw new InvalidArgumentError(`Give some of ${CRITERIA.join(', ')}.`);
  return [...(before ?? []), ...found];
}
