/** The part of `hubble observe`'s command line that the demo cluster takes, with the words that it refuses others with. */

export interface ObserveFlags {
  readonly follow: boolean;
  readonly agentEvents: boolean;
  /** Null: nobody said. */
  readonly first: number | null;
  readonly last: number | null;
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  /** Empty for all types. */
  readonly types: readonly string[];
  readonly json: boolean;
}

const TYPES = ['capture', 'drop', 'l7', 'policy-verdict', 'trace', 'trace-sock'];
const OUTPUTS = ['compact', 'dict', 'json', 'jsonpb', 'table'];
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const LONG: Readonly<Record<string, string>> = { '-t': '--type', '-o': '--output', '-f': '--follow' };

/** `10m`, `1h30m`: so long ago; else a time. */
function timeOf(text: string, nowMs: number): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length > 0 && parts.map(([part]) => part).join('') === text)
    return parts.reduce((ms, [, count, unit = '']) => ms - Number(count) * (UNITS[unit] ?? 0), nowMs);
  return Date.parse(text);
}

export function parseObserveFlags(given: readonly string[], nowMs: number): ObserveFlags | { readonly error: string } {
  const agentEvents = given[0] === 'agent-events';
  const args = agentEvents ? given.slice(1) : given;
  const types: string[] = [];
  const values = new Map<string, string>();
  const rest = args.flatMap((word) => {
    const at = word.startsWith('--') ? word.indexOf('=') : -1;
    return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
  });
  let follow = false;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const name = LONG[word] ?? word;
    if (name === '--follow') follow = true;
    else if (!['--type', '--output', '--first', '--last', '--since', '--until'].includes(name))
      return { error: `unknown flag: ${word}` };
    else {
      const value = rest.shift();
      if (value === undefined) return { error: `flag needs an argument: ${word}` };
      if (name === '--type' && !TYPES.includes(value))
        return { error: `invalid argument "${value}" for "-t, --type" flag: unknown event type` };
      if (name === '--type') types.push(value);
      else values.set(name, value);
    }
  }
  const timed = (name: string) => {
    const text = values.get(name);
    return text === undefined ? null : timeOf(text, nowMs);
  };
  const output = values.get('--output') ?? 'compact';
  const [sinceMs, untilMs] = [timed('--since'), timed('--until')];
  if (Number.isNaN(sinceMs)) return { error: `failed to parse the since time: ${values.get('--since') ?? ''}` };
  if (Number.isNaN(untilMs)) return { error: `failed to parse the until time: ${values.get('--until') ?? ''}` };
  if (!OUTPUTS.includes(output)) return { error: `invalid output format: ${output}` };
  const [first, last] = [values.get('--first'), values.get('--last')];
  const json = output === 'json' || output === 'jsonpb';
  return {
    follow,
    agentEvents,
    first: first === undefined ? null : Number(first),
    last: last === undefined ? null : Number(last),
    sinceMs,
    untilMs: follow ? null : untilMs,
    types,
    json,
  };
}
