/** The `compare` command's flags, help and examples. */
import { type Command, Option } from 'commander';
import { CRITERIA } from '../model/compare.ts';
import { COMPARE_OUTPUTS, criteria } from './compare-request.ts';
import type { Running } from './definition.ts';
import { addDialectOption, addMessageOptions } from './options.ts';
import { outputOption } from './rows-flags.ts';

export function defineCompare(compare: Command, { io, done }: Running): void {
  compare
    .description(
      'Compares two summaries: who was allowed and is now denied, and vice versa; which policies and peers are new or gone; and how the rates changed. Each is what summary or watch printed (-o json, jsonl or yaml), or anything that summary --input takes.',
    )
    .usage('[options] <A> <B>')
    .optionsGroup('Several files per side, such as the parts of a recording:')
    .option('--before <files...>', 'instead of A; repeatable')
    .option('--after <files...>', 'instead of B; repeatable');
  addDialectOption(compare);
  compare
    .optionsGroup('Answer:')
    .addOption(
      new Option(
        '--fail-on <criteria>',
        `exit with 3 if one is met, with 4 if the data cannot tell: ${CRITERIA.join(', ')}; comma-separated or repeated`,
      ).argParser(criteria),
    )
    .optionsGroup('Output:')
    .addOption(outputOption('-o, --output <format>', COMPARE_OUTPUTS).env('POLICYSTAT_OUTPUT').default('table'));
  addMessageOptions(compare)
    .addHelpText(
      'after',
      `
Examples:
  policystat summary -n shop --duration 10m -o json > before.json
  kubectl apply -f policy.yaml
  policystat summary -n shop --duration 10m -o json | policystat compare before.json -
  policystat compare before.json after.json --fail-on new-denied,gone-allowed
  policystat compare monday.txt.gz tuesday.txt.gz -o markdown
  policystat compare --before monday.*.jsonl.gz --after tuesday.*.jsonl.gz`,
    )
    .action(async (files: string[]) =>
      done(await (await import('./compare.ts')).runCompare(files, compare.opts(), io)),
    );
}
