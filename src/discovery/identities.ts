/** The directory of identity names: it answers at once with what it knows, fills itself in the background, and asks again whether numbers still mean the same. */
import { type AgentRef, FIRST_LOCAL_IDENTITY, type IdentityLookup } from '../model/cluster.ts';
import type { SeenIdentity } from './endpoints.ts';
import { clusterOfLabels, FIRST_CLUSTER_IDENTITY, reservedIdentity } from './identity-name.ts';
import { createKnownNames, type KnownNames } from './known-names.ts';
import { AgentIdentitySchema, CiliumIdentitySchema, readAll, readOne, readPrinted } from './objects.ts';
import type { Surroundings } from './question.ts';
import { CILIUM_IDENTITIES } from './resources.ts';

export interface IdentityDirectory {
  readonly lookup: IdentityLookup;
  /** Rises whenever a name became known or another. */
  version(): number;
  /** Resolves when nothing is being asked any more. */
  settled(): Promise<void>;
  /** The agent of a node is not heard any more: whoever answers now may be another. */
  agentLost(node: string): void;
  /** The agent of a node is listened to (again): it may be another, with numbers of its own. */
  agentOpened(agent: AgentRef): void;
  /** Asks anew what the numbers mean that were looked up: deleted ones are given to others. */
  confirm(): Promise<void>;
}

/** How often one agent is asked for its list at most because of numbers that it does not know: those must not keep it busy. */
const MAX_AGENT_LISTS = 64;
/** Up to here each identity is asked for by itself; one big list is cheaper for more. */
const MAX_SINGLE_IDENTITIES = 32;
/** Cilium pkg/identity/numericidentity.go: from here on each cluster may give numbers a meaning of its own. */
const FIRST_USER_RESERVED = 128;

type Asking = Pick<Surroundings, 'kube' | 'signal' | 'runInAgent'>;

/** What one agent has told, and for which numbers it was asked in vain. */
interface AgentDirectory {
  agent: AgentRef;
  readonly names: KnownNames;
  readonly asked: Set<number>;
  lists: number;
  isAsking: boolean;
  isLost: boolean;
}

