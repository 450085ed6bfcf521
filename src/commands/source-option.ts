/** `--source`, the same wherever it is. */
import { type Command, Option } from 'commander';

const SOURCES = ['monitor', 'hubble', 'auto'] as const;
export type SourceName = (typeof SOURCES)[number];

/** For every command that listens. */
export function addSourceOption(command: Command): Command {
  return command
    .optionsGroup('Cilium agent:')
    .addOption(
      new Option('--source <name>', "the agent's monitor, its Hubble, or auto: Hubble if it names policies")
        .env('POLICYSTAT_SOURCE')
        .choices(SOURCES)
        .default('monitor'),
    );
}
