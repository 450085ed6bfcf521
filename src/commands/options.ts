/** Every flag once, in the words that kubectl's users know; flag over environment over default. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import parseDuration from 'parse-duration';
import { DIALECTS, type Dialect } from '../model/event.ts';
import { GROUP_FIELDS, type GroupField } from '../model/groups.ts';
import { type Jsonpath, SORT_FIELDS, type SortField } from '../model/order.ts';
import { eventTypes } from './event-types.ts';
import { addRowsOptions, outputOption, type RowsFlags } from './rows-flags.ts';
import type { SourceName } from './source-option.ts';

const OUTPUTS = ['table', 'wide', 'json', 'jsonl', 'yaml', 'csv', 'markdown', 'prometheus'] as const;
const COLORS = ['auto', 'always', 'never'] as const;

export interface DialectFlags {
  readonly dialect?: 'auto' | Dialect;
}

export interface ClusterFlags extends DialectFlags {
  readonly source?: SourceName;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly as?: string;
  readonly asGroup?: readonly string[];
  readonly requestTimeout?: number;
  readonly agentNamespace?: string;
  readonly agentSelector: string;
  readonly agentContainer?: string;
}

export interface TargetFlags {
  readonly pod?: readonly string[];
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly node?: readonly string[];
}

export interface CountFlags {
  readonly type?: readonly string[];
  readonly traffic?: boolean;
}

export interface GroupFlags {
  readonly groupBy?: readonly GroupField[];
  readonly audit?: boolean;
}

export interface OutputFlags extends MessageFlags, RowsFlags {
  readonly output: (typeof OUTPUTS)[number] | Jsonpath;
  readonly sortBy: SortField;
  readonly top?: number;
}

export interface MessageFlags {
  readonly color: (typeof COLORS)[number];
  readonly strict?: boolean;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
}

/** `30s`, `1m30s`, `500ms` in milliseconds. */
export function durationMs(text: string): number {
  const ms = /^[\d.]+$/.test(text) ? Number.NaN : parseDuration(text);
  if (ms === null || !Number.isFinite(ms) || ms <= 0)
    throw new InvalidArgumentError('Give a time with its unit, such as 30s, 5m or 1h30m.');
  return ms;
}

/** As kubectl has it: `5` is seconds, `0` is no limit. */
export function requestTimeoutMs(text: string): number {
  if (/^0(?:\.0+)?[a-z]*$/.test(text)) return 0;
  return durationMs(/^[\d.]+$/.test(text) ? `${text}s` : text);
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('Give a number, 0 or above.');
  return value;
}

export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Give a whole number, 1 or above.');
  return Number(text);
}

export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function option(flags: string, description: string, environment?: string): Option {
  const made = new Option(flags, description);
  return environment === undefined ? made : made.env(`POLICYSTAT_${environment}`);
}

const LIVE_GROUPS = ['Targets:', 'Cluster:', 'Cilium agent:'];

/** The flags on the command line itself that mean nothing without a cluster; the environment may be set for other runs. */
export function liveFlagsGiven(command: Command): string[] {
  const isLive = ({ helpGroupHeading, long }: Option) =>
    LIVE_GROUPS.includes(helpGroupHeading ?? '') || long === '--duration' || long === '--traffic';
  const given = command.options.filter(
    (each) => isLive(each) && command.getOptionValueSource(each.attributeName()) === 'cli',
  );
  return given.map(({ long, short }) => long ?? short ?? '');
}

export function addClusterOptions(command: Command): Command {
  return command
    .optionsGroup('Cluster:')
    .addOption(
      option('--kubeconfig <path>', 'kubeconfig file (default: $KUBECONFIG, else ~/.kube/config, else in-cluster)'),
    )
    .addOption(option('--context <name>', 'kubeconfig context', 'CONTEXT'))
    .addOption(option('-n, --namespace <name>', "namespace of the targets (default: the context's)", 'NAMESPACE'))
    .addOption(option('--as <user>', 'impersonate this user', 'AS'))
    .addOption(option('--as-group <group>', 'impersonate this group; repeatable').argParser(collect))
    .addOption(
      option(
        '--request-timeout <time>',
        'give up on an API request, or on a silent stream, after this time; a bare number means seconds, 0 means never',
      ).argParser(requestTimeoutMs),
    )
    .optionsGroup('Cilium agent:')
    .addOption(
      option('--agent-namespace <name>', 'namespace of the agent pods (default: wherever they are)', 'AGENT_NAMESPACE'),
    )
    .addOption(
      option('--agent-selector <labels>', 'label selector of the agent pods', 'AGENT_SELECTOR').default(
        'k8s-app=cilium',
      ),
    )
    .addOption(
      option('--agent-container <name>', 'container in the agent pod (default: cilium-agent)', 'AGENT_CONTAINER'),
    );
}

