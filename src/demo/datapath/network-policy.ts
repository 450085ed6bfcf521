/** NetworkPolicy as rules. */

import * as v from 'valibot';
import { DIRECTIONS } from '../../model/packet.ts';
import {
  EVERY_PORT,
  NAMESPACE_LABELS,
  type PolicyOrigin,
  peerSelector,
  peerWithin,
  type Rule,
  rulePort,
  type Spec,
  within,
} from './rule.ts';
import { cidrSelector, EVERYONE, LabelSelector, requirementsOf, type Selector, toSelector } from './selector.ts';

const List = v.nullish(v.array(v.looseObject({})));
const NetworkPeer = v.object({
  podSelector: v.nullish(LabelSelector),
  namespaceSelector: v.nullish(LabelSelector),
  ipBlock: v.nullish(v.object({ cidr: v.string() })),
});
const NetworkRule = v.object({
  peers: v.nullish(v.array(NetworkPeer)),
  ports: v.nullish(
    v.array(
      v.object({
        port: v.nullish(v.union([v.number(), v.string()])),
        endPort: v.nullish(v.number()),
        protocol: v.nullish(v.string()),
      }),
    ),
  ),
});
const NetworkSpec = v.object({
  podSelector: v.nullish(LabelSelector),
  policyTypes: v.nullish(v.array(v.string())),
  ingress: List,
  egress: List,
});

function networkPeer(peer: v.InferOutput<typeof NetworkPeer>, namespace: string | null, local: boolean): Selector {
  if (peer.ipBlock) return cidrSelector(peer.ipBlock.cidr);
  const pods = requirementsOf(peer.podSelector ?? {}, 'k8s');
  if (!peer.namespaceSelector) return peerSelector(within(pods, namespace), local);
  const namespaces = requirementsOf(peer.namespaceSelector, 'k8s', NAMESPACE_LABELS);
  // Every namespace is one all the same, which the world has none of (Cilium pkg/k8s/network_policy.go).
  return peerSelector([...pods, ...(namespaces.length > 0 ? namespaces : peerWithin([], null))], local);
}

export function networkSpec(raw: unknown, origin: PolicyOrigin, local: boolean): Spec {
  const spec = v.parse(NetworkSpec, raw);
  const types = spec.policyTypes ?? ['Ingress', ...(spec.egress ? ['Egress'] : [])];
  const directions = DIRECTIONS.filter((direction) => types.some((type) => type.toLowerCase() === direction));
  const rules = directions.flatMap((direction) =>
    (spec[direction] ?? []).map((rawRule): Rule => {
      const rule = v.parse(NetworkRule, { ...rawRule, peers: rawRule[direction === 'ingress' ? 'from' : 'to'] });
      const peers = (rule.peers ?? []).map((peer) => networkPeer(peer, origin.namespace, local));
      const ports = (rule.ports ?? []).map((port) =>
        rulePort(port.protocol ?? 'TCP', port.port ?? 0, port.endPort, null),
      );
      return {
        direction,
        deny: false,
        peers: peers.length > 0 ? peers : [EVERYONE],
        ports: ports.length > 0 ? ports : [EVERY_PORT],
      };
    }),
  );
  const subject = toSelector(within(requirementsOf(spec.podSelector ?? {}, 'k8s'), origin.namespace));
  return { origin, subject, rules, enforced: directions, isolated: directions };
}
