/** The filters of records as flags of a command, the same wherever they are. */
import { type Command, Option } from 'commander';
import type { FilterFlags } from '../filter/words.ts';
import { collect } from './options.ts';

/** For every command that chooses among records. */
export function addFilterOptions(command: Command): Command {
  const filter = (flags: string, description: string) => new Option(flags, description).argParser(collect);
  return command
    .optionsGroup('Filters (all of the flags, any of the values of each):')
    .addOption(filter('--direction <direction>', 'ingress, egress'))
    .addOption(filter('--action <action>', 'allow, deny, redirect, audit; drops are deny'))
    .addOption(filter('--policy <name>', 'NAME or NAMESPACE/NAME, implicit-default-deny'))
    .addOption(
      filter('--peer <peer>', 'the other side: identity, reserved name, IP address, NAMESPACE/NAME, label KEY=VALUE'),
    )
    .addOption(filter('--port <port>', 'destination port'))
    .addOption(filter('--protocol <name>', 'tcp, udp, icmp, icmpv6, sctp, a number; http, dns, kafka'))
    .addOption(filter('--reason <reason>', "a drop's reason, as Cilium prints it or as its number"));
}

const FILTERS = ['direction', 'action', 'policy', 'peer', 'port', 'protocol', 'reason'] as const;

/** `--peer default/xwing`: what was asked for, as it was written. */
export function filterTexts(flags: FilterFlags): readonly string[] {
  return FILTERS.flatMap((name) => (flags[name] ?? []).map((words) => `--${name} ${words}`));
}

export function hasFilter(flags: FilterFlags): boolean {
  return FILTERS.some((name) => flags[name] !== undefined);
}
