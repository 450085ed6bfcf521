/** The command line of `monitor` as each version takes it, with the words that it refuses others with. */
import type { AgentVersion } from '../cluster/version.ts';

export interface MonitorFlags {
  /** Empty for all types. */
  readonly types: readonly string[];
  readonly numeric: boolean;
  readonly verbosity: number;
  readonly json: boolean;
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly related: readonly number[];
  readonly help: boolean;
}

/** Cilium pkg/monitor/api/types.go. */
function monitorTypes(version: AgentVersion): ReadonlyMap<string, number> {
  return new Map<string, number>([
    ['agent', 130],
    ['capture', 3],
    ['debug', 2],
    ['drop', 1],
    ['l7', 129],
    ['policy-verdict', 5],
    ...(version.since(10) && !version.since(19) ? [['recorder', 6] as const] : []),
    ['trace', 4],
    ...(version.since(13) ? [['trace-sock', 7] as const] : []),
  ]);
}

/** As `--help` lists them. */
export function typesText(version: AgentVersion): string {
  return `  -t, --type []string     Filter by event types [${[...monitorTypes(version).keys()].join(' ')}]\n`;
}

/** Flags with a value that change nothing here. */
const VALUED = new Map([
  ['monitor-socket', ''],
  ['host', 'H'],
  ['config', ''],
  ['log-driver', ''],
  ['log-opt', ''],
]);
const SHORT: Readonly<Record<string, string>> = {
  t: 'type',
  n: 'numeric',
  v: 'verbose',
  j: 'json',
  D: 'debug',
  H: 'host',
  h: 'help',
};
const SWITCHES = ['numeric', 'verbose', 'json', 'hex', 'debug', 'help'];

class FlagError extends Error {}

function takeType(value: string, version: AgentVersion): string {
  const types = monitorTypes(version);
  if (types.has(value)) return value;
  const known = [...types].map(([name, number]) => `${name}:${number}`).join(' ');
  throw new FlagError(
    `invalid argument "${value}" for "-t, --type" flag: ${version.since(12) ? 'unknown' : 'Unknown'} type (${value}). Please use one of the following ones map[${known}]`,
  );
}

function takeIds(flag: string, value: string): number[] {
  return value.split(',').map((text) => {
    const fault = !/^\d+$/.test(text) ? 'invalid syntax' : Number(text) > 65_535 ? 'value out of range' : null;
    if (fault !== null) {
      throw new FlagError(
        `invalid argument "${value}" for "--${flag}" flag: strconv.ParseUint: parsing "${text}": ${fault}`,
      );
    }
    return Number(text);
  });
}

export function parseMonitorFlags(
  args: readonly string[],
  version: AgentVersion,
): MonitorFlags | { readonly error: string } {
  const types: string[] = [];
  const ids: Record<'from' | 'to' | 'related-to', number[]> = { from: [], to: [], 'related-to': [] };
  const switched = new Map<string, number>();
  const rest = [...args];
  const takes = (name: string) =>
    name === 'type' || name === 'from' || name === 'to' || name === 'related-to' || VALUED.has(name);
  const isSwitch = (name: string) => SWITCHES.includes(name) && (name !== 'numeric' || version.since(10));
  const apply = (name: string, value: string) => {
    if (name === 'type') types.push(takeType(value, version));
    else if (name === 'from' || name === 'to' || name === 'related-to') ids[name].push(...takeIds(name, value));
  };
  const takeLong = (argument: string) => {
    const [name = '', ...inline] = argument.slice(2).split('=');
    if (isSwitch(name)) switched.set(name, (switched.get(name) ?? 0) + 1);
    else if (!takes(name)) throw new FlagError(`unknown flag: --${name}`);
    else {
      const value = inline.length > 0 ? inline.join('=') : rest.shift();
      if (value === undefined) throw new FlagError(`flag needs an argument: --${name}`);
      apply(name, value);
    }
  };
  const takeShort = (argument: string) => {
    for (let index = 1; index < argument.length; index += 1) {
      const letter = argument.charAt(index);
      const name = SHORT[letter] ?? '';
      if (isSwitch(name)) {
        switched.set(name, (switched.get(name) ?? 0) + 1);
        continue;
      }
      if (!takes(name)) throw new FlagError(`unknown shorthand flag: '${letter}' in ${argument}`);
      const inline = argument.slice(index + 1).replace(/^=/, '');
      const value = inline === '' ? rest.shift() : inline;
      if (value === undefined) throw new FlagError(`flag needs an argument: '${letter}' in ${argument}`);
      apply(name, value);
      return;
    }
  };
  try {
    for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
      if (argument.startsWith('--')) takeLong(argument);
      else if (argument.startsWith('-')) takeShort(argument);
      else throw new FlagError('arguments not recognized');
    }
  } catch (error) {
    if (error instanceof FlagError) return { error: error.message };
    throw error;
  }
  return {
    types,
    numeric: switched.has('numeric'),
    verbosity: switched.get('verbose') ?? 0,
    json: switched.has('json'),
    from: ids.from,
    to: ids.to,
    related: ids['related-to'],
    help: switched.has('help'),
  };
}
