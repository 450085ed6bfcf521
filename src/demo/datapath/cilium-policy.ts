/** CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy as rules. */

import * as v from 'valibot';
import type { Direction } from '../../model/event.ts';
import { DIRECTIONS } from '../../model/packet.ts';
import {
  EVERY_PORT,
  type PolicyOrigin,
  peerSelector,
  peerWithin,
  type Rule,
  type RulePort,
  rulePort,
  type Spec,
  within,
} from './rule.ts';
import {
  cidrSelector,
  EVERYONE,
  entitySelectors,
  fqdnSelector,
  LabelSelector,
  requirementsOf,
  type Selector,
  toSelector,
} from './selector.ts';

const List = v.nullish(v.array(v.looseObject({})));
const CiliumPort = v.object({
  port: v.nullish(v.string()),
  endPort: v.nullish(v.number()),
  protocol: v.nullish(v.string()),
});
const CiliumRule = v.object({
  endpoints: v.nullish(v.array(LabelSelector)),
  entities: v.nullish(v.array(v.string())),
  cidr: v.nullish(v.array(v.string())),
  fqdns: v.nullish(v.array(v.object({ matchName: v.nullish(v.string()), matchPattern: v.nullish(v.string()) }))),
  cidrSet: v.nullish(v.array(v.object({ cidr: v.string() }))),
  toPorts: v.nullish(
    v.array(
      v.object({
        ports: v.nullish(v.array(CiliumPort)),
        rules: v.nullish(
          v.object({
            http: v.nullish(v.array(v.object({ method: v.nullish(v.string()), path: v.nullish(v.string()) }))),
          }),
        ),
      }),
    ),
  ),
  icmps: v.nullish(
    v.array(v.object({ fields: v.nullish(v.array(v.object({ type: v.union([v.number(), v.string()]) }))) })),
  ),
});
const CiliumSpec = v.object({
  endpointSelector: v.nullish(LabelSelector),
  nodeSelector: v.nullish(LabelSelector),
  ingress: List,
  egress: List,
  ingressDeny: List,
  egressDeny: List,
  enableDefaultDeny: v.nullish(v.object({ ingress: v.nullish(v.boolean()), egress: v.nullish(v.boolean()) })),
});

function ciliumPorts(rule: v.InferOutput<typeof CiliumRule>): RulePort[] {
  const ports = (rule.toPorts ?? []).flatMap(({ ports, rules }) => {
    const http = rules?.http?.map(({ method, path }) => ({ method: method ?? null, path: path ?? null })) ?? null;
    return (ports ?? []).map((port) => rulePort(port.protocol ?? 'ANY', port.port ?? '0', port.endPort, http));
  });
  const icmps = (rule.icmps ?? []).flatMap(({ fields }) =>
    (fields ?? []).map(({ type }) => rulePort('ICMP', type === 'EchoRequest' ? 8 : type, null, null)),
  );
  return [...ports, ...icmps];
}

function ciliumRule(
  raw: Readonly<Record<string, unknown>>,
  direction: Direction,
  deny: boolean,
  namespace: string | null,
  local: boolean,
): Rule | null {
  const [endpoints, entities, cidr, cidrSet, fqdns] = ['Endpoints', 'Entities', 'CIDR', 'CIDRSet', 'FQDNs'].map(
    (what) => raw[`${direction === 'ingress' ? 'from' : 'to'}${what}`],
  );
  const rule = v.parse(CiliumRule, { ...raw, endpoints, entities, cidr, cidrSet, fqdns });
  const ports = ciliumPorts(rule);
  const named = [rule.endpoints, rule.entities, rule.cidr, rule.cidrSet, rule.fqdns].some(
    (peers) => peers !== null && peers !== undefined,
  );
  // `ingress: [{}]` isolates and lets nobody in.
  if (!named && ports.length === 0) return null;
  const peers = [
    ...(rule.endpoints ?? []).map((peer) => peerSelector(peerWithin(requirementsOf(peer, 'any'), namespace), local)),
    ...(rule.entities ?? []).flatMap(entitySelectors),
    ...(rule.cidr ?? []).map(cidrSelector),
    ...(rule.cidrSet ?? []).map((set) => cidrSelector(set.cidr)),
    ...(rule.fqdns ?? []).map(fqdnSelector),
  ];
  return { direction, deny, peers: named ? peers : [EVERYONE], ports: ports.length > 0 ? ports : [EVERY_PORT] };
}

function subjectOf(spec: v.InferOutput<typeof CiliumSpec>, namespace: string | null): Selector {
  const { endpointSelector, nodeSelector } = spec;
  // The host firewall is off, as Cilium is shipped.
  if (nodeSelector)
    return { ...toSelector(requirementsOf(nodeSelector, 'any')), everyone: false, selects: () => false };
  return toSelector(within(requirementsOf(endpointSelector ?? {}, 'any'), namespace));
}

export function ciliumSpec(raw: unknown, origin: PolicyOrigin, local: boolean): Spec {
  const spec = v.parse(CiliumSpec, raw);
  const { namespace } = origin;
  const sections: Readonly<Record<Direction, { allow: typeof spec.ingress; deny: typeof spec.ingress }>> = {
    ingress: { allow: spec.ingress, deny: spec.ingressDeny },
    egress: { allow: spec.egress, deny: spec.egressDeny },
  };
  const directions = DIRECTIONS.filter(
    (direction) => (sections[direction].allow?.length ?? 0) + (sections[direction].deny?.length ?? 0) > 0,
  );
  const rules = directions.flatMap((direction) => [
    ...(sections[direction].allow ?? []).map((rule) => ciliumRule(rule, direction, false, namespace, local)),
    ...(sections[direction].deny ?? []).map((rule) => ciliumRule(rule, direction, true, namespace, local)),
  ]);
  return {
    origin,
    subject: subjectOf(spec, namespace),
    rules: rules.filter((rule) => rule !== null),
    enforced: directions,
    isolated: directions.filter((direction) => spec.enableDefaultDeny?.[direction] !== false),
  };
}
