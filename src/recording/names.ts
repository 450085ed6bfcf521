/** What identities are called, as the recordings tell it; one that they call differently has both names. */
import type { IdentityLookup, IdentityName } from '../model/cluster.ts';
import type { LineOf } from './line.ts';

export interface RecordedNames {
  readonly lookup: IdentityLookup;
  version(): number;
  /** Whether anybody is called that, with or without the namespace. */
  readonly has: (name: string) => boolean;
  learn(line: LineOf<'identity'>, recording: string): void;
}

/** Far more than a cluster has. */
const MOST_NAMES = 300_000;

export function createRecordedNames(): RecordedNames {
  const known = new Map<string, Map<string, IdentityName>>();
  const called = new Set<string>();
  let version = 0;

  return {
    lookup: (identity, node) => {
      const said = known.get(keyOf(identity, node)) ?? known.get(keyOf(identity, null));
      return said === undefined ? null : together([...said.values()]);
    },
    version: () => version,
    has: (name) => called.has(name),
    learn: ({ node, identity, name, labels, formerly }, recording) => {
      const key = keyOf(identity, node);
      if (!known.has(key) && known.size >= MOST_NAMES) return;
      const said = known.get(key) ?? new Map<string, IdentityName>();
      said.set(recording, { identity, name, labels, ...(formerly.length === 0 ? {} : { formerly }) });
      known.set(key, said);
      called.add(name).add(name.slice(name.indexOf('/') + 1));
      version += 1;
    },
  };
}

function keyOf(identity: number, node: string | null): string {
  return node === null ? String(identity) : `${identity} ${node}`;
}

function together(names: readonly IdentityName[]): IdentityName | null {
  const last = names.at(-1);
  if (last === undefined || names.every((name) => name.name === last.name)) return last ?? null;
  const before = names.slice(0, -1).flatMap(({ formerly = [], ...name }) => [...formerly, name]);
  return { ...last, formerly: [...before, ...(last.formerly ?? [])] };
}