export function addTargetOptions(command: Command): Command {
  return command
    .optionsGroup('Targets:')
    .addOption(
      option(
        '--pod <name>',
        'a pod, or all pods of the controller with this name; NAME or NAMESPACE/NAME; repeatable',
      ).argParser(collect),
    )
    .addOption(option('-l, --selector <labels>', 'pods with these labels'))
    .addOption(option('-A, --all-namespaces', 'in every namespace'))
    .addOption(option('--node <name>', 'every endpoint on this node; repeatable').argParser(collect));
}

/** For every command that reads what monitor prints. */
export function addDialectOption(command: Command): Command {
  return command.optionsGroup('Monitor output:').addOption(
    option('--dialect <name>', 'accept only lines of this Cilium; auto: recognise each line by itself')
      .choices(['auto', ...DIALECTS])
      .default('auto'),
  );
}

/** Null where each line tells its own. */
export function toldDialect({ dialect = 'auto' }: DialectFlags): Dialect | null {
  return dialect === 'auto' ? null : dialect;
}

/** What can be counted beside verdicts. */
const COUNTED_TYPES = ['policy-verdict', 'drop', 'l7'];

export function addCountOptions(command: Command): Command {
  return command
    .optionsGroup('Window:')
    .addOption(
      option('-t, --type <types>', 'also count these: drop, l7; comma-separated or repeated').argParser(
        eventTypes(COUNTED_TYPES),
      ),
    );
}

export function addGroupOption(command: Command): Command {
  return command
    .addOption(
      option(
        '--group-by <fields>',
        `rows by these fields instead of by policy: ${GROUP_FIELDS.join(', ')}; comma-separated, in any order`,
      ).argParser(groupFields),
    )
    .addOption(
      option(
        '--audit',
        'what audit mode lets through that policy would deny: by which policy, for whom, first and last seen',
      ).conflicts(['groupBy', 'traffic']),
    );
}

function groupFields(text: string): readonly GroupField[] {
  const words = text.split(',').map((word) => word.trim());
  const fields = words.flatMap((word) => GROUP_FIELDS.filter((field) => field === word));
  if (fields.length < words.length) throw new InvalidArgumentError(`Give some of ${GROUP_FIELDS.join(', ')}.`);
  return [...new Set(fields)];
}

export function addTrafficOption(command: Command): Command {
  return command.addOption(
    option('--traffic', "also packets and bytes per policy, from the counters of the agents' policy maps"),
  );
}

export function addOutputOptions(command: Command): Command {
  command
    .optionsGroup('Output:')
    .addOption(outputOption('-o, --output <format>', OUTPUTS).env('POLICYSTAT_OUTPUT').default('table'))
    .addOption(option('--sort-by <field>', 'order of the rows', 'SORT_BY').choices(SORT_FIELDS).default('denied'))
    .addOption(
      option('--top <number>', 'show only this many rows, and say how many are left out').argParser(wholeNumber),
    );
  return addMessageOptions(addRowsOptions(command));
}

/** What every output of counts has: colours, strictness, and what is said on stderr. */
export function addMessageOptions(command: Command): Command {
  return addTellOptions(addColorOption(command).addOption(option('--strict', 'exit with 4 if the data is incomplete')));
}

export function addColorOption(command: Command): Command {
  return command.addOption(
    option('--color <when>', 'colours in tables (NO_COLOR and FORCE_COLOR are respected)', 'COLOR')
      .choices(COLORS)
      .default('auto'),
  );
}

/** What is said on stderr. */
export function addTellOptions(command: Command): Command {
  return command
    .addOption(option('-v, --verbose', "show the agents' own messages and every reconnection").conflicts('quiet'))
    .addOption(option('-q, --quiet', 'nothing on stderr but errors'));
}
