/** The `events` command's flags, help and examples. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Running } from './definition.ts';
import { collectEventTypes } from './event-types.ts';
import { addFilterOptions } from './filters.ts';
import { inputOption } from './input-option.ts';
import {
  addClusterOptions,
  addDialectOption,
  addMessageOptions,
  addTargetOptions,
  durationMs,
  liveFlagsGiven,
} from './options.ts';
import { addSourceOption } from './source-option.ts';

function outputFormat(value: string): 'text' | 'jsonl' {
  if (value === 'text' || value === 'jsonl') return value;
  if (value === 'json') throw new InvalidArgumentError('Records are one object a line: -o jsonl.');
  throw new InvalidArgumentError('Give text or jsonl.');
}

export function defineEvents(events: Command, { io, done }: Running): void {
  events.description(
    'Prints what the agents of the targets report, one record per line, with the policy that decided; or what recordings or saved monitor output hold, with --input. Ctrl-C ends it.',
  );
  addTargetOptions(events);
  addClusterOptions(events);
  events
    .optionsGroup('Events:')
    .addOption(
      new Option(
        '-t, --type <types>',
        "Cilium's names (policy-verdict, drop, l7, trace, capture, debug, agent, recorder, trace-sock), policy = policy-verdict, nat = joined translations; comma-separated or repeated (default: policy-verdict, with --input all)",
      ).argParser(collectEventTypes),
    );
  addSourceOption(events);
  addDialectOption(events);
  addFilterOptions(events);
  events
    .optionsGroup('Output:')
    .addOption(new Option('-o, --output <format>', 'text or jsonl').argParser(outputFormat).default('text'));
  addMessageOptions(events)
    .optionsGroup('Window:')
    .addOption(new Option('--duration <time>', 'stop after this time (default: at Ctrl-C)').argParser(durationMs))
    .addOption(inputOption())
    .addHelpText(
      'after',
      `
Examples:
  policystat events --pod deathstar
  policystat events --pod deathstar -t policy,drop --action deny
  policystat events -A -t nat -o jsonl
  policystat events --input monitor.txt.gz --policy default/rule1 --direction ingress`,
    )
    .action(async (targets: string[]) =>
      done(await (await import('./events.ts')).runEvents(targets, events.opts(), liveFlagsGiven(events), io)),
    );
}
