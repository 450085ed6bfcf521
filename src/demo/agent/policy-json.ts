/** Policies as the agent's commands print them as JSON: the rules, the selectors with whom they mean, and the policy map. */
import { DIRECTIONS } from '../../model/packet.ts';
import type { Datapath } from '../datapath/connection.ts';
import type { Endpoint } from '../datapath/endpoint.ts';
import { policyMapKey, withNumber } from '../datapath/realized.ts';
import type { PolicyOrigin } from '../datapath/rule.ts';
import { EVERYONE, parseLabel, type Selector } from '../datapath/selector.ts';
import { originLabels, type World } from '../datapath/world.ts';
import { goJson } from './monitor-json.ts';

function labelObjects(origin: PolicyOrigin): unknown[] {
  return originLabels(origin).map((label) => {
    const { source, key, value } = parseLabel(label);
    return { key, source, value };
  });
}

/** The text before 1.16 had one object a rule; only the labels and what is selected are of use to others. */
export function policyJson(world: World): string {
  const rules = world.specs().flatMap((spec) =>
    spec.rules.map((rule) => ({
      Subject: { selector: spec.subject.text },
      L3: rule.peers.map(({ text }) => ({ selector: text })),
      L4: rule.ports.map(({ port, name, protocol }) => ({ ports: [{ port: name ?? String(port), protocol }] })),
      Labels: labelObjects(spec.origin),
      DefaultDeny: spec.isolated.includes(rule.direction),
      Deny: rule.deny,
      Ingress: rule.direction === 'ingress',
      Node: false,
    })),
  );
  return `${goJson({ policy: goJson(rules, 2), revision: world.revision() }, 2)}\n\n`;
}

interface UsedSelector {
  readonly selector: Selector;
  readonly origins: Set<PolicyOrigin>;
  users: number;
}

export function selectorsJson(world: World): string {
  const used = new Map<string, UsedSelector>();
  const use = (selector: Selector, origin: PolicyOrigin | null) => {
    const known = used.get(selector.text) ?? { selector, origins: new Set<PolicyOrigin>(), users: 0 };
    used.set(selector.text, known);
    known.users += 1;
    if (origin !== null) known.origins.add(origin);
  };
  for (const spec of world.specs()) {
    use(spec.subject, spec.origin);
    if (spec.enforced.length > spec.isolated.length) use(EVERYONE, null);
    for (const { peers } of spec.rules) for (const peer of peers) use(peer, spec.origin);
  }
  const identities = world.identities();
  const rows = [...used.values()].map(({ selector, origins, users }) => ({
    identities: identities.flatMap(({ identity, parsedLabels }) => (selector.selects(parsedLabels) ? [identity] : [])),
    labels: [...origins].flatMap(labelObjects),
    selector: selector.text,
    users,
  }));
  return `${goJson(rows, 2)}\n\n`;
}

const NUMBERS: Readonly<Record<string, number>> = { ANY: 0, ICMP: 1, TCP: 6, UDP: 17 };
const NEVER = '18446744073709551615';
const BYTES_PER_PACKET = 87;

function swapBytes(port: number): number {
  return ((port & 0xff) << 8) | (port >> 8);
}

const NOTHING_COUNTED: ReadonlyMap<string, number> = new Map();

interface MapEntry {
  readonly identity: number;
  readonly ingress: boolean;
  readonly protocol: string;
  readonly port: number;
  readonly deny: boolean;
  readonly packets: number;
}

function mapEntries(endpoint: Endpoint, world: World, packetsOf: Datapath['packetsOf']): MapEntry[] {
  const policy = world.decidedBy(endpoint);
  const packets = world.countsPackets() ? packetsOf(endpoint) : NOTHING_COUNTED;
  return DIRECTIONS.flatMap((direction) => {
    const ingress = direction === 'ingress';
    const entry = (identity: number, protocol: string, port: number, deny: boolean): MapEntry => {
      const key = policyMapKey(direction, identity, protocol, port);
      return { identity, ingress, protocol, port, deny, packets: packets.get(key) ?? 0 };
    };
    const open = policy.enforced[direction] ? [] : [entry(0, 'ANY', 0, false)];
    const local = ingress ? [entry(1, 'ANY', 0, false)] : [];
    const own = policy.entries[direction].flatMap((written) => {
      const found = withNumber(written, endpoint.namedPorts);
      if (found === null) return [];
      const { protocol, port, selectors } = found;
      return selectors.flatMap(({ selector, deny }) =>
        (selector.everyone
          ? [0]
          : world
              .identities()
              .flatMap(({ identity, parsedLabels }) => (selector.selects(parsedLabels) ? [identity] : []))
        ).map((identity) => entry(identity, protocol, port, deny)),
      );
    });
    return [...open, ...local, ...own];
  });
}

/** Go prints its own structures here, and they changed: up to 1.12 and since 1.14. Numbers beyond 2^53 are kept as text. */
export function policyMapJson(endpoint: Endpoint, world: World, packetsOf: Datapath['packetsOf']): string {
  const { version } = world;
  const rows = mapEntries(endpoint, world, packetsOf).map(({ identity, ingress, protocol, port, deny, packets }) => {
    const number = NUMBERS[protocol] ?? 0;
    const direction = ingress ? 0 : 1;
    // Since 1.18 the counters are in a map of their own, and what is not in it has all bits set.
    const counted =
      packets === 0 && version.since(18)
        ? { Packets: NEVER, Bytes: NEVER }
        : { Packets: packets, Bytes: packets * BYTES_PER_PACKET };
    const flags = deny ? 1 : 0;
    if (!version.since(13)) {
      const key = { Identity: identity, DestPort: swapBytes(port), Nexthdr: number, TrafficDirection: direction };
      return {
        ProxyPort: 0,
        ...(version.since(10) ? { Flags: flags } : {}),
        Pad0: 0,
        Pad1: 0,
        Pad2: 0,
        ...counted,
        Key: key,
      };
    }
    const prefix = 40 + (number === 0 ? 0 : 8) + (port === 0 ? 0 : 16);
    return {
      ProxyPortNetwork: 0,
      Flags: flags | (port === 0 ? 0 : 192),
      AuthRequirement: 0,
      ...(version.since(17) ? { ProxyPortPriority: 0 } : {}),
      Pad1: 0,
      Pad2: 0,
      ...(version.since(19) ? { Cookie: 0 } : {}),
      ...counted,
      Key: {
        Prefixlen: prefix,
        Identity: identity,
        TrafficDirection: direction,
        Nexthdr: number,
        DestPortNetwork: swapBytes(port),
      },
    };
  });
  return `${goJson(rows, 2).replaceAll(`"${NEVER}"`, NEVER)}\n\n`;
}