export function createIdentityDirectory(
  { kube, signal, runInAgent }: Asking,
  agents: readonly AgentRef[],
  seen: readonly SeenIdentity[],
): IdentityDirectory {
  // The pods of this cluster tell what it is called.
  let ownCluster = seen.map(({ labels }) => clusterOfLabels(labels)).find((name) => name !== null) ?? null;
  const newNames = () => createKnownNames(() => ownCluster);
  const cluster = newNames();
  const met = new Set<number>();
  const askedOfApi = new Set<number>();
  /** Those that the API server is asked for next, and which agent may know them where it does not. */
  const waiting = new Map<number, AgentDirectory | null>();
  let isAskingApi = false;
  const newDirectory = (agent: AgentRef): AgentDirectory => {
    return { agent, names: newNames(), asked: new Set(), lists: 0, isAsking: false, isLost: false };
  };
  const byNode = new Map<string, AgentDirectory>(agents.map((agent) => [agent.node, newDirectory(agent)]));
  const running = new Set<Promise<void>>();
  for (const { identity, labels } of seen) cluster.learn(identity, labels, true);

  /** A name is a comfort: without it the number is shown, so that nothing here is worth a failure. */
  const inBackground = (work: Promise<void>): Promise<void> => {
    const ended = work.catch(() => undefined).finally(() => running.delete(ended));
    running.add(ended);
    return ended;
  };

  const askForAll = async (): Promise<void> => {
    for (const { metadata, 'security-labels': labels } of readAll(
      CiliumIdentitySchema,
      await kube.list(CILIUM_IDENTITIES, {}, signal),
    )) {
      const texts = labelTexts(labels);
      ownCluster ??= clusterOfLabels(texts);
      cluster.learn(Number(metadata.name), texts);
    }
  };
  let isListed = false;
  void inBackground(
    askForAll().finally(() => {
      isListed = true;
    }),
  );

  const askOne = async (identity: number): Promise<void> => {
    const found = readOne(CiliumIdentitySchema, await kube.get(CILIUM_IDENTITIES, String(identity), null, signal));
    if (found !== null) cluster.learn(identity, labelTexts(found['security-labels']));
  };

  const askApi = async (identities: readonly number[]): Promise<void> => {
    if (identities.length > MAX_SINGLE_IDENTITIES) await askForAll();
    else await Promise.allSettled(identities.map(askOne));
  };

  const readAgent = async ({ agent, names }: AgentDirectory): Promise<void> => {
    const printed = await runInAgent(agent, ['identity', 'list', '-o', 'json']);
    for (const { id, labels } of readPrinted(AgentIdentitySchema, printed)) names.learn(id, labels);
  };

  const askAgent = async (directory: AgentDirectory): Promise<void> => {
    if (directory.isAsking || directory.lists >= MAX_AGENT_LISTS) return;
    directory.isAsking = true;
    directory.lists += 1;
    const wanted = directory.asked.size;
    try {
      await readAgent(directory);
    } finally {
      directory.isAsking = false;
    }
    // Numbers that came up meanwhile may be younger than this list.
    if (directory.asked.size > wanted) await askAgent(directory);
  };

  const viaAgent = async (identity: number, directory: AgentDirectory | null): Promise<void> => {
    if (directory === null || directory.asked.has(identity)) return;
    directory.asked.add(identity);
    if (!directory.isLost) await askAgent(directory);
  };

  /** What comes up while the API server is asked waits for the next turn: a view of hundreds of peers is one question. */
  const askForWaiting = async (): Promise<void> => {
    isAskingApi = true;
    await Promise.resolve();
    while (waiting.size > 0 && !signal.aborted) {
      const turn = [...waiting];
      waiting.clear();
      await askApi(turn.map(([identity]) => identity)).catch(() => undefined);
      for (const [identity, directory] of turn)
        if (cluster.get(identity) === null) void inBackground(viaAgent(identity, directory));
    }
    isAskingApi = false;
  };

  const learn = (identity: number, directory: AgentDirectory | null): void => {
    if (!isOfCluster(identity)) {
      void inBackground(viaAgent(identity, directory));
      return;
    }
    if (!isListed || askedOfApi.has(identity)) return;
    askedOfApi.add(identity);
    waiting.set(identity, directory);
    if (!isAskingApi) void inBackground(askForWaiting());
  };

  /** What is the cluster's own, or fixed by its configuration, is met without a node, and every agent knows it. */
  const directoryFor = (identity: number, node: string | null): AgentDirectory | null => {
    const [anyOne = null] = byNode.values();
    if (node === null) return identity < FIRST_LOCAL_IDENTITY ? anyOne : null;
    return byNode.get(node) ?? null;
  };

  const confirmWithApi = async (): Promise<void> => {
    await askApi([...met].filter((identity) => cluster.get(identity) !== null));
  };

  return {
    lookup: (identity, node) => {
      const reserved = reservedIdentity(identity);
      if (reserved !== null && identity < FIRST_USER_RESERVED) return reserved;
      const directory = directoryFor(identity, node);
      const ofCluster = isOfCluster(identity) ? cluster.get(identity) : null;
      const known = ofCluster ?? directory?.names.get(identity) ?? null;
      if (ofCluster !== null) met.add(identity);
      if (known === null && !signal.aborted) learn(identity, directory);
      return known ?? reserved;
    },
    version: () => [...byNode.values()].reduce((sum, { names }) => sum + names.version, cluster.version),
    settled: async () => {
      while (running.size > 0) await Promise.all(running);
    },
    agentLost: (node) => {
      const directory = byNode.get(node);
      if (directory !== undefined) directory.isLost = true;
    },
    agentOpened: (agent) => {
      const directory = byNode.get(agent.node);
      if (directory === undefined) {
        byNode.set(agent.node, newDirectory(agent));
        return;
      }
      const { asked, names, isLost } = directory;
      directory.agent = agent;
      directory.isLost = false;
      // They may be given to others by now.
      if (isLost) for (const identity of asked) if (!isOfCluster(identity)) names.missed(identity);
      const isKnown = directory.lists > 0 || asked.size > 0;
      asked.clear();
      if (isKnown) void inBackground(readAgent(directory));
    },
    confirm: async () => {
      const told = [...byNode.values()].filter(({ lists }) => lists > 0);
      const work = [...(met.size === 0 ? [] : [confirmWithApi()]), ...told.map(readAgent)];
      await Promise.all(work.map(inBackground));
    },
  };
}

/** The others are local to a node, or fixed by the configuration of its agent. */
function isOfCluster(identity: number): boolean {
  return identity >= FIRST_CLUSTER_IDENTITY && identity < FIRST_LOCAL_IDENTITY;
}

/** A CiliumIdentity has its labels as a map from `SOURCE:KEY` to value. */
function labelTexts(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels).map(([key, value]) => (value === '' ? key : `${key}=${value}`));
}
