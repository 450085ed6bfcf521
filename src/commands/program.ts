/** The command tree: every command with its flags, help and examples; what a command does is loaded only when it runs. */
import { Command, CommanderError, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import type { Io } from '../io/io.ts';
import { printable } from '../report/printable.ts';
import { addCheckCommand } from './check-flags.ts';
import { addCompareCommand } from './compare-flags.ts';
import { addDoctorCommand } from './doctor-flags.ts';
import { addEventsCommand } from './event-flags.ts';
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
  positiveNumber,
} from './options.ts';
import { addPoliciesCommand } from './policies-flags.ts';
import { addRecordCommand } from './record-flags.ts';
import { addSourceOption } from './source-option.ts';
import { momentOf } from './window.ts';

const EXIT_CODES = `
Exit codes:
  0 done   1 failed   2 usage   3 an expectation failed   4 incomplete data under --strict
  5 forbidden   6 target or agent not found   130 interrupted before there was a result`;

/** All that an option may be, and what it was. */
const LONGEST_USAGE = 2_000;

/** `beside`: the command behind `--`; `done` receives the exit code of the command that ran. */
export function createProgram(io: Io, beside: readonly string[], done: (exitCode: number) => void): Command {
  const program = new Command('policystat')
    .description(manifest.description)
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.out.write(text),
      writeErr: (text) => io.err.write(text),
      getOutHelpWidth: () => io.out.columns,
      getErrHelpWidth: () => io.err.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => write(`policystat: ${inItsLines(text.replace(/^error: /, ''))}`),
    })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  policystat watch --pod deathstar           live statistics of the policies that decide about a pod
  policystat summary deploy/web --duration 1m -o json
  policystat summary --input monitor.txt.gz  from a kept output of "cilium monitor"
  policystat events --pod deathstar -t drop  the records themselves
  policystat check --pod deathstar --expect 'no denied' -- ./smoke-test.sh
  policystat record --pod deathstar -w incident.jsonl.gz
  policystat compare before.json after.json  did a policy change break anything
  policystat demo                            the same on an embedded demo cluster
${EXIT_CODES}`,
    );

  const watch = program
    .command('watch')
    .summary('live per-policy statistics')
    .description(
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
    .addOption(new Option('--duration <time>', 'end after this time (default: at Ctrl-C)').argParser(durationMs))
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

  const summary = program
    .command('summary')
    .summary('one summary over a window of time')
    .description(
      "One summary: of what happens from now on for --duration, of what has happened --since then as far as the agents' Hubbles still have it, or of recordings or kept output given with --input.",
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
        "look back instead of listening, in each agent's Hubble: so long ago (10m), or a time (2026-11-22T19:20:00Z)",
      )
        .argParser(momentOf)
        .conflicts(['duration', 'traffic']),
    )
    .addOption(
      new Option('--until <time>', 'with --since: up to then (default: now)')
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
  kubectl -n kube-system exec cilium-x7k2p -- cilium monitor -t policy-verdict | policystat summary --input -`,
    )
    .action(async (targets: string[]) =>
      done(await (await import('./summary.ts')).runSummary(targets, summary.opts(), liveFlagsGiven(summary), io)),
    );

  addEventsCommand(program, io, done);
  addPoliciesCommand(program, io, done);
  addCheckCommand(program, io, beside, done);
  addCompareCommand(program, io, done);
  addRecordCommand(program, io, done);
  addDoctorCommand(program, io, done);

  const demo = program
    .command('demo')
    .summary('live statistics on an embedded demo cluster')
    .description(
      'Boots a small Kubernetes cluster with Cilium inside this process, the Star Wars demo on it, and watches its deathstar. On a terminal it runs until Ctrl-C.',
    );
  addOutputOptions(demo)
    .optionsGroup('Demo cluster:')
    .addOption(new Option('--dialect <name>', 'whose monitor output').choices(['accuknox', 'cilium']).default('cilium'))
    .addOption(
      new Option('--cilium-version <version>', 'the version that it looks like, 1.8 to 1.19 (accuknox: 1.10.90)'),
    )
    .addOption(new Option('--rate <number>', 'new connections per second').argParser(positiveNumber).default(5))
    .addOption(
      new Option('--seed <number>', 'the same seed gives the same traffic').argParser(positiveNumber).default(1),
    )
    .addOption(
      new Option('--duration <time>', 'end after this time (default: at Ctrl-C, without a terminal 10s)').argParser(
        durationMs,
      ),
    )
    .addOption(
      new Option('--interval <time>', 'on a pipe: time between two summaries (default: only the last one)').argParser(
        durationMs,
      ),
    )
    .addOption(new Option('--serve-only', 'do not watch: print how to reach the cluster with kubectl, until Ctrl-C'))
    .addHelpText(
      'after',
      `
Examples:
  policystat demo
  policystat demo --dialect accuknox --rate 50
  policystat demo --serve-only`,
    )
    .action(async () => done(await (await import('./demo.ts')).runDemo(demo.opts(), io)));

  program
    .command('version')
    .summary('print the version')
    .description('Prints the version of policystat and of the Node.js that runs it.')
    .action(() => {
      io.out.write(`policystat ${manifest.version} (Node.js ${io.nodeVersion})\n`);
      done(0);
    });
  for (const command of [program, ...program.commands]) {
    const name = command === program ? 'policystat' : `policystat ${command.name()}`;
    command.showHelpAfterError(`"${name} --help" shows what there is.`);
  }
  return program;
}

/** What was typed may come from anywhere; a suggestion of commander's has a line of its own. */
function inItsLines(text: string): string {
  const [, message = '', suggestion = ''] = /^(.*?)(\n\(Did you mean [^\n]*\))?\n?$/s.exec(text) ?? [];
  return `${printable(message, LONGEST_USAGE)}${suggestion}\n`;
}

/** Help and version end commander with an error of its own, as do wrong flags, which it has explained by then. */
export function commanderOutcome(error: unknown): 'shown' | 'usage' | null {
  if (!(error instanceof CommanderError)) return null;
  return error.exitCode === 0 ? 'shown' : 'usage';
}
