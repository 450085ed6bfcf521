/** The embedded demo cluster: two nodes with an agent each and the Star Wars pods, behind a real API server on loopback. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import { addressOfPod, addressOfService, resolveAddress } from './agent/address.ts';
import { createCilium } from './agent/cilium.ts';
import { createCurl } from './agent/curl.ts';
import { createHubble } from './agent/hubble.ts';
import { createHubbleBuffer } from './agent/hubble-buffer.ts';
import type { Program } from './agent/invocation.ts';
import { createMonitorHub, type MonitorHub } from './agent/monitor.ts';
import { createRegenerations } from './agent/regenerations.ts';
import { listenForPrograms } from './agent/socket.ts';
import type { Faults } from './api/faults.ts';
import { startApiServer } from './api/server.ts';
import { createObjectStore } from './api/store.ts';
import { populate } from './cluster/objects.ts';
import { PODS, resourceOf } from './cluster/resources.ts';
import { agentVersion } from './cluster/version.ts';
import { type ClusterFaults, createClusterFaults } from './cluster-faults.ts';
import { createDatapath } from './datapath/connection.ts';
import type { DemoEvent, TransportProtocol } from './datapath/event.ts';
import { startHeartbeat } from './datapath/heartbeat.ts';
import { createRandom } from './datapath/random.ts';
import { startTraffic } from './datapath/traffic.ts';
import { createWorld, type World } from './datapath/world.ts';
import type { KubeObject } from './ports.ts';
import { createImages, type Image } from './programs-folder.ts';

export interface DemoOptions {
  readonly dialect: 'accuknox' | 'cilium';
  /** `1.8` to `1.19`; without it the newest, or 1.10.90 for the patched Cilium. */
  readonly version?: string;
  /** Connections per second of background traffic; 0 for none. */
  readonly rate: number;
  readonly seed: number;
  /** Where the programs are that run in the containers. */
  readonly programsFolder: string;
  /** Nodes whose agent has no Hubble. */
  readonly hubbleOff?: readonly string[];
  /** What each agent's Hubble keeps. */
  readonly hubbleFlows?: number;
  /** How long the agents work on a change of policy, from its announcement until they tell of it; no time at all where this is absent. */
  readonly workMs?: number;
  /** Called when a request for an exec arrives. */
  execRequested?(): void;
  /** Told how long a program in a container was held up by a client that reads slower than it writes. */
  heldUp?(ms: number): void;
  /** Puts another program in the place of an agent's own. */
  replaceAgent?(node: string, cilium: Program): Program;
  /** Called for every event that an agent has to tell. */
  emitted?(node: string, event: DemoEvent): void;
}

export interface ConnectOptions {
  readonly port?: number;
  readonly protocol?: TransportProtocol;
  readonly timeoutMs?: number;
  readonly method?: string;
  readonly path?: string;
}

type ConnectOutcome = 'landed' | 'forbidden' | 'refused' | 'timeout';

interface DemoFaults extends Faults, ClusterFaults {}

interface AgentCall {
  readonly node: string;
  readonly argv: readonly string[];
  /** The policy revision of the agent when it was asked. */
  readonly revision: number;
}

export interface DemoCluster {
  readonly kubeconfigPath: string;
  readonly server: string;
  /** What exec has started and is alive, children included. */
  processes(): readonly number[];
  /** `program`: what its image calls the agent's own program. */
  agentOf(node: string): { readonly namespace: string; readonly pod: string; readonly program: string };
  /** What the agents' own program was started with, in that order. */
  agentCalls(): readonly AgentCall[];
  readonly faults: DemoFaults;
  /** Puts an event into the stream of a node's agent. */
  emit(node: string, event: DemoEvent): void;
  /** Applies an object, as `kubectl apply` would. */
  apply(object: KubeObject): void;
  remove(object: KubeObject): void;
  /** Makes what each agent's Hubble keeps, and itself, older by this. */
  ageHubble(ms: number): void;
  /** A connection between two pods, services or addresses, with all that the agents report of it. */
  connect(from: string, to: string, options?: ConnectOptions): Promise<ConnectOutcome>;
  /** Switches the audit mode of a pod's endpoint, as `cilium endpoint config` would. */
  auditMode(pod: string, isOn: boolean): void;
  /** Ends everything that was started and leaves no file behind. */
  stop(): Promise<void>;
}

const AGENTS: Readonly<Record<string, string>> = { 'k8s-node1': 'cilium-5l2dg', 'k8s-node2': 'cilium-hr95b' };
const AGENT_NAMESPACE = 'kube-system';
/** `hubble-event-buffer-capacity`, as Cilium is shipped. */
const HUBBLE_FLOWS = 4095;
const CONNECT_TIMEOUT_MS = 5000;

