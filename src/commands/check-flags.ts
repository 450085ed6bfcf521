/** The `check` command's flags, help and examples. */
import { type Command, Option } from 'commander';
import { CHECK_OUTPUTS } from './check-request.ts';
import type { Running } from './definition.ts';
import {
  addClusterOptions,
  addDialectOption,
  addMessageOptions,
  addTargetOptions,
  collect,
  durationMs,
  liveFlagsGiven,
} from './options.ts';
import { outputOption } from './rows-flags.ts';
import { addSourceOption } from './source-option.ts';

export function defineCheck(check: Command, { io, beside, done }: Running): void {
  check
    .usage('[options] [target...] [-- command...]')
    .description(
      'Listens while a command runs, or for --duration, and checks the counts against expectations; with --input, checks a recording instead. Incomplete data never passes.',
    );
  addTargetOptions(check);
  addClusterOptions(check);
  addSourceOption(check);
  addDialectOption(check);
  check
    .optionsGroup('Expectations:')
    .addOption(
      new Option(
        '--expect <text>',
        '[POLICY:][ingress:|egress:]COUNT>=N [from|to PEER] [port PORT] [within TIME], no COUNT, lost==0; repeatable',
      ).argParser(collect),
    )
    .addOption(new Option('-f, --file <path>', 'expectations in YAML, - for stdin; repeatable').argParser(collect))
    .optionsGroup('Output:')
    .addOption(outputOption('-o, --output <format>', CHECK_OUTPUTS).default('table'))
    .addOption(new Option('--summary-file <path>', 'append the result to this file, as Markdown'));
  addMessageOptions(check)
    .optionsGroup('Window:')
    .addOption(
      new Option('--duration <time>', 'without a command: listen for this time (default: 30s)').argParser(durationMs),
    )
    .addOption(
      new Option('--settle <time>', 'with a command: keep listening for this time after it')
        .argParser(durationMs)
        .default(2_000, '2s'),
    )
    .addOption(new Option('--input <file>', 'recordings instead of a cluster; repeatable').argParser(collect))
    .addHelpText(
      'after',
      `
COUNT is allowed, redirected, audited (new connections), denied (packets) or attempts (distinct denied flows).
POLICY is NAME, NAMESPACE/NAME, implicit-default-deny, unattributed or *. Without a direction, the greater of the two counts.
PEER is LABEL=VALUE[,...], POD, NAMESPACE/POD, NAMESPACE/*, a CIDR, an identity's number or world, host, ...

Examples:
  policystat check --pod deathstar --expect 'rule1:ingress:allowed>=1' --expect 'no denied from class=tiefighter' -- ./smoke-test.sh
  policystat check -n shop deploy/cart -f checks.yaml --duration 1m -o junit > policystat.xml
  policystat check --pod deathstar --expect 'implicit-default-deny:denied>=1 from class=xwing port 80/TCP within 30s'`,
    )
    .action(async (targets: string[]) =>
      done(await (await import('./check.ts')).runCheck(targets, check.opts(), liveFlagsGiven(check), beside, io)),
    );
}
