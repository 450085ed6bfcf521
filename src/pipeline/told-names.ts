/** Names that Hubble's flows bring along, for identities that nobody else names: the cluster's objects may be forbidden, or gone, or there is no cluster. */
import { createKnownNames } from '../discovery/known-names.ts';
import { FIRST_LOCAL_IDENTITY, type IdentityLookup } from '../model/cluster.ts';
import type { HubbleEndpoint, HubbleFlow } from '../model/hubble.ts';

export interface ToldNames {
  readonly lookup: IdentityLookup;
  version(): number;
  /** `node`: who told of it; null where the flow does not say. */
  learn(flow: HubbleFlow, node: string | null): void;
}

/** Of one node, and of all of them; numbers that come after are shown as such. */
const MOST_LOCAL = 4096;
const MOST_EVERYWHERE = 16_384;
const MOST_NODES = 10_000;

export function createToldNames(asked: IdentityLookup, askedVersion: () => number): ToldNames {
  let ownCluster: string | null = null;
  const newNames = (most: number) => {
    const names = createKnownNames(() => ownCluster);
    const learned = new Set<number>();
    return {
      names,
      learn: ({ labels }: HubbleEndpoint, identity: number) => {
        if (learned.has(identity) || learned.size >= most) return;
        learned.add(identity);
        names.learn(identity, labels, true);
      },
    };
  };
  const everywhere = newNames(MOST_EVERYWHERE);
  const byNode = new Map<string, ReturnType<typeof newNames>>();

  function namesOf(identity: number, node: string | null): ReturnType<typeof newNames> | null {
    if (identity < FIRST_LOCAL_IDENTITY) return everywhere;
    if (node === null) return null;
    const known = byNode.get(node);
    if (known !== undefined || byNode.size >= MOST_NODES) return known ?? null;
    const made = newNames(MOST_LOCAL);
    byNode.set(node, made);
    return made;
  }

  function learnEnd(end: HubbleEndpoint | null, node: string | null): void {
    if (end === null) return;
    // Only endpoints of the node that tells have their number.
    if (end.endpoint !== null) ownCluster ??= end.cluster;
    const { identity, labels } = end;
    if (identity !== null && labels.length > 0) namesOf(identity, node)?.learn(end, identity);
  }

  return {
    lookup: (identity, node) => {
      const own = asked(identity, node);
      if (own !== null) return own;
      const told = identity < FIRST_LOCAL_IDENTITY ? everywhere : node === null ? undefined : byNode.get(node);
      return told?.names.get(identity) ?? null;
    },
    version: () =>
      [...byNode.values()].reduce((sum, { names }) => sum + names.version, askedVersion() + everywhere.names.version),
    learn: ({ source, destination }, node) => {
      // The near one first: it tells which cluster is our own.
      const [near, far] = source?.endpoint === null ? [destination, source] : [source, destination];
      learnEnd(near, node);
      learnEnd(far, node);
    },
  };
}