const clock: Clock = {
  nowMs: () => Date.now(),
  after(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

export async function startDemoCluster(options: DemoOptions): Promise<DemoCluster> {
  const { workMs } = options;
  const version = agentVersion(options.dialect, options.version);
  const now = () => new Date(clock.nowMs());
  const folder = await mkdtemp(join(tmpdir(), 'policystat-demo-'));
  const binOf = await createImages(folder, options.programsFolder, version.program);
  const store = createObjectStore(now);
  populate(store, version, clock.nowMs());

  const agentPods = new Map(Object.entries(AGENTS));
  const buffers = new Map(
    Object.keys(AGENTS).map((node) => {
      const { hubbleFlows: capacity = HUBBLE_FLOWS, hubbleOff = [] } = options;
      return [node, createHubbleBuffer(node, () => world, { capacity, isOn: !hubbleOff.includes(node), now })] as const;
    }),
  );
  const hubs = new Map<string, MonitorHub>(
    [...buffers].map(([node, buffer]) => {
      const hub = createMonitorHub(version, now);
      const disconnect = () => {
        hub.disconnect();
        buffer.disconnect();
      };
      return [node, { ...hub, disconnect }];
    }),
  );
  const hubOf = (node: string): MonitorHub => {
    const hub = hubs.get(node);
    if (hub === undefined) throw new RangeError(`the demo cluster has no node ${node}`);
    return hub;
  };
  const regenerations = createRegenerations(now);
  const emit = (node: string, event: DemoEvent) => {
    const hub = hubs.get(node);
    options.emitted?.(node, event);
    hub?.emit(event);
    buffers.get(node)?.push(event);
    regenerations.heard(node, event);
  };
  const imageOf = (pod: string): Image => {
    if ([...agentPods.values()].includes(pod)) return 'agent';
    return /^(cilium-operator|hubble-relay)-/.test(pod) ? 'distroless' : 'pod';
  };
  const world: World = createWorld(store, version, emit, workMs === undefined ? null : { clock, workMs });
  // Every consumer has numbers of its own, so that what a person does changes nothing of the background.
  const random = createRandom(options.seed);
  const datapath = createDatapath(world, { clock, random, emit });

  const curl = createCurl({ world, store, datapath, random });
  const hubbles = new Map([...buffers].map(([node, buffer]) => [node, createHubble(world, buffer, now)]));
  const calls: AgentCall[] = [];
  const agents = new Map<string, Program>(
    [...hubs].map(([node, hub]) => {
      const cilium = createCilium({ node, world, hub, datapath, hubble: buffers.get(node), regenerations });
      const counted: Program = (invocation) => {
        calls.push({ node, argv: invocation.argv, revision: world.revision() });
        return cilium(invocation);
      };
      return [node, options.replaceAgent?.(node, counted) ?? counted];
    }),
  );
  const programs = await listenForPrograms(join(folder, 'world.sock'), ({ pod, program }) => {
    if (program === 'curl') return curl;
    const node = [...agentPods].find(([, name]) => name === pod)?.[0] ?? '';
    return (program === 'hubble' ? hubbles : agents).get(node) ?? null;
  });
  const api = await startApiServer({
    store,
    now,
    execRequested: () => options.execRequested?.(),
    heldUp: (ms) => options.heldUp?.(ms),
    runtime: {
      container(namespace, pod, container) {
        if (store.get(PODS, namespace, pod) === null) return Promise.resolve(null);
        const env = {
          POLICYSTAT_DEMO_SOCKET: programs.path,
          POLICYSTAT_DEMO_POD: `${namespace}/${pod}`,
          POLICYSTAT_DEMO_CONTAINER: container ?? '',
          // As a container's runtime sets it; all containers of all demos share the machine's list of processes.
          HOSTNAME: `${pod}.${basename(folder)}`,
        };
        return Promise.resolve({ binFolder: binOf(imageOf(pod)), env, cwd: folder });
      },
    },
  });
  const kubeconfigPath = join(folder, 'kubeconfig');
  await writeFile(kubeconfigPath, api.kubeconfig, { mode: 0o600 });
  const stopTraffic = startTraffic(world, datapath, {
    clock,
    random: createRandom(options.seed + 1),
    perSecond: options.rate,
    serviceIp: addressOfService('deathstar', store),
  });
  const stopHeartbeat = startHeartbeat(world, { clock, random: createRandom(options.seed + 2), emit });

  return {
    kubeconfigPath,
    server: api.url,
    processes: () => api.processes(),
    agentOf(node) {
      const pod = agentPods.get(node);
      if (pod === undefined) throw new RangeError(`the demo cluster has no node ${node}`);
      return { namespace: AGENT_NAMESPACE, pod, program: version.program };
    },
    agentCalls: () => [...calls],
    emit,
    apply(object) {
      store.put(resourceOf(object.kind), object);
    },
    remove: ({ kind, metadata }) => store.remove(resourceOf(kind), metadata.namespace ?? null, metadata.name),
    auditMode(pod, isOn) {
      const endpoint = world.endpointAt(addressOfPod(pod, store) ?? '');
      if (endpoint === null) throw new RangeError(`the demo cluster has no pod called ${pod}`);
      world.setAuditMode(endpoint, isOn);
    },
    ageHubble(ms) {
      for (const buffer of buffers.values()) buffer.age(ms);
    },
    async connect(from, to, asked = {}) {
      const { port = 80, protocol = 'TCP', timeoutMs = CONNECT_TIMEOUT_MS } = asked;
      const { method = 'POST', path = '/v1/request-landing' } = asked;
      const fromIp = addressOfPod(from, store) ?? from;
      const podIp = addressOfPod(to, store);
      const route = podIp === null ? resolveAddress(to, 'default', store, random) : { destinationIp: podIp };
      if (route === null) throw new RangeError(`the demo cluster has nothing called ${to}`);
      const source = world.endpointAt(fromIp) ?? fromIp;
      const request = { from: source, ...route, port, protocol, timeoutMs, method, host: to, path };
      const { result } = await datapath.connect(request);
      return result;
    },
    faults: {
      ...api.faults,
      ...createClusterFaults({ clock, random, store, world, api, emit, hubOf, agents: agentPods }),
    },
    async stop() {
      stopTraffic();
      stopHeartbeat();
      world.close();
      await api.close();
      await programs.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
