/** Owns the rules inside policies, as far as they are needed to tell which policy an entry of the realized policy came from. */
import * as v from 'valibot';
import type { Direction } from '../model/event.ts';
import { ciliumPeers, EVERYONE, networkPeer, type Peer, type Scope, UNREADABLE } from './policy-peer.ts';

export interface RulePort {
  /** `ANY` stands for every protocol. */
  readonly protocol: string;
  /** 0 is every port; a string is a port's name, or an ICMP type's. */
  readonly port: number | string;
  /** Never below a numbered `port`. */
  readonly endPort: number;
}

export interface PolicyRule {
  readonly deny: boolean;
  readonly peers: readonly Peer[];
  /** Null where they are not understood. */
  readonly ports: readonly RulePort[] | null;
}

const EVERY_PORT: RulePort = { protocol: 'ANY', port: 0, endPort: 0 };

const numberOrName = v.union([v.number(), v.string()]);
const portSchema = v.object({
  port: v.nullish(numberOrName),
  endPort: v.nullish(v.number()),
  protocol: v.nullish(v.string()),
});
const ports = v.nullish(v.array(portSchema));
const ciliumRule = v.looseObject({
  toPorts: v.nullish(v.array(v.object({ ports }))),
  icmps: v.nullish(
    v.array(v.object({ fields: v.nullish(v.array(v.object({ family: v.nullish(v.string()), type: numberOrName }))) })),
  ),
});
const peers = v.nullish(v.array(v.unknown()));
const networkPolicyRule = v.object({ from: peers, to: peers, ports });

export function readCiliumRules(
  section: readonly unknown[] | null | undefined,
  direction: Direction,
  deny: boolean,
  scope: Scope,
): PolicyRule[] {
  return (section ?? []).flatMap((raw) => {
    const read = v.safeParse(ciliumRule, raw);
    if (!read.success) return unreadable(deny);
    return ciliumRuleOf(ciliumPeers(read.output, direction, scope), ciliumPorts(read.output), deny) ?? [];
  });
}

/**
 * Without peers a rule is for everyone on its ports, and where it names neither, for nobody: `ingress: [{}]`
 * only isolates (Cilium pkg/policy/rule.go, mergeIngress). No more does a rule match whose lists of peers are empty.
 */
export function ciliumRuleOf(
  peers: readonly Peer[] | null,
  ports: readonly RulePort[],
  deny: boolean,
): PolicyRule | null {
  if (peers === null ? ports.length === 0 : peers.length === 0) return null;
  return { deny, peers: peers ?? [EVERYONE], ports: orEvery(ports) };
}

export function unreadable(deny: boolean): PolicyRule {
  return { deny, peers: [UNREADABLE], ports: null };
}

function ciliumPorts(rule: v.InferOutput<typeof ciliumRule>): RulePort[] {
  const ports = (rule.toPorts ?? []).flatMap(({ ports }) => (ports ?? []).map((port) => rulePort(port, 'ANY')));
  const icmps = (rule.icmps ?? []).flatMap(({ fields }) =>
    (fields ?? []).map(({ family, type }) => rulePort({ port: type }, family === 'IPv6' ? 'ICMPV6' : 'ICMP')),
  );
  return [...ports, ...icmps];
}

export function readNetworkPolicyRules(
  section: readonly unknown[] | null | undefined,
  direction: Direction,
  namespace: string,
): PolicyRule[] {
  return (section ?? []).map((raw) => {
    const read = v.safeParse(networkPolicyRule, raw);
    if (!read.success) return unreadable(false);
    const { from, to, ports } = read.output;
    const peers = (direction === 'ingress' ? from : to) ?? [];
    return {
      deny: false,
      peers: peers.length > 0 ? peers.flatMap((peer) => networkPeer(peer, namespace)) : [EVERYONE],
      ports: orEvery((ports ?? []).map((port) => rulePort(port, 'TCP'))),
    };
  });
}

/** Of a rule as the agent of 1.19 has it; null where they are not understood. */
export function portsOf(toPorts: readonly unknown[] | null | undefined): readonly RulePort[] | null {
  const read = v.safeParse(ciliumRule, { toPorts });
  return read.success ? ciliumPorts(read.output) : null;
}

function orEvery(ports: readonly RulePort[]): readonly RulePort[] {
  return ports.length > 0 ? ports : [EVERY_PORT];
}

function rulePort({ port, endPort, protocol }: v.InferOutput<typeof portSchema>, otherwise: string): RulePort {
  const first = typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : (port ?? 0);
  return {
    protocol: (protocol ?? otherwise).toUpperCase(),
    port: first,
    endPort: Math.max(typeof first === 'number' ? first : 0, endPort ?? 0),
  };
}
