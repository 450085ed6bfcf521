/** The `record` command's flags, help and examples. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { REDACTED_KINDS, type RedactedKind } from '../model/recording.ts';
import type { Running } from './definition.ts';
import { collectEventTypes } from './event-types.ts';
import {
  addClusterOptions,
  addDialectOption,
  addGroupOption,
  addOutputOptions,
  addTargetOptions,
  addTrafficOption,
  durationMs,
  wholeNumber,
} from './options.ts';
import { addSourceOption } from './source-option.ts';

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
};
/** Less has no room for what a recording begins with. */
const SMALLEST_BYTES = 64 * 1024;

/** `500M`, `1Gi`, as Kubernetes writes quantities; a B behind it does not matter. */
function sizeBytes(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([kmg]?i?)b?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(digits) * (UNIT_BYTES[unit.toLowerCase()] ?? Number.NaN));
  if (digits === '' || !Number.isSafeInteger(bytes))
    throw new InvalidArgumentError('Give a size with its unit, such as 500M or 1Gi.');
  if (bytes < SMALLEST_BYTES) throw new InvalidArgumentError('Give 64Ki or more.');
  return bytes;
}

/** `ips,names`; repeatable. */
function redactedKinds(text: string, before: readonly RedactedKind[] | undefined): readonly RedactedKind[] {
  const words = text.split(',').map((word) => word.trim());
  const found = words.flatMap((word) => REDACTED_KINDS.filter((kind) => kind === word));
  if (found.length < words.length) throw new InvalidArgumentError(`Give some of ${REDACTED_KINDS.join(', ')}.`);
  return [...new Set([...(before ?? []), ...found])];
}

export function defineRecord(record: Command, { io, done }: Running): void {
  record.description(
    'Writes what the agents report, with the policy that decided, to a file that other commands read with --input, and prints its summary. Ctrl-C ends it. However it ends, the file can be read as far as it was written.',
  );
  addTargetOptions(record);
  addClusterOptions(record);
  addSourceOption(record);
  record
    .optionsGroup('Recording:')
    .addOption(
      new Option(
        '-w, --write <file>',
        'the recording (gzip); existing files are never overwritten',
      ).makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--max-size <size>',
        'largest size of a file, such as 500M or 1Gi: the recording ends there, unless --keep is given',
      )
        .argParser(sizeBytes)
        .default(2 ** 30, '1Gi'),
    )
    .addOption(
      new Option(
        '--max-duration <time>',
        'longest time in a file: the recording ends there, unless --keep is given',
      ).argParser(durationMs),
    )
    .addOption(
      new Option(
        '--keep <number>',
        'continue in a new file when one is full, and keep this many of the last',
      ).argParser(wholeNumber),
    )
    .addOption(
      new Option(
        '--redact <kinds>',
        `remove ${REDACTED_KINDS.join(', ')} (comma-separated): equal values stay equal, and nobody can tell what they were`,
      ).argParser(redactedKinds),
    )
    .optionsGroup('Events:')
    .addOption(
      new Option(
        '-t, --type <types>',
        'in addition to policy verdicts: drop, l7, trace, capture, debug, agent, recorder, trace-sock; comma-separated or repeated',
      ).argParser(collectEventTypes),
    );
  addDialectOption(record);
  addOutputOptions(record).optionsGroup('Window:');
  addGroupOption(addTrafficOption(record))
    .addOption(new Option('--duration <time>', 'stop after this time (default: at Ctrl-C)').argParser(durationMs))
    .addHelpText(
      'after',
      `
Examples:
  policystat record --pod deathstar -w incident.jsonl.gz --duration 10m
  policystat record -A -t drop,l7 -w night.jsonl.gz --max-size 200M --keep 20
  policystat record -n shop -w for-the-vendor.jsonl.gz --redact ips,names,urls
  policystat summary --input night.0001.jsonl.gz --input night.0002.jsonl.gz
  policystat events --input incident.jsonl.gz --action deny`,
    )
    .action(async (targets: string[]) =>
      done(await (await import('./record.ts')).runRecord(targets, record.opts(), io)),
    );
}
