/** Names that Hubble's flows bring along, for identities that the cluster gives none: its objects may be forbidden, or gone. */
import { createKnownNames, type KnownNames } from './discovery/known-names.ts';
import type { IdentityLookup } from './model/cluster.ts';
import type { HubbleFlow } from './model/hubble.ts';

export interface ToldNames {
  readonly lookup: IdentityLookup;
  version(): number;
  learn(flow: HubbleFlow, node: string): void;
}

/** Of one node; numbers that come after are shown as such. */
const MOST_KEPT = 4096;

export function createToldNames(asked: IdentityLookup, askedVersion: () => number): ToldNames {
  const byNode = new Map<string, { readonly names: KnownNames; readonly learned: Set<number> }>();

  function learnEnd(end: HubbleFlow['source'], node: string): void {
    const identity = end?.identity ?? null;
    if (end === null || identity === null || end.labels.length === 0) return;
    const known = byNode.get(node) ?? { names: createKnownNames(() => end.cluster), learned: new Set() };
    byNode.set(node, known);
    if (known.learned.has(identity) || known.learned.size >= MOST_KEPT) return;
    known.learned.add(identity);
    known.names.learn(identity, end.labels, true);
  }

  return {
    lookup: (identity, node) => {
      const own = asked(identity, node);
      return own ?? (node === null ? null : (byNode.get(node)?.names.get(identity) ?? null));
    },
    version: () => [...byNode.values()].reduce((sum, { names }) => sum + names.version, askedVersion()),
    learn: (flow, node) => {
      learnEnd(flow.source, node);
      learnEnd(flow.destination, node);
    },
  };
}
