/** Writes the text of a `cilium monitor` that ran for a long time: verdicts as eight versions print them, the same for the same seed. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

export interface VerdictFile {
  readonly lines: number;
  readonly bytes: number;
}

type Below = (bound: number) => number;

/** A verdict's line from what it is about; `head` is as of the version. */
type Line = (below: Below, packet: Packet) => string;

interface Packet {
  readonly endpoint: number;
  readonly remote: number;
  readonly isIngress: boolean;
  readonly isDenied: boolean;
  readonly protocol: number;
  readonly port: number;
  readonly summary: string;
}

const ENDPOINTS = 200;
const PEERS = 400;
const FIRST_IDENTITY = 10_000;
const PORTS = [80, 443, 8080, 5432, 6379, 53] as const;
const DNS = 53;
const POLICIES = ['rule1', 'allow-dns', 'web-to-db', 'default-deny-ingress', 'frontend', 'monitoring'] as const;
const RESERVED = ['host', 'world', 'unmanaged', 'health', 'init', 'remote-node', 'kube-apiserver'] as const;
const MATCHES = ['L3-L4', 'L3-Only', 'L4-Only', 'all'] as const;
const TCP = 6;
const UDP = 17;
/** An endpoint talks to this many peers on so many ports, and is selected by one policy. */
const PEERS_OF_ENDPOINT = 24;
const PORTS_OF_ENDPOINT = 2;
/** Whoever is refused tries again from the same port. */
const DENIED_PORTS = 2;
/** One peer in so many is a host, the world or another that has a name of its own. */
const PEERS_PER_RESERVED = 12;
/** Of a hundred lines. */
const PERCENT = { ipv6: 25, denied: 5, ingress: 60 } as const;
const PIECE_BYTES = 1 << 20;

/** How 1.8, 1.10 and 1.12, 1.14 to 1.19, and the patched branches say it (Cilium pkg/monitor/datapath_policy.go). */
const VERSIONS: readonly Line[] = [
  (below, { endpoint, remote, port, protocol, isIngress, isDenied, summary }) =>
    `Policy verdict log: flow ${flow(below)} local EP ID ${endpoint}, remote ID ${remote}, dst port ${port}, proto ${protocol}, ingress ${isIngress}, action ${action(isDenied)}, match ${match(port, isDenied)}, ${summary}\n`,
  (below, { endpoint, remote, port, protocol, isIngress, isDenied, summary }) =>
    `Policy verdict log: flow ${flow(below)} local EP ID ${endpoint}, remote ID ${named(remote)}, proto ${protocol}, ${direction(isIngress)}, action ${action(isDenied)}, match ${match(port, isDenied)}, ${summary}\n`,
  (below, { endpoint, remote, port, protocol, isIngress, isDenied, summary }) =>
    `Policy verdict log: flow ${flow(below)} local EP ID ${endpoint}, remote ID ${named(remote)}, proto ${protocol}, ${direction(isIngress)}, action ${action(isDenied)}, auth: disabled, match ${match(port, isDenied)}, ${summary}\n`,
  (below, { endpoint, remote, port, protocol, isIngress, isDenied, summary }) =>
    `Policy verdict log: flow ${flow(below)}, PolicyName ${isDenied ? 'implicit-default-deny' : POLICIES[endpoint % POLICIES.length]}, local EP ID ${endpoint}, remote ID ${named(remote)}, proto ${protocol}, ${direction(isIngress)}, action ${isDenied ? 'DENY' : 'ALLOW'} auditMode:false, match ${match(port, isDenied)}, ${summary}\n`,
];

/** Resolves when the file is on the disk. */
export async function writeVerdictFile(path: string, lines: number, seed = 1): Promise<VerdictFile> {
  const below = generator(seed);
  const file = createWriteStream(path);
  let bytes = 0;
  let piece = '';
  for (let made = 0; made < lines; made += 1) {
    piece += pick(below, VERSIONS)(below, packet(below));
    if (piece.length < PIECE_BYTES && made < lines - 1) continue;
    bytes += piece.length;
    if (!file.write(piece)) await once(file, 'drain');
    piece = '';
  }
  file.end();
  await finished(file);
  return { lines, bytes };
}

function packet(below: Below): Packet {
  const endpoint = below(ENDPOINTS);
  const peer = (endpoint * 7 + below(PEERS_OF_ENDPOINT)) % PEERS;
  const isIngress = below(100) < PERCENT.ingress;
  const isDenied = below(100) < PERCENT.denied;
  const port = PORTS[(endpoint + below(PORTS_OF_ENDPOINT)) % PORTS.length] ?? 80;
  const isTcp = port !== DNS;
  const sourcePort = 32_768 + below(isDenied ? DENIED_PORTS : 28_000);
  const local = below(100) < PERCENT.ipv6 ? v6 : v4;
  const [from, to] = isIngress ? [peer, endpoint] : [endpoint, peer];
  const summary = `${local(from, sourcePort)} -> ${local(to, port)} ${isTcp ? 'tcp SYN' : 'udp'}`;
  return {
    endpoint: 100 + endpoint,
    remote: FIRST_IDENTITY + peer,
    isIngress,
    isDenied,
    protocol: isTcp ? TCP : UDP,
    port,
    summary,
  };
}

function v4(pod: number, port: number): string {
  return `10.244.${pod >> 6}.${1 + (pod & 63)}:${port}`;
}

function v6(pod: number, port: number): string {
  return `[fd00:10:244:${(pod >> 6) + 1}::${(1 + (pod & 63)).toString(16)}]:${port}`;
}

/** As monitor prints it without `--numeric`. */
function named(identity: number): string {
  const peer = identity - FIRST_IDENTITY;
  const reserved =
    peer % PEERS_PER_RESERVED === 0 ? RESERVED[(peer / PEERS_PER_RESERVED) % RESERVED.length] : undefined;
  return reserved ?? String(identity);
}

function flow(below: Below): string {
  return `0x${below(0xffff_ffff).toString(16)}`;
}

function action(isDenied: boolean): string {
  return isDenied ? 'deny' : 'allow';
}

function direction(isIngress: boolean): string {
  return isIngress ? 'ingress' : 'egress';
}

/** As the policy's rule for the port is written. */
function match(port: number, isDenied: boolean): string {
  return isDenied ? 'none' : (MATCHES[port % MATCHES.length] ?? 'all');
}

function pick<T>(below: Below, [first, ...others]: readonly [T, ...T[]] | readonly T[]): T {
  const all = [first, ...others];
  const picked = all[below(all.length)];
  if (picked === undefined) throw new Error('nothing to choose from');
  return picked;
}

/** A xorshift generator. */
function generator(seed: number): Below {
  let state = 2463534242 ^ seed;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}
