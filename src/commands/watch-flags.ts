/** The `watch` command's flags, help and examples. */
import { type Command, Option } from 'commander';
import type { Running } from './definition.ts';
import { addFilterOptions } from './filters.ts';
import {
  addClusterOptions,
  addCountOptions,
  addDialectOption,
  addGroupOption,
  addOutputOptions,
  addTargetOptions,
  addTrafficOption,
  durationMs,
} from './options.ts';
import { addSourceOption } from './source-option.ts';

export function defineWatch(watch: Command, { io, done }: Running): void {
  watch.description(
    'Live per-policy statistics of the targets: a table on a terminal, one summary per interval on a pipe. Ctrl-C ends it with a final summary.',
  );
  addTargetOptions(watch);
  addClusterOptions(watch);
  addOutputOptions(watch);
  addSourceOption(watch);
  addDialectOption(watch);
  addFilterOptions(watch);
  addGroupOption(addTrafficOption(addCountOptions(watch)))
    .addOption(
      new Option('--interval <time>', 'on a pipe: time between two summaries')
        .argParser(durationMs)
        .default(10_000, '10s'),
    )
    .addOption(new Option('--duration <time>', 'stop after this time (default: at Ctrl-C)').argParser(durationMs))
    .addHelpText(
      'after',
      `
Examples:
  policystat watch --pod deathstar
  policystat watch -n shop deploy/cart sts/db
  policystat watch -A -l app=web
  policystat watch --node worker-3 -o jsonl --interval 1m >> policies.jsonl`,
    )
    .action(async (targets: string[]) => done(await (await import('./watch.ts')).runWatch(targets, watch.opts(), io)));
}
