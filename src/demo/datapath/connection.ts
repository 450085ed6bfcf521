/** Sends connections through the policies of both ends, with the retransmissions that Linux makes, and reports what the datapath would. */
import type { Clock } from '../../model/clock.ts';
import type { Direction } from '../../model/event.ts';
import type { Endpoint } from './endpoint.ts';
import type { Emit, Packet, TransportProtocol } from './event.ts';
import { judgeRequest } from './http.ts';
import type { Random } from './random.ts';
import { type Decision, lookUp } from './realized.ts';
import type { HttpRule } from './rule.ts';
import type { Identity, World } from './world.ts';

interface ConnectionRequest {
  /** An endpoint, or the address of a node. */
  readonly from: Endpoint | string;
  readonly destinationIp: string;
  /** The address that the client asked for, where it was a service's. */
  readonly serviceIp?: string | null;
  readonly port: number;
  readonly protocol: TransportProtocol;
  readonly timeoutMs: number;
  readonly method: string;
  /** Host and path as the client wrote them. */
  readonly host: string;
  readonly path: string;
}

type ConnectionResult =
  | { readonly result: 'landed'; readonly status: number; readonly body: string }
  | { readonly result: 'forbidden'; readonly status: number; readonly body: string }
  | { readonly result: 'refused' }
  | { readonly result: 'timeout' };

export interface Datapath {
  /** `signal` is a client that gives up. */
  connect(request: ConnectionRequest, signal?: AbortSignal): Promise<ConnectionResult>;
  /** The packets that consulted an entry of an endpoint's policy map, by the entry's key. */
  readonly packetsOf: (endpoint: Endpoint) => ReadonlyMap<string, number>;
}

/** Linux: the first retransmission after a second, then twice as long each time (net.ipv4.tcp_syn_retries = 6). */
const SYN_TIMES_MS = [0, 1000, 3000, 7000, 15_000, 31_000, 63_000];
const LANDED = 'Ship landed\n';
/** Outside of the cluster: what answers on port 80. */
const OPEN_WORLD = new Set(['192.0.2.10', '198.51.100.20']);
const PACKETS_OF_AN_EXCHANGE = 6;
/** The groups of pods have numbers behind those of the machine. */
const CGROUP = 8000;

