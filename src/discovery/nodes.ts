/** Nodes that the user named, and nodes that nobody listens on. */
import { failure } from '../model/problem.ts';
import { nearMisses } from './near.ts';
import { NamedSchema, readAll } from './objects.ts';
import { type Surroundings, unlessForbidden } from './question.ts';
import { NODES } from './resources.ts';

type Asking = Pick<Surroundings, 'kube' | 'signal'>;

/** Users often may not read nodes: then the agents decide whether there is such a node. */
export async function findNodes({ kube, signal }: Asking, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    names.map((name) => unlessForbidden(kube.get(NODES, name, null, signal).then((object) => object !== null))),
  );
  const missing = names.find((_, index) => found[index] === false);
  if (missing === undefined) return [...new Set(names)];
  const near = nearMisses(missing, (await allNodes({ kube, signal })) ?? []);
  throw failure({ code: 'NODE_NOT_FOUND', context: kube.context, node: missing, near });
}

/** Every node of the cluster that has no agent pod; none where nodes may not be read. */
export async function nodesWithoutAgent(asking: Asking, withAgent: readonly string[]): Promise<string[]> {
  return ((await allNodes(asking)) ?? []).filter((node) => !withAgent.includes(node));
}

async function allNodes({ kube, signal }: Asking): Promise<string[] | null> {
  const nodes = await unlessForbidden(kube.list(NODES, {}, signal));
  return nodes === null ? null : readAll(NamedSchema, nodes).map(({ metadata }) => metadata.name);
}
