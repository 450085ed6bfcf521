/** The directory of identity names: it answers at once with what it knows, and fills itself in the background. */
import type { AgentRef, IdentityLookup, IdentityName } from '../model/cluster.ts';
import type { SeenIdentity } from './endpoints.ts';
import { FIRST_CLUSTER_IDENTITY, FIRST_LOCAL_IDENTITY, nameOfLabels, reservedIdentity } from './identity-name.ts';
import { AgentIdentitySchema, CiliumIdentitySchema, readAll, readOne, readPrinted } from './objects.ts';
import type { Surroundings } from './question.ts';
import { CILIUM_IDENTITIES } from './resources.ts';

export interface IdentityDirectory {
  readonly lookup: IdentityLookup;
  /** Resolves when nothing is being asked any more. */
  settled(): Promise<void>;
}

/** How often one agent is asked for its list at most: numbers that it does not know must not keep it busy. */
const MAX_AGENT_LISTS = 64;

type Asking = Pick<Surroundings, 'kube' | 'signal' | 'runInAgent'>;

/** What one agent has told, and for which numbers it was asked in vain. */
interface AgentDirectory {
  readonly agent: AgentRef;
  readonly names: Map<number, IdentityName>;
  readonly asked: Set<number>;
  lists: number;
  isAsking: boolean;
}

export function createIdentityDirectory(
  { kube, signal, runInAgent }: Asking,
  agents: readonly AgentRef[],
  seen: readonly SeenIdentity[],
): IdentityDirectory {
  const cluster = new Map<number, IdentityName>();
  const askedOfApi = new Set<number>();
  const byNode = new Map<string, AgentDirectory>(
    agents.map((agent) => [agent.node, { agent, names: new Map(), asked: new Set(), lists: 0, isAsking: false }]),
  );
  const running = new Set<Promise<void>>();
  for (const { identity, labels } of seen) remember(cluster, identity, labels);

  /** A name is a comfort: without it the number is shown, so that nothing here is worth a failure. */
  const inBackground = (work: Promise<void>) => {
    const ended = work.catch(() => undefined).finally(() => running.delete(ended));
    running.add(ended);
  };

  const listAll = kube.list(CILIUM_IDENTITIES, {}, signal).then((objects) => {
    for (const { metadata, 'security-labels': labels } of readAll(CiliumIdentitySchema, objects)) {
      remember(cluster, Number(metadata.name), labelTexts(labels));
    }
  });
  let isListed = false;
  inBackground(
    listAll.finally(() => {
      isListed = true;
    }),
  );

  const askApi = async (identity: number): Promise<boolean> => {
    const found = readOne(CiliumIdentitySchema, await kube.get(CILIUM_IDENTITIES, String(identity), null, signal));
    if (found !== null) remember(cluster, identity, labelTexts(found['security-labels']));
    return found !== null;
  };

  const askAgent = async (directory: AgentDirectory): Promise<void> => {
    if (directory.isAsking || directory.lists >= MAX_AGENT_LISTS) return;
    directory.isAsking = true;
    directory.lists += 1;
    const wanted = directory.asked.size;
    try {
      const printed = await runInAgent(directory.agent, ['identity', 'list', '-o', 'json']);
      for (const { id, labels } of readPrinted(AgentIdentitySchema, printed)) remember(directory.names, id, labels);
    } finally {
      directory.isAsking = false;
    }
    // Numbers that came up meanwhile may be younger than this list.
    if (directory.asked.size > wanted) await askAgent(directory);
  };

  const learn = (identity: number, directory: AgentDirectory | null): void => {
    const isLocal = identity >= FIRST_LOCAL_IDENTITY;
    const viaAgent = () => {
      if (directory === null || directory.asked.has(identity)) return Promise.resolve();
      directory.asked.add(identity);
      return askAgent(directory);
    };
    if (isLocal) {
      inBackground(viaAgent());
      return;
    }
    if (!isListed || askedOfApi.has(identity)) return;
    askedOfApi.add(identity);
    inBackground(
      askApi(identity)
        .catch(() => false)
        .then((isKnown) => (isKnown ? undefined : viaAgent())),
    );
  };

  return {
    lookup: (identity, node) => {
      const reserved = reservedIdentity(identity);
      if (reserved !== null) return reserved;
      const directory = node === null ? null : (byNode.get(node) ?? null);
      const known =
        (identity < FIRST_LOCAL_IDENTITY ? cluster.get(identity) : null) ?? directory?.names.get(identity) ?? null;
      if (known === null && identity >= FIRST_CLUSTER_IDENTITY && !signal.aborted) learn(identity, directory);
      return known;
    },
    settled: async () => {
      while (running.size > 0) await Promise.all(running);
    },
  };
}

function remember(names: Map<number, IdentityName>, identity: number, labels: readonly string[]): void {
  const name = nameOfLabels(labels);
  if (name !== null) names.set(identity, { identity, name, labels: [...labels].sort() });
}

/** A CiliumIdentity has its labels as a map from `SOURCE:KEY` to value. */
function labelTexts(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels).map(([key, value]) => (value === '' ? key : `${key}=${value}`));
}