export function createDatapath(
  world: World,
  surroundings: { readonly clock: Clock; readonly random: Random; readonly emit: Emit },
): Datapath {
  const { clock, random, emit } = surroundings;
  const counters = new Map<string, Map<string, number>>();
  let sockets = 0;

  const count = ({ node, id }: Endpoint, key: string, packets: number) => {
    const of = counters.get(`${node}/${id}`) ?? new Map<string, number>();
    counters.set(`${node}/${id}`, of);
    of.set(key, (of.get(key) ?? 0) + packets);
  };

  /** Null where the direction isn't enforced: nothing is decided and nothing reported. */
  function decide(endpoint: Endpoint, direction: Direction, remote: Identity, packet: Packet): Decision | null {
    const policy = world.decidedBy(endpoint);
    if (!policy.enforced[direction]) return null;
    const port = packet.protocol === 'ICMP' ? 8 : packet.destination.port;
    const to = direction === 'ingress' ? endpoint : world.endpointAt(packet.destination.ip);
    return lookUp(policy, direction, remote, to?.namedPorts ?? [], packet.protocol, port, world.version.minor);
  }

  function report(endpoint: Endpoint, direction: Direction, remote: Identity, decision: Decision, packet: Packet) {
    const audited = decision.action === 'deny' && world.auditMode(endpoint);
    const action = audited ? 'audit' : decision.action;
    if (world.reportsVerdicts()) {
      emit(endpoint.node, {
        type: 'policy-verdict',
        endpoint: endpoint.id,
        direction,
        remoteIdentity: remote.identity,
        action,
        match: decision.match,
        policyName: decision.origins[0]?.name ?? 'implicit-default-deny',
        origins: decision.origins,
        isRange: isRange(decision.key, packet),
        packet,
      });
    }
    if (decision.key !== '') count(endpoint, decision.key, action === 'deny' ? 1 : PACKETS_OF_AN_EXCHANGE);
    if (action !== 'deny') return true;
    const other = world.endpointAt(packet.destination.ip);
    const isIngress = direction === 'ingress';
    emit(endpoint.node, {
      type: 'drop',
      source: endpoint.id,
      endpoint: isIngress ? endpoint.id : other?.node === endpoint.node ? other.id : 0,
      reason: decision.match === 'none' ? 133 : 181,
      sourceIdentity: isIngress ? remote.identity : endpoint.identity,
      destinationIdentity: isIngress ? endpoint.identity : remote.identity,
      ifindex: endpoint.ifindex,
      packet,
    });
    return false;
  }

  /** Whether a first packet gets through both ends, and what the proxy is to judge. */
  function send(from: Endpoint | string, packet: Packet): { passed: boolean; http: HttpRule[]; by: string | null } {
    const http: HttpRule[] = [];
    let by: string | null = null;
    const pass = (endpoint: Endpoint, direction: Direction, remoteIp: string) => {
      const remote = world.identityOf(remoteIp, endpoint.node);
      const decision = decide(endpoint, direction, remote, packet);
      if (decision === null) return true;
      if (decision.http !== null) {
        http.push(...decision.http);
        by = decision.origins[0]?.name ?? null;
      }
      return report(endpoint, direction, remote, decision, packet);
    };
    if (typeof from !== 'string' && !pass(from, 'egress', packet.destination.ip)) return { passed: false, http, by };
    const to = world.endpointAt(packet.destination.ip);
    if (to === null) return { passed: true, http, by };
    if (!pass(to, 'ingress', packet.source.ip)) return { passed: false, http, by };
    emit(to.node, {
      type: 'trace',
      endpoint: to.id,
      summary: `-> endpoint ${to.id}`,
      sourceIdentity: world.identityOf(packet.source.ip, to.node).identity,
      destinationIdentity: to.identity,
      state: 'new',
      ifname: to.ifname,
      packet,
    });
    return { passed: true, http, by };
  }

  function answer(request: ConnectionRequest, http: readonly HttpRule[], by: string | null): ConnectionResult | null {
    const to = world.endpointAt(request.destinationIp);
    if (to === null) {
      const open = request.port === 80 && OPEN_WORLD.has(request.destinationIp);
      return open ? { result: 'landed', status: 200, body: LANDED } : null;
    }
    if (http.length > 0 && typeof request.from !== 'string') {
      const allowed = judgeRequest(http, request);
      const url = `http://${request.host}${request.path}`;
      const ends = { from: labelled(request.from), to: labelled(to) };
      const verdict = allowed ? 'Forwarded' : 'Denied';
      const l7 = {
        type: 'l7',
        direction: 'ingress',
        ...ends,
        method: request.method,
        url,
        policyName: by ?? '',
      } as const;
      emit(to.node, { ...l7, flow: 'Request', verdict, code: 0 });
      emit(to.node, { ...l7, flow: 'Response', verdict: 'Forwarded', code: allowed ? 200 : 403 });
      if (!allowed) return { result: 'forbidden', status: 403, body: 'Access denied\n' };
    }
    const serves = to.labels.includes('k8s:class=deathstar') && request.port === 80;
    return serves ? { result: 'landed', status: 200, body: LANDED } : { result: 'refused' };
  }

  /** A socket is translated once, when it connects, on its own node. */
  function translate({ from, serviceIp = null, destinationIp, port, protocol }: ConnectionRequest): void {
    if (typeof from === 'string' || serviceIp === null) return;
    sockets += 1;
    const socket = { type: 'trace-sock', cgroupId: CGROUP + from.id, socketCookie: sockets, protocol } as const;
    emit(from.node, { ...socket, point: 'pre-xlate-fwd', destination: { ip: serviceIp, port } });
    emit(from.node, { ...socket, point: 'post-xlate-fwd', destination: { ip: destinationIp, port } });
  }

  return {
    packetsOf: ({ node, id }) => counters.get(`${node}/${id}`) ?? new Map<string, number>(),
    connect(request, signal) {
      const sourceIp = typeof request.from === 'string' ? request.from : (request.from.ip ?? '');
      const sourcePort = random.between(32_768, 60_999);
      const startMs = clock.nowMs();
      return new Promise((resolve) => {
        let cancel: () => void = () => undefined;
        const finish = (result: ConnectionResult) => {
          cancel();
          signal?.removeEventListener('abort', give);
          resolve(result);
        };
        const give = () => finish({ result: 'timeout' });
        signal?.addEventListener('abort', give);
        // UDP and ICMP are sent once and nobody waits for what does not come.
        const timesMs = request.protocol === 'TCP' ? SYN_TIMES_MS : [0];
        const attempt = (index: number) => {
          const packet: Packet = {
            protocol: request.protocol,
            source: { ip: sourceIp, port: sourcePort },
            destination: { ip: request.destinationIp, port: request.port },
            flags: request.protocol === 'TCP' ? 'SYN' : '',
            // The kernel takes a new hash for every retransmission after a timeout.
            hash: request.protocol === 'ICMP' ? 0 : random.between(1, 0xffffffff),
          };
          const { passed, http, by } = send(request.from, packet);
          const result = passed ? answer(request, http, by) : null;
          if (result !== null) {
            finish(result);
            return;
          }
          const elapsedMs = clock.nowMs() - startMs;
          const nextMs = timesMs[index + 1] ?? Number.POSITIVE_INFINITY;
          if (nextMs < request.timeoutMs)
            cancel = clock.after(Math.max(0, nextMs - elapsedMs), () => attempt(index + 1));
          else cancel = clock.after(Math.max(0, request.timeoutMs - elapsedMs), give);
        };
        translate(request);
        attempt(0);
      });
    },
  };
}

/** The key that decided has another port than the packet, and is not for every port. */
function isRange(key: string, { protocol, destination }: Packet): boolean {
  const port = Number(key.split(' ').at(-1));
  return protocol !== 'ICMP' && key !== '' && port !== 0 && port !== destination.port;
}

function labelled({ id, identity, labels }: Endpoint): {
  endpoint: number;
  identity: number;
  labels: readonly string[];
} {
  return { endpoint: id, identity, labels };
}
