/** Owns what a number is called that meant several in turn: its counts are theirs together, and nobody can tell which are whose. */
import type { IdentityName } from '../model/cluster.ts';

/** `default/tiefighter, later shop/cart`, with the labels that all of them have. */
export function overTime({ name, labels, formerly = [] }: IdentityName): Pick<IdentityName, 'name' | 'labels'> {
  if (formerly.length === 0) return { name, labels };
  const names = [...formerly, { name }].map((each) => each.name).filter((each, at, all) => each !== all[at - 1]);
  return {
    name: names.join(', later '),
    labels: labels.filter((label) => formerly.every((each) => each.labels.includes(label))),
  };
}
