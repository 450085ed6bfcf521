/** Owns what the other side of verdicts is called in a summary: by its name, or by all names that its number had in turn. */
import type { IdentityLookup, IdentityName } from '../model/cluster.ts';
import type { GroupPeer } from '../model/groups.ts';

const NO_LABELS: readonly string[] = Object.freeze([]);
/** Where the line named no identity. */
const UNKNOWN = 'unknown';

/** `node` is the one that gave the number; null where it means the same on every node. */
export function namedPeer(identity: number | null, node: string | null, identityName: IdentityLookup): GroupPeer {
  if (identity === null) return { identity, name: UNKNOWN, labels: NO_LABELS };
  const found = identityName(identity, node);
  // Such a number says nothing without its node.
  if (found === null) return { identity, name: null, labels: NO_LABELS, ...(node === null ? {} : { node }) };
  const { name, labels } = overTime(found);
  return { identity, name, labels: Object.freeze([...labels]) };
}

/** `default/tiefighter, later shop/cart`, with the labels that all of them have: nobody can tell which counts are whose. */
function overTime({ name, labels, formerly = [] }: IdentityName): Pick<IdentityName, 'name' | 'labels'> {
  if (formerly.length === 0) return { name, labels };
  const names = [...formerly, { name }].map((each) => each.name).filter((each, at, all) => each !== all[at - 1]);
  return {
    name: names.join(', later '),
    labels: labels.filter((label) => formerly.every((each) => each.labels.includes(label))),
  };
}
