/** Owns whether the other side of a verdict is the peer that an expectation names. */
import ipaddr from 'ipaddr.js';
import { FIRST_LOCAL_IDENTITY, type IdentityLookup, type IdentityName } from '../model/cluster.ts';
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

/** Cilium pkg/identity/numericidentity.go, 1.19: of both families, and of each where a cluster has both. */
const WORLD = 2;
const WORLDS: readonly number[] = [WORLD, 9, 10];
const WORLD_LABEL = /^(?:reserved:world(?:-ipv[46])?$|cidr:|fqdn:|cidrgroup:)/;

/** Cilium pkg/k8s/apis/cilium.io, PodNamespaceLabel. */
const NAMESPACE_LABEL = 'io.kubernetes.pod.namespace';

export type PodPattern = Extract<PeerPattern, { kind: 'pod' }>;

/** Who is who, as far as it is known by now. */
export interface PeerNames {
  readonly identityName: IdentityLookup;
  /** Of the pods of this name; null where nobody knows which they are. */
  readonly podAddresses: (pod: PodPattern) => readonly string[] | null;
}

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

/** Null where nobody can tell. A name may become known after the verdict: ask again rather than keep it. */
export function isPeer(peer: PeerPattern, met: MetPeer, names: PeerNames): boolean | null {
  switch (peer.kind) {
    case 'identity':
      return peer.identity === WORLD ? isWorld(met, names) : isNumber(met, peer.identity);
    case 'labels':
      return hasLabels(met, peer.labels, names);
    case 'pod':
      return isPod(peer, met, names);
    case 'namespace':
      if (met.hubble !== null && met.hubble.namespace !== null) return met.hubble.namespace === peer.namespace;
      return hasLabels(met, [{ key: NAMESPACE_LABEL, value: peer.namespace }], names);
    case 'cidr':
      return met.ip === null ? null : isInRange(met.ip, peer.cidr);
  }
}

function isNumber({ identity }: MetPeer, wanted: number): boolean | null {
  return identity === null ? null : identity === wanted;
}

/** Ranges that a policy names have numbers of their own, and are outside all the same. */
function isWorld(met: MetPeer, names: PeerNames): boolean | null {
  const { identity } = met;
  if (identity === null || identity < FIRST_LOCAL_IDENTITY) return identity === null ? null : WORLDS.includes(identity);
  const told = met.hubble?.labels ?? [];
  const labels = told.length > 0 ? told : namesOf(met, names).flatMap((named) => named.labels);
  return labels.length === 0 ? null : labels.some((label) => WORLD_LABEL.test(label));
}

/** The names that its number has now, and had. */
function namesOf({ identity, node }: MetPeer, { identityName }: PeerNames): readonly Omit<IdentityName, 'formerly'>[] {
  const named = identity === null ? null : identityName(identity, node);
  return named === null ? [] : [named, ...(named.formerly ?? [])];
}

/** Whose number was given to somebody else is both of them. */
function agreed(answers: readonly boolean[]): boolean | null {
  const [first = null] = answers;
  return answers.every((answer) => answer === first) ? first : null;
}

/** `k8s:class=xwing` is the label `class=xwing`. */
function hasLabels(
  met: MetPeer,
  wanted: Extract<PeerPattern, { kind: 'labels' }>['labels'],
  names: PeerNames,
): boolean | null {
  const told = met.hubble?.labels ?? [];
  const known = told.length > 0 ? [told] : namesOf(met, names).map(({ labels }) => labels);
  const isKnown = ({ length }: readonly string[]) => length > 0;
  if (!known.every(isKnown)) return null;
  return agreed(
    known.map((labels) => {
      const plain = labels.map((label) => label.replace(/^[a-z0-9-]+:/, ''));
      return wanted.every(
        ({ key, value }) => plain.includes(`${key}=${value}`) || (value === '' && plain.includes(key)),
      );
    }),
  );
}

function isPod(peer: PodPattern, met: MetPeer, names: PeerNames): boolean | null {
  const { hubble, ip } = met;
  const addresses = names.podAddresses(peer);
  if (ip !== null && addresses?.includes(ip) === true) return true;
  const isTold = hubble !== null && hubble.pod !== null;
  if (isTold && isNamed(peer, hubble.namespace, [hubble.pod, ...hubble.workloads.map((each) => each.name)]))
    return true;
  const known = namesOf(met, names);
  const called = agreed(known.map(({ name }) => isNamed(peer, ...splitName(name))));
  if (called === true) return true;
  if (isTold || (ip !== null && addresses !== null)) return false;
  return known.length > 0 && known.every(({ labels }) => isElsewhere(peer, labels)) ? false : null;
}

function isNamed(
  { namespace, name }: PodPattern,
  ofNamespace: string | null,
  names: readonly (string | null)[],
): boolean {
  return (namespace === null || namespace === ofNamespace) && names.includes(name);
}

/** The labels are of no pod, or of one in another namespace. */
function isElsewhere({ namespace }: PodPattern, labels: readonly string[]): boolean {
  const own = labels.find((label) => label.includes(`${NAMESPACE_LABEL}=`));
  return labels.length > 0 && (own === undefined || (namespace !== null && !own.endsWith(`=${namespace}`)));
}

/** `default/tiefighter`, to which a person's form adds labels. */
function splitName(text: string): [namespace: string | null, names: readonly string[]] {
  const [whole = ''] = text.split(' ');
  const slash = whole.indexOf('/');
  return slash < 0 ? [null, []] : [whole.slice(0, slash), [whole.slice(slash + 1)]];
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
