/** Owns what numbers are called, as one place tells it: names that came to mean somebody else are remembered, not overwritten. */
import type { IdentityName } from '../model/cluster.ts';
import { nameOfLabels } from './identity-name.ts';

export interface KnownNames {
  get(identity: number): IdentityName | null;
  /** `provisional`: what came along with something else, until somebody is asked. */
  learn(identity: number, labels: readonly string[], provisional?: boolean): void;
  /** It was met, and nobody can be asked any more what it meant then. */
  missed(identity: number): void;
  /** Rises with every name that is new or another. */
  readonly version: number;
}

interface Known {
  readonly name: IdentityName;
  readonly isProvisional: boolean;
}

/** A number that is given anew again and again says nothing after that. */
const MOST_FORMER = 3;

export function createKnownNames(ownCluster: () => string | null): KnownNames {
  const names = new Map<number, Known>();
  const missed = new Set<number>();
  let version = 0;

  function learn(identity: number, told: readonly string[], isProvisional = false): void {
    const labels = told.map((label) => label.replace(/=$/, '')).sort();
    const name = nameOfLabels(labels, ownCluster());
    if (name === null) return;
    const before = names.get(identity);
    if (before !== undefined && isSame(before.name.labels, labels)) {
      if (before.isProvisional && !isProvisional) names.set(identity, { name: before.name, isProvisional });
      return;
    }
    const formerly = formerlyOf(identity, before);
    const history = formerly.length === 0 ? {} : { formerly: formerly.slice(-MOST_FORMER) };
    names.set(identity, { name: { identity, name, labels, ...history }, isProvisional });
    version += 1;
  }

  function formerlyOf(identity: number, before: Known | undefined): NonNullable<IdentityName['formerly']> {
    if (before !== undefined) return before.isProvisional ? [] : [...former(before.name), only(before.name)];
    return missed.has(identity) ? [{ identity, name: `identity ${identity}`, labels: [] }] : [];
  }

  return {
    get: (identity) => names.get(identity)?.name ?? null,
    learn,
    missed: (identity) => {
      if (!names.has(identity)) missed.add(identity);
    },
    get version() {
      return version;
    },
  };
}

function former({ formerly = [] }: IdentityName): NonNullable<IdentityName['formerly']> {
  return formerly;
}

function only({ identity, name, labels }: IdentityName): Omit<IdentityName, 'formerly'> {
  return { identity, name, labels };
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((label, at) => label === others[at]);
}
