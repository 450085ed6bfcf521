/** The words for `-t`: Cilium's names, repeated or comma separated, and what manuals call them. */
import { InvalidArgumentError } from 'commander';

/** What people know from manuals, though no Cilium takes it. */
const ALSO_KNOWN_AS: ReadonlyMap<string, string> = new Map([
  ['policy', 'policy-verdict'],
  ['nat', 'trace-sock'],
]);

/** A parser for an option that takes any of `known`; what it gives holds each of them once. */
export function eventTypes(
  known: readonly string[],
): (value: string, before: readonly string[] | undefined) => readonly string[] {
  return (value, before = []) => {
    const types = value.split(',').map((word) => {
      const type = ALSO_KNOWN_AS.get(word.trim()) ?? word.trim();
      if (!known.includes(type)) throw new InvalidArgumentError(`Give ${known.join(', ')}, repeated or with commas.`);
      return type;
    });
    return [...new Set([...before, ...types])];
  };
}
