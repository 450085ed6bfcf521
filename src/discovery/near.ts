/** What somebody may have meant who typed a name that does not exist. */
import { distance } from 'fastest-levenshtein';

const MAX_SUGGESTIONS = 5;

/** Close in spelling, or with the typed name for a beginning; the closest first. */
export function nearMisses(wanted: string, known: Iterable<string>): string[] {
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  const isBeginning = (name: string) => wanted.length >= 3 && name.startsWith(wanted);
  const near = [...new Set(known)]
    .map((name) => ({ name, far: isBeginning(name) ? 1 : distance(wanted, name) }))
    .filter(({ far }) => far <= limit);
  // Where a Deployment is near, its ReplicaSets and pods are as well.
  return near
    .filter(({ name }) => !near.some((other) => name.startsWith(`${other.name}-`)))
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_SUGGESTIONS)
    .map(({ name }) => name);
}
