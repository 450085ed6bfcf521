/** Owns how a peer is written: labels, a pod, an identity or its reserved name, an address range. */
import ipaddr from 'ipaddr.js';
import type { PeerPattern } from './expectation.ts';
import type { Scanner } from './scan.ts';

/** Cilium pkg/identity/numericidentity.go, 1.19. */
const RESERVED: ReadonlyMap<string, number> = new Map([
  ['unknown', 0],
  ['host', 1],
  ['world', 2],
  ['unmanaged', 3],
  ['health', 4],
  ['init', 5],
  ['remote-node', 6],
  ['kube-apiserver', 7],
  ['ingress', 8],
  ['world-ipv4', 9],
  ['world-ipv6', 10],
]);

const PHRASE = /\S+/y;
const LABELS = /^[^=,\s]+=[^=,\s]*(?:,[^=,\s]+=[^=,\s]*)*$/;
const NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;
const HIGHEST_IDENTITY = 0xffff_ffff;

const WANTED = 'a peer: LABEL=VALUE[,…], POD, NAMESPACE/POD, NAMESPACE/*, a CIDR, an identity, world, host, …';

export function readPeer(scanner: Scanner): PeerPattern {
  const at = scanner.at;
  const word = scanner.need(PHRASE, WANTED);
  if (LABELS.test(word)) return labelsPeer(word.split(',').map(splitLabel));
  const [namespace, all] = word.split('/*');
  if (namespace !== undefined && all === '') return namespacePeer(namespace) ?? scanner.fail(WANTED, at);
  const found = /^\d+$/.test(word) ? identityPeer(word) : (identityPeer(word) ?? cidrPeer(word) ?? podPeer(word));
  return found ?? scanner.fail(WANTED, at);
}

/** A number, or a reserved name; null for anything else. */
export function identityPeer(text: string): PeerPattern | null {
  const identity = RESERVED.get(text.replace(/^reserved:/, '')) ?? (/^\d+$/.test(text) ? Number(text) : null);
  return identity === null || identity > HIGHEST_IDENTITY ? null : { kind: 'identity', identity };
}

export function cidrPeer(text: string): PeerPattern | null {
  const isRange = text.includes('/')
    ? ipaddr.isValidCIDR(text)
    : ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
  return isRange ? { kind: 'cidr', cidr: text } : null;
}

/** `POD` or `NAMESPACE/POD`. */
export function podPeer(text: string): PeerPattern | null {
  const parts = text.split('/');
  if (parts.length > 2 || !parts.every((part) => NAME.test(part))) return null;
  return { kind: 'pod', namespace: parts.length === 2 ? (parts[0] ?? null) : null, name: parts.at(-1) ?? '' };
}

export function namespacePeer(namespace: string): PeerPattern | null {
  return NAME.test(namespace) ? { kind: 'namespace', namespace } : null;
}

/** `k8s:` and `any:` are Cilium's own prefixes; a label is known by its key without them. */
export function labelsPeer(labels: readonly (readonly [key: string, value: string])[]): PeerPattern {
  return { kind: 'labels', labels: labels.map(([key, value]) => ({ key: key.replace(/^(?:k8s|any):/, ''), value })) };
}

function splitLabel(text: string): readonly [key: string, value: string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}
