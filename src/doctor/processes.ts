/** Which of a container's processes are monitors, whose they are, and for how long they have run. */

export interface ContainerProcess {
  readonly pid: number;
  readonly parent: number;
  /** `Z` for one that has ended and that nobody collected. */
  readonly state: string;
  /** As the kernel calls it. */
  readonly name: string;
  readonly words: readonly string[];
  readonly ageSeconds: number | null;
}

export interface Monitor {
  readonly pid: number;
  readonly command: string;
  readonly ageSeconds: number | null;
}

export interface Leftovers {
  /** Held by a life-line: they end with their policystat. */
  readonly policystat: readonly Monitor[];
  readonly others: readonly Monitor[];
  readonly zombies: readonly Monitor[];
}

/** Ticks a second of /proc/PID/stat on every Linux that Cilium runs on. */
const TICKS_PER_SECOND = 100;
/** What a monitor's life-line and other questions of policystat have for their `$0`. */
const OURS = /^policystat(-doctor)?$/;
const PROGRAM = /^(?:cilium|cilium-dbg|hubble|sh|bash|dash|cat|timeout|sleep)$/;

/** Pairs of /proc/PID/stat and /proc/PID/cmdline. */
export function readProcesses(
  found: readonly (readonly [stat: string, commandLine: string])[],
  uptimeSeconds: number,
): ContainerProcess[] {
  return found.flatMap(([stat, commandLine]) => {
    // The name in brackets may hold anything, brackets as well (man 5 proc).
    const match = /^(\d+) \((.*)\) (\S) (\d+) (.*)$/s.exec(stat);
    if (match === null) return [];
    const [, pid = '', name = '', state = '', parent = '', rest = ''] = match;
    // Of all fields the 22nd: 18 after the parent.
    const startTicks = Number(rest.split(' ')[17] ?? Number.NaN);
    const age = uptimeSeconds - startTicks / TICKS_PER_SECOND;
    const words = commandLine.replace(/\n$/, '').split('\0');
    if (words.at(-1) === '') words.pop();
    const ageSeconds = Number.isFinite(age) && age >= 0 ? Math.round(age) : null;
    return [{ pid: Number(pid), parent: Number(parent), state, name, words, ageSeconds }];
  });
}

export function findLeftovers(processes: readonly ContainerProcess[]): Leftovers {
  const byPid = new Map(processes.map((each) => [each.pid, each]));
  const monitors = processes.filter(isMonitor);
  const isOurs = ({ parent }: ContainerProcess) => isLifeline(byPid.get(parent));
  return {
    policystat: monitors.filter(isOurs).map(monitorOf),
    others: monitors.filter((each) => !isOurs(each)).map(monitorOf),
    zombies: processes.filter(({ state, name }) => state === 'Z' && PROGRAM.test(name)).map(monitorOf),
  };
}

function isLifeline(parent: ContainerProcess | undefined): boolean {
  return parent?.words[1] === '-c' && OURS.test(parent.words[3] ?? '');
}

/** `cilium-dbg monitor …`, `hubble observe -f …`; a shell that starts one is none. */
function isMonitor({ state, words }: ContainerProcess): boolean {
  if (state === 'Z' || words[1] === '-c') return false;
  if (words.includes('monitor')) return words.some((word) => /(?:^|\/)cilium(?:-dbg)?(?:\.[jt]s)?$/.test(word));
  return words.includes('observe') && words.some((word) => /(?:^|\/)hubble(?:\.[jt]s)?$/.test(word));
}

function monitorOf({ pid, words, name, ageSeconds }: ContainerProcess): Monitor {
  const from = Math.max(0, words.findIndex((word) => word === 'monitor' || word === 'observe') - 1);
  const command =
    words.length === 0
      ? name
      : words
          .slice(from)
          .join(' ')
          .replace(/^\S*\//, '');
  return { pid, command, ageSeconds };
}
