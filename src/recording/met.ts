/** Whom the records of a recording are about, and which of their names are taken down by now. */
import { FIRST_LOCAL_IDENTITY, type IdentityLookup, type IdentityName } from '../model/cluster.ts';

export interface Met {
  /** Asks for its name where it is a new one. */
  meet(identity: number | null, node: string | null): void;
  /** Whether the name of a new one is not known yet. */
  awaited(): boolean;
  /** Names that are new or others since the last time. */
  news(): readonly { readonly node: string | null; readonly name: IdentityName }[];
  /** A new part begins, which has no names yet. */
  forget(): void;
}

interface Known {
  readonly identity: number;
  readonly node: string | null;
  said: IdentityName | null;
}

export function createMet(identityName: IdentityLookup, namesVersion: () => number): Met {
  const known = new Map<string, Known>();
  let version = -1;
  let met: Known[] = [];
  const nameOf = ({ identity, node }: Known) => identityName(identity, node);

  return {
    meet: (identity, node) => {
      if (identity === null) return;
      const where = identity >= FIRST_LOCAL_IDENTITY ? node : null;
      const key = where === null ? String(identity) : `${identity} ${where}`;
      if (known.has(key)) return;
      const made = { identity, node: where, said: null };
      known.set(key, made);
      met.push(made);
      nameOf(made);
    },
    awaited: () => met.some((each) => nameOf(each) === null),
    news: () => {
      const current = namesVersion();
      if (met.length === 0 && current === version) return [];
      met = [];
      version = current;
      const news: { node: string | null; name: IdentityName }[] = [];
      for (const each of known.values()) {
        const name = nameOf(each);
        if (name === null || isSame(name, each.said)) continue;
        each.said = name;
        news.push({ node: each.node, name });
      }
      return news;
    },
    forget: () => known.clear(),
  };
}

function isSame(a: IdentityName, b: IdentityName | null): boolean {
  return a === b || (b !== null && JSON.stringify(a) === JSON.stringify(b));
}
