/** Owns the datapath's policy map of an endpoint, as `bpf policy get ID -o json` and `bpf policy get --all -o json` print it. */
import * as v from 'valibot';
import type { Direction, MatchType, Verdict } from '../model/event.ts';

/** One key of the map: the numbers of a packet that it is for, and what it counted. */
export interface MapEntry {
  /** Tells it from the other entries of its endpoint. */
  readonly key: string;
  readonly direction: Direction;
  /** 0 for everyone. */
  readonly identity: number;
  /** The IP protocol number; 0 for all. */
  readonly protocol: number;
  /** The last of its ports, or the ICMP type; null for all. */
  readonly port: number | null;
  readonly deny: boolean;
  readonly redirects: boolean;
  /** Null where the datapath has no counter for it (any more): all its bits are set then (1.18 on). */
  readonly packets: bigint | null;
  readonly bytes: bigint | null;
}

export interface EndpointMap {
  /** Null where one endpoint was asked for, which the answer does not repeat. */
  readonly endpoint: number | null;
  readonly entries: readonly MapEntry[];
}

/** JSON's numbers end at 2^53 here, and these do not. */
const COUNTER = /"(Packets|Bytes)":\s*(\d+)/gu;
const NO_COUNTER = 2n ** 64n - 1n;
const DENY = 1;
/** Identity and direction come before the protocol, which comes before the port (Cilium pkg/maps/policymap, StaticPrefixBits). */
const PROTOCOL_BITS = 48;
const WHOLE_BITS = 64;

const counter = v.nullish(
  v.pipe(
    v.string(),
    v.regex(/^\d{1,20}$/u),
    v.transform((digits) => BigInt(digits)),
  ),
);
const entrySchema = v.object({
  Flags: v.nullish(v.number()),
  ProxyPort: v.nullish(v.number()),
  ProxyPortNetwork: v.nullish(v.number()),
  Packets: counter,
  Bytes: counter,
  Key: v.object({
    Prefixlen: v.nullish(v.number()),
    Identity: v.number(),
    TrafficDirection: v.picklist([0, 1]),
    Nexthdr: v.number(),
    DestPort: v.nullish(v.number()),
    DestPortNetwork: v.nullish(v.number()),
  }),
});
const oneSchema = v.array(entrySchema);
const allSchema = v.array(
  v.object({
    EndpointID: v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.integer()),
    Content: v.nullish(oneSchema),
  }),
);
const printedSchema = v.pipe(v.string(), v.parseJson(), v.union([oneSchema, allSchema]));

/** Null where the text is not what the command prints. */
export function readPolicyMaps(text: string): EndpointMap[] | null {
  const read = v.safeParse(printedSchema, text.replace(COUNTER, '"$1":"$2"'));
  if (!read.success) return null;
  const own: MapEntry[] = [];
  const maps: EndpointMap[] = [];
  for (const item of read.output) {
    if ('Key' in item) own.push(mapEntry(item));
    else maps.push({ endpoint: item.EndpointID, entries: (item.Content ?? []).map(mapEntry) });
  }
  return maps.length > 0 ? maps : [{ endpoint: null, entries: own }];
}

function mapEntry(raw: v.InferOutput<typeof entrySchema>): MapEntry {
  const { Key: key, Flags: flags, Packets: packets, Bytes: bytes } = raw;
  const port = swapBytes(key.DestPortNetwork ?? key.DestPort ?? 0);
  // Before 1.14 there are no prefixes, and port 0 is all of them.
  const prefix = key.Prefixlen ?? 0;
  const hasPort = port !== 0 || prefix > PROTOCOL_BITS;
  return {
    key: [key.TrafficDirection, key.Identity, key.Nexthdr, port, prefix].join(' '),
    direction: key.TrafficDirection === 0 ? 'ingress' : 'egress',
    identity: key.Identity,
    protocol: key.Nexthdr,
    // Single ports and narrower ranges begin where a range does more often than where it ends.
    port: hasPort ? port | portsBelow(prefix) : null,
    deny: ((flags ?? 0) & DENY) !== 0,
    redirects: (raw.ProxyPortNetwork ?? raw.ProxyPort ?? 0) !== 0,
    packets: counted(packets),
    bytes: counted(bytes),
  };
}

/** A range of ports is a prefix of them: the bits that it leaves open. */
function portsBelow(prefix: number): number {
  return prefix > PROTOCOL_BITS && prefix < WHOLE_BITS ? 2 ** (WHOLE_BITS - prefix) - 1 : 0;
}

function counted(count: bigint | null | undefined): bigint | null {
  return count === undefined || count === null || count >= NO_COUNTER ? null : count;
}

/** Ports are in the network's byte order, printed as if they were in the machine's. */
function swapBytes(port: number): number {
  return ((port & 0xff) << 8) | ((port >> 8) & 0xff);
}

const ICMP = 1;
const ICMPV6 = 58;
const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [0, 'ANY'],
  [ICMP, 'ICMP'],
  [6, 'TCP'],
  [17, 'UDP'],
  [ICMPV6, 'ICMPv6'],
  [132, 'SCTP'],
]);

/** The verdict that the datapath would report for a packet which this entry decided. */
export function verdictOfEntry(entry: MapEntry, endpoint: number): Verdict {
  const { direction, identity, protocol, port, deny, redirects } = entry;
  const isIcmp = protocol === ICMP || protocol === ICMPV6;
  return {
    type: 'policy-verdict',
    dialect: 'cilium',
    endpoint,
    direction,
    action: deny ? 'deny' : redirects ? 'redirect' : 'allow',
    audit: false,
    remoteIdentity: identity === 0 ? null : identity,
    protocol: PROTOCOLS.get(protocol) ?? String(protocol),
    match: matchOf(entry),
    auth: null,
    source: null,
    destination: null,
    destinationPort: isIcmp ? null : port,
    tcpFlags: [],
    icmp: isIcmp && port !== null ? { text: '', type: port, code: null } : null,
    flow: null,
    flowKey: 0,
    policyName: null,
    hubble: null,
  };
}

function matchOf({ identity, protocol, port }: MapEntry): MatchType {
  if (port !== null) return identity === 0 ? 'L4-Only' : 'L3-L4';
  if (protocol !== 0) return identity === 0 ? 'Proto-Only' : 'L3-Proto';
  return identity === 0 ? 'all' : 'L3-Only';
}
