/** The `summary` command's flags, help and examples. */
import { type Command, Option } from 'commander';
import type { Running } from './definition.ts';
import { addFilterOptions } from './filters.ts';
import { inputOption } from './input-option.ts';
import {
  addClusterOptions,
  addCountOptions,
  addDialectOption,
  addGroupOption,
  addOutputOptions,
  addTargetOptions,
  addTrafficOption,
  durationMs,
  liveFlagsGiven,
} from './options.ts';
import { addSourceOption } from './source-option.ts';
import { momentOf } from './window.ts';

export function defineSummary(summary: Command, { io, done }: Running): void {
  summary.description(
    "Prints one summary: of what happens from now on, for --duration; of what has happened --since a time, as far as the agents' Hubbles still have it; or of recordings or saved output given with --input.",
  );
  addTargetOptions(summary);
  addClusterOptions(summary);
  addOutputOptions(summary);
  addSourceOption(summary);
  addDialectOption(summary);
  addFilterOptions(summary);
  addGroupOption(addTrafficOption(addCountOptions(summary)))
    .addOption(new Option('--duration <time>', 'listen for this time').argParser(durationMs).default(30_000, '30s'))
    .addOption(
      new Option(
        '--since <time>',
        "look back in each agent's Hubble instead of listening: how long ago (10m), or a time (2026-11-22T19:20:00Z)",
      )
        .argParser(momentOf)
        .conflicts(['duration', 'traffic']),
    )
    .addOption(
      new Option('--until <time>', 'with --since: up to this time (default: now)')
        .argParser(momentOf)
        .conflicts(['duration', 'traffic']),
    )
    .addOption(inputOption())
    .addHelpText(
      'after',
      `
Examples:
  policystat summary --pod deathstar --duration 1m
  policystat summary -A --duration 5m -o json --strict
  policystat summary --pod deathstar --since 10m
  kubectl -n kube-system exec cilium-x7k2p -- cilium-dbg monitor -t policy-verdict | policystat summary --input -`,
    )
    .action(async (targets: string[]) =>
      done(await (await import('./summary.ts')).runSummary(targets, summary.opts(), liveFlagsGiven(summary), io)),
    );
}
