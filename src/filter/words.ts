/** The words of filters on the command line, checked: each that means nothing is a usage problem that names it. */
import { RESERVED_NAMES } from '../model/cluster.ts';
import type { Action, Direction } from '../model/event.ts';
import { type Failure, failure } from '../model/problem.ts';

/** What the flags hold: each may be repeated and may hold several words with commas between them. */
export interface FilterFlags {
  readonly direction?: readonly string[];
  readonly action?: readonly string[];
  readonly policy?: readonly string[];
  readonly peer?: readonly string[];
  readonly port?: readonly string[];
  readonly protocol?: readonly string[];
  readonly reason?: readonly string[];
}

export type PeerWord =
  | { readonly kind: 'identity'; readonly identity: number }
  | { readonly kind: 'ip'; readonly ip: string }
  /** `namespace/name`, or what a reserved identity is called. */
  | { readonly kind: 'name'; readonly name: string }
  /** `key=value`, with or without its source. */
  | { readonly kind: 'label'; readonly label: string };

export interface PolicyWord {
  readonly namespace: string | null;
  readonly name: string;
  /** A printed name may hold anything, a slash too. */
  readonly whole: string;
}

/** The list is empty where the flag was not given. */
export interface Wanted {
  readonly directions: readonly Direction[];
  readonly actions: readonly Action[];
  readonly policies: readonly PolicyWord[];
  readonly peers: readonly PeerWord[];
  readonly ports: readonly number[];
  /** Lower case; layer 7 protocols too. */
  readonly protocols: readonly string[];
  readonly reasons: readonly (string | number)[];
}

export function readWanted(flags: FilterFlags): Wanted {
  return {
    directions: words(flags.direction).map(toDirection),
    actions: words(flags.action).map(toAction),
    policies: words(flags.policy).map(toPolicy),
    peers: words(flags.peer).map(toPeer),
    ports: words(flags.port).map(toPort),
    protocols: words(flags.protocol).map(toProtocol),
    // Cilium's reasons hold commas: only the repeated flag separates them.
    reasons: (flags.reason ?? []).map(toReason),
  };
}

/** The peers that may be pods: the cluster knows their addresses. */
export function podsAmong(flags: Pick<FilterFlags, 'peer'>): readonly { namespace: string; name: string }[] {
  return words(flags.peer).flatMap((word) => {
    const peer = toPeer(word);
    const [namespace = '', name = null] = peer.kind === 'name' ? peer.name.split('/') : [];
    return name === null || namespace.includes(':') ? [] : [{ namespace, name }];
  });
}

function words(given: readonly string[] | undefined): string[] {
  return (given ?? []).flatMap((value) => value.split(',')).map((word) => word.trim());
}

function refused(flag: string, word: string, expected: string): Failure {
  return failure({ code: 'USAGE', message: `--${flag} does not take "${word}": give ${expected}.` });
}

function toDirection(word: string): Direction {
  const lower = word.toLowerCase();
  if (lower === 'ingress' || lower === 'egress') return lower;
  throw refused('direction', word, 'ingress or egress');
}

function toAction(word: string): Action {
  const lower = word.toLowerCase();
  if (lower === 'allow' || lower === 'deny' || lower === 'redirect' || lower === 'audit') return lower;
  throw refused('action', word, 'allow, deny, redirect or audit');
}

function toPolicy(word: string): PolicyWord {
  const parts = word.split('/');
  const [first = '', second = null] = parts;
  if (parts.length > 2 || parts.includes('')) throw refused('policy', word, 'NAME or NAMESPACE/NAME');
  return second === null
    ? { namespace: null, name: first, whole: word }
    : { namespace: first, name: second, whole: word };
}

/** What users write with or without `reserved:`. */
const RESERVED: ReadonlySet<string> = new Set(RESERVED_NAMES);

const PEER_FORMS =
  "an identity's number, a reserved name such as world, an IP address, NAMESPACE/NAME or a label KEY=VALUE";

function toPeer(word: string): PeerWord {
  if (/^\d+$/.test(word)) {
    const identity = Number(word);
    // 32 bits (Cilium pkg/identity.NumericIdentity).
    if (identity > 0xffff_ffff) throw refused('peer', word, PEER_FORMS);
    return { kind: 'identity', identity };
  }
  const reserved = word.replace(/^reserved:/, '');
  if (RESERVED.has(reserved)) return { kind: 'name', name: reserved };
  if (/^[^=\s]+=[^=\s]*$/.test(word)) return { kind: 'label', label: word };
  if (/^(?:cidr|fqdn|cidrgroup):\S+$/.test(word)) return { kind: 'name', name: word };
  const ip = canonicalIp(word);
  if (ip !== null) return { kind: 'ip', ip };
  if (/^\d+(?:\.\d+){3}\/\d+$/.test(word) || /:.*\/\d+$/.test(word)) throw refused('peer', word, PEER_FORMS);
  if (/^[^/\s]+\/[^/\s]+$/.test(word)) return { kind: 'name', name: word };
  throw refused('peer', word, PEER_FORMS);
}

/** One spelling for one address, as the datapath prints it; null for what is none. */
function canonicalIp(text: string): string | null {
  const parts = text.split('.');
  if (parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return text;
  if (!text.includes(':') || !/^[0-9a-fA-F:.]+$/.test(text)) return null;
  const host = URL.parse(`http://[${text}]/`)?.hostname;
  return host === undefined ? null : host.slice(1, -1);
}

function toPort(word: string): number {
  const port = Number(word);
  if (!/^\d{1,5}$/.test(word) || port > 65_535) throw refused('port', word, 'a number from 0 to 65535');
  return port;
}

/** The protocols that monitor names, by their IP numbers. */
const NUMBERED: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [58, 'icmpv6'],
  [132, 'sctp'],
]);
/** What Cilium's proxies speak. */
const LAYER_7 = ['http', 'dns', 'kafka', 'cassandra', 'memcache', 'r2d2'];

function toProtocol(word: string): string {
  const lower = word.toLowerCase();
  if (/^\d{1,3}$/.test(word) && Number(word) < 256) return NUMBERED.get(Number(word)) ?? String(Number(word));
  if ([...NUMBERED.values()].includes(lower) || LAYER_7.includes(lower)) return lower;
  throw refused('protocol', word, 'tcp, udp, icmp, icmpv6, sctp, the number of an IP protocol, or http, dns, kafka');
}

function toReason(word: string): string | number {
  const trimmed = word.trim();
  if (trimmed === '') throw refused('reason', word, 'a drop reason as Cilium prints it, or its number');
  if (!/^\d+$/.test(trimmed)) return plainReason(trimmed);
  // Cilium's codes are 8 bits (pkg/monitor/api/drop.go).
  if (Number(trimmed) > 255) throw refused('reason', word, 'a drop reason as Cilium prints it, or its number');
  return Number(trimmed);
}

/** `POLICY_DENIED` is Hubble's spelling of `Policy denied`. */
export function plainReason(text: string): string {
  return text.toLowerCase().replaceAll('_', ' ');
}
