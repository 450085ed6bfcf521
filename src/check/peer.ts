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
  if (LABELS.test(word)) return { kind: 'labels', labels: word.split(',').map(readLabel) };
  const identity = RESERVED.get(word.replace(/^reserved:/, '')) ?? (/^\d+$/.test(word) ? Number(word) : null);
  if (identity !== null)
    return identity <= HIGHEST_IDENTITY ? { kind: 'identity', identity } : scanner.fail(WANTED, at);
  if (isRange(word)) return { kind: 'cidr', cidr: word };
  const parts = word.split('/');
  if (parts.length === 2 && parts[1] === '*' && NAME.test(parts[0] ?? ''))
    return { kind: 'namespace', namespace: parts[0] ?? '' };
  const name = parts.at(-1) ?? '';
  if (parts.length > 2 || !parts.every((part) => NAME.test(part))) return scanner.fail(WANTED, at);
  return { kind: 'pod', namespace: parts.length === 2 ? (parts[0] ?? null) : null, name };
}

/** `k8s:` and `any:` are Cilium's own prefixes; a label is known by its key without them. */
function readLabel(text: string): { key: string; value: string } {
  const at = text.indexOf('=');
  return { key: text.slice(0, at).replace(/^(?:k8s|any):/, ''), value: text.slice(at + 1) };
}

function isRange(text: string): boolean {
  return text.includes('/')
    ? ipaddr.isValidCIDR(text)
    : ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}
