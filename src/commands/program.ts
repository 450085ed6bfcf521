/** The command tree: every command with its flags, help and examples; what a command does is loaded only when it runs. */
import { Command, CommanderError, Help } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { printable } from '../report/printable.ts';
import { defineCheck } from './check-flags.ts';
import { defineCompare } from './compare-flags.ts';
import type { CommandDefinition, Running } from './definition.ts';
import { defineDemo } from './demo-flags.ts';
import { defineDoctor } from './doctor-flags.ts';
import { defineEvents } from './event-flags.ts';
import { definePolicies } from './policies-flags.ts';
import { defineRecord } from './record-flags.ts';
import { defineSummary } from './summary-flags.ts';
import { defineWatch } from './watch-flags.ts';

const EXIT_CODES = `
Exit codes:
  0 done   1 failed   2 usage   3 an expectation failed   4 incomplete data under --strict
  5 forbidden   6 target or agent not found   130 interrupted before there was a result`;

/** All that an option may be, and what it was. */
const LONGEST_USAGE = 2_000;

const TARGETS = [
  '[target...]',
  'workloads, as TYPE/NAME: deploy/deathstar, sts/db, ds/proxy, job/load, pod/xwing',
] as const;

const COMMANDS: readonly CommandDefinition[] = [
  { name: 'watch', summary: 'live per-policy statistics', operands: TARGETS, define: defineWatch },
  { name: 'summary', summary: 'one summary over a window of time', operands: TARGETS, define: defineSummary },
  {
    name: 'events',
    summary: 'the records themselves, with the policy that decided',
    operands: TARGETS,
    define: defineEvents,
  },
  { name: 'policies', summary: 'what each policy is good for', operands: TARGETS, define: definePolicies },
  { name: 'check', summary: 'check what happens against expectations', operands: TARGETS, define: defineCheck },
  {
    name: 'compare',
    summary: 'did a policy change break anything',
    operands: ['[files...]', 'A, before, and B, after; - for stdin'],
    define: defineCompare,
  },
  { name: 'record', summary: 'record what happens, for --input', operands: TARGETS, define: defineRecord },
  {
    name: 'doctor',
    summary: 'what works, what is missing, what to do about it',
    operands: TARGETS,
    define: defineDoctor,
  },
  { name: 'demo', summary: 'live statistics on an embedded demo cluster', define: defineDemo },
];

/** For `argv`, which names the commands whose flags are needed: to define those of all takes as long as all the rest. Null for all of them. */
export function createProgram(argv: readonly string[] | null, running: Running): Command {
  const { io, done } = running;
  const program = new Command('policystat')
    .description(manifest.description)
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .configureHelp({ showGlobalOptions: true, subcommandTerm })
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
  policystat summary --input monitor.txt.gz  from saved output of "cilium monitor"
  policystat events --pod deathstar -t drop  the records themselves
  policystat check --pod deathstar --expect 'no denied' -- ./smoke-test.sh
  policystat record --pod deathstar -w incident.jsonl.gz
  policystat compare before.json after.json  did a policy change break anything
  policystat demo                            the same on an embedded demo cluster
${EXIT_CODES}`,
    );

  for (const { name, summary, operands, define } of COMMANDS) {
    const command = program.command(name).summary(summary);
    if (operands !== undefined) command.argument(...operands);
    if (argv === null || argv.includes(name)) define(command, running);
  }
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
    command.showHelpAfterError(`See "${name} --help" for usage.`);
  }
  return program;
}

/** As commander has it for a command with flags, whether they are defined or not. */
function subcommandTerm(command: Command): string {
  const definition = COMMANDS.find(({ name }) => name === command.name());
  if (definition === undefined) return new Help().subcommandTerm(command);
  return [definition.name, '[options]', ...(definition.operands ?? []).slice(0, 1)].join(' ');
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
