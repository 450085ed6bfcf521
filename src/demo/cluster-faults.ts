/** The faults that a test may script in the cluster itself: on agents, nodes, pods and their endpoints. */
import type { Clock } from '../model/clock.ts';
import { findPod } from './agent/address.ts';
import type { MonitorHub } from './agent/monitor.ts';
import type { ApiServer } from './api/server.ts';
import {
  copyPod,
  movePod,
  type Place,
  putNodeReadiness,
  putReady,
  putRestarting,
  removePod,
  renumberEndpoint,
  replacePod,
} from './cluster/lifecycle.ts';
import { killContainer } from './container-processes.ts';
import type { Emit } from './datapath/event.ts';
import type { Random } from './datapath/random.ts';
import type { World } from './datapath/world.ts';
import type { KubeObject, ObjectStore } from './ports.ts';

export interface ClusterFaults {
  /** Ends the agent's container, which starts again; resolves when it is ready. */
  restartAgent(node: string): Promise<void>;
  /** Deletes the agent's pod; another one with another name takes its place. Resolves when that one is ready. */
  replaceAgent(node: string): Promise<void>;
  /** The node is not heard any more: its streams break, its processes are gone, an exec into its pods is an error of the API server's. */
  loseNode(node: string): void;
  /** The node is there again, with an agent that has started anew. */
  returnNode(node: string): void;
  /** Deletes the pod and makes it anew on another node, with another endpoint and address. */
  movePod(pod: string, node: string): Promise<void>;
  /** One more pod of the same workload under this name; `endpoint` for a number that was another pod's before. */
  addPod(like: string, name: string, node: string, endpoint?: number): void;
  removePod(pod: string): void;
  /** The agent makes the pod's endpoint anew under this number. */
  renumberEndpoint(pod: string, endpoint: number): void;
}

interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: ObjectStore;
  readonly world: World;
  readonly api: ApiServer;
  readonly emit: Emit;
  readonly hubOf: (node: string) => MonitorHub;
  /** The name of the agent's pod on each node. */
  readonly agents: Map<string, string>;
}

const AGENT_NAMESPACE = 'kube-system';
/** So that what the monitors print last is on its way before their container ends. */
const LAST_WORDS_MS = 50;
const RESTART_MS = 1500;
/** The kubelet of 1.36, while the container is not running. */
const NOT_RUNNING = 'container not found ("cilium-agent")';

export function createClusterFaults(surroundings: Surroundings): ClusterFaults {
  const { clock, random, store, world, api, emit, hubOf, agents } = surroundings;

  const podOf = (name: string): KubeObject => {
    const pod = findPod(name, store);
    if (pod === null) throw new RangeError(`the demo cluster has no pod ${name}`);
    return pod;
  };
  const agentPath = (node: string): string => {
    const pod = agents.get(node);
    if (pod === undefined) throw new RangeError(`the demo cluster has no node ${node}`);
    return `${AGENT_NAMESPACE}/${pod}`;
  };
  const waitMs = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  const placeOn = (name: string, endpoint?: number): Place => {
    const target = world.nodes().find((one) => one.name === name);
    if (target === undefined) throw new RangeError(`the demo cluster has no node ${name}`);
    const taken = new Set(world.endpoints().map(({ ip }) => ip));
    const network = target.internalIp.split('.').slice(0, 3).join('.');
    let podIp = '';
    do podIp = `${network}.${random.between(2, 250)}`;
    while (taken.has(podIp));
    return { node: name, nodeIp: target.ip, podIp, endpoint: endpoint ?? random.between(100, 4000) };
  };
  const started = (node: string) =>
    emit(node, {
      type: 'agent',
      notice: 'Cilium agent started',
      message: { time: new Date(clock.nowMs()).toISOString() },
    });
  const endContainer = async (node: string) => {
    hubOf(node).disconnect();
    await waitMs(LAST_WORDS_MS);
    api.faults.refusePod(agentPath(node), NOT_RUNNING);
    killContainer(api.processes(), agentPath(node));
  };
  const startContainer = async (node: string) => {
    await waitMs(RESTART_MS);
    api.faults.refusePod(agentPath(node), null);
    putReady(store, podOf(agentPath(node)), clock.nowMs());
    started(node);
  };

  return {
    async restartAgent(node) {
      await endContainer(node);
      putRestarting(store, podOf(agentPath(node)), clock.nowMs());
      await startContainer(node);
    },
    async replaceAgent(node) {
      await endContainer(node);
      api.faults.refusePod(agentPath(node), null);
      const name = `cilium-${random.between(0x10000, 0xfffff).toString(16)}`;
      replacePod(store, podOf(agentPath(node)), name, clock.nowMs());
      agents.set(node, name);
      api.faults.refusePod(agentPath(node), NOT_RUNNING);
      await startContainer(node);
    },
    loseNode(node) {
      const { nodeIp } = placeOn(node);
      api.faults.breakStreams(agentPath(node));
      api.faults.refusePod(
        agentPath(node),
        `error dialing backend: dial tcp ${nodeIp}:10250: connect: no route to host`,
      );
      killContainer(api.processes(), agentPath(node));
      putNodeReadiness(store, node, false, clock.nowMs());
    },
    returnNode(node) {
      api.faults.refusePod(agentPath(node), null);
      putNodeReadiness(store, node, true, clock.nowMs());
      started(node);
    },
    movePod(name, node) {
      movePod(store, podOf(name), placeOn(node), clock.nowMs());
      return Promise.resolve();
    },
    addPod: (like, name, node, endpoint) => copyPod(store, podOf(like), name, placeOn(node, endpoint), clock.nowMs()),
    removePod: (pod) => removePod(store, podOf(pod)),
    renumberEndpoint: (pod, endpoint) => renumberEndpoint(store, podOf(pod), endpoint),
  };
}
