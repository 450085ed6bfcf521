/** The `policies` command's flags, help and examples. */
import { type Command, Option } from 'commander';
import type { Running } from './definition.ts';
import { inputOption } from './input-option.ts';
import {
  addClusterOptions,
  addDialectOption,
  addMessageOptions,
  addTargetOptions,
  addTrafficOption,
  durationMs,
  liveFlagsGiven,
} from './options.ts';
import { POLICIES_OUTPUTS } from './policies-request.ts';
import { addRowsOptions, outputOption } from './rows-flags.ts';
import { addSourceOption } from './source-option.ts';

export function definePolicies(policies: Command, { io, done }: Running): void {
  policies.description(
    'Lists every policy that selects the targets, or exists in a namespace (-n) or the cluster (-A): whom it selects, whether it is enforced, and what it was seen to decide during --duration. The least useful come first.',
  );
  addTargetOptions(policies);
  addClusterOptions(policies);
  addSourceOption(policies);
  addDialectOption(policies);
  addTrafficOption(policies.optionsGroup('Counts:'));
  policies
    .optionsGroup('Output:')
    .addOption(outputOption('-o, --output <format>', POLICIES_OUTPUTS).env('POLICYSTAT_OUTPUT').default('table'));
  addMessageOptions(addRowsOptions(policies))
    .optionsGroup('Window:')
    .addOption(new Option('--duration <time>', 'listen for this time').argParser(durationMs).default(30_000, '30s'))
    .addOption(inputOption())
    .addHelpText(
      'after',
      `
A policy that was not seen may still matter: Cilium reports new connections and denied packets only.

Examples:
  policystat policies -A --duration 10m
  policystat policies -n shop -o markdown
  policystat policies deploy/cart -o json | jq '.policies[] | select(.standing != "seen") | .policy'`,
    )
    .action(async (targets: string[]) =>
      done(await (await import('./policies.ts')).runPolicies(targets, policies.opts(), liveFlagsGiven(policies), io)),
    );
}
