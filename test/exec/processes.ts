/** Processes and zombies that come from a test, told by their environment, arguments or name. */
import { readdirSync, readFileSync } from 'node:fs';

interface Process {
  readonly pid: number;
  readonly name: string;
  readonly zombie: boolean;
}

function processes(): Process[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      return [{ pid: Number(entry), name, zombie: stat.charAt(stat.lastIndexOf(')') + 2) === 'Z' }];
    } catch {
      return [];
    }
  });
}

/** Every process with this marker in its environment or arguments. */
export function marked(marker: string): number[] {
  return processes().flatMap(({ pid, zombie }) => {
    if (zombie || pid === process.pid) return [];
    try {
      const about = readFileSync(`/proc/${pid}/environ`, 'latin1') + readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      return about.includes(marker) ? [pid] : [];
    } catch {
      return [];
    }
  });
}

/** Every process of these names, zombies too: they have no arguments left to look at. */
export function named(...names: readonly string[]): number[] {
  return processes().flatMap(({ pid, name }) => (names.includes(name) ? [pid] : []));
}
