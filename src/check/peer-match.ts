/** Owns whether the other side of a verdict is the peer that an expectation names. */
import ipaddr from 'ipaddr.js';
import type { IdentityLookup, IdentityName } from '../model/cluster.ts';
import type { Verdict } from '../model/event.ts';
import type { HubbleEndpoint } from '../model/hubble.ts';
import type { PeerPattern } from './expectation.ts';

/** What a verdict tells of its other side. */
export interface MetPeer {
  readonly identity: number | null;
  readonly node: string | null;
  readonly ip: string | null;
  readonly hubble: HubbleEndpoint | null;
}

/** Cilium pkg/k8s/apis/cilium.io, PodNamespaceLabel. */
const NAMESPACE_LABEL = 'io.kubernetes.pod.namespace';

type PodPattern = Extract<PeerPattern, { kind: 'pod' }>;

export function metPeer(
  { direction, source, destination, hubble, remoteIdentity }: Verdict,
  node: string | null,
): MetPeer {
  const isIngress = direction === 'ingress';
  return {
    identity: remoteIdentity,
    node,
    ip: (isIngress ? source : destination)?.ip ?? null,
    hubble: (isIngress ? hubble?.source : hubble?.destination) ?? null,
  };
}

/** A name may become known after the verdict: ask again rather than keep a no. */
export function isPeer(peer: PeerPattern, met: MetPeer, identityName: IdentityLookup): boolean {
  const named = met.identity === null ? null : identityName(met.identity, met.node);
  switch (peer.kind) {
    case 'identity':
      return met.identity === peer.identity;
    case 'labels':
      return peer.labels.every(({ key, value }) => hasLabel(met, named, key, value));
    case 'pod': {
      const [namespace, name] = splitName(named?.name ?? '');
      if (isNamed(peer, namespace, [name])) return true;
      const { hubble } = met;
      return (
        hubble !== null && isNamed(peer, hubble.namespace, [hubble.pod, ...hubble.workloads.map((each) => each.name)])
      );
    }
    case 'namespace':
      return met.hubble?.namespace === peer.namespace || hasLabel(met, named, NAMESPACE_LABEL, peer.namespace);
    case 'cidr':
      return met.ip !== null && isInRange(met.ip, peer.cidr);
  }
}

/** `k8s:class=xwing` is the label `class=xwing`. */
function hasLabel({ hubble }: MetPeer, named: IdentityName | null, key: string, value: string): boolean {
  const labels = [...(hubble?.labels ?? []), ...(named?.labels ?? [])];
  return labels.some((label) => label.replace(/^[a-z0-9-]+:/, '') === `${key}=${value}`);
}

function isNamed(
  { namespace, name }: PodPattern,
  ofNamespace: string | null,
  names: readonly (string | null)[],
): boolean {
  return (namespace === null || namespace === ofNamespace) && names.includes(name);
}

/** `default/tiefighter`, to which a person's form adds labels. */
function splitName(text: string): [namespace: string | null, name: string | null] {
  const [whole = ''] = text.split(' ');
  const slash = whole.indexOf('/');
  return slash < 0 ? [null, null] : [whole.slice(0, slash), whole.slice(slash + 1)];
}

function isInRange(ip: string, cidr: string): boolean {
  if (!ipaddr.isValid(ip)) return false;
  const address = ipaddr.parse(ip);
  const [range, bits] = cidr.includes('/') ? ipaddr.parseCIDR(cidr) : whole(ipaddr.parse(cidr));
  return address.kind() === range.kind() && address.match(range, bits);
}

function whole(address: ipaddr.IPv4 | ipaddr.IPv6): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}
