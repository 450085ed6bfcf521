/** A packet that is printed as a hex dump, as 1.19 does it for drops with `-v -v`: its addresses, ports, flags and ICMP type. */
import { icmpText } from './icmp.ts';
import { ICMP, ICMPV6, SCTP, TCP, UDP } from './packet.ts';

/** Go's encoding/hex.Dump. */
const ROW = /^(?: ?\[ IP-TRACE-ID=\d{1,20}?)?([0-9a-f]{8}) ((?: {1,2}[0-9a-f]{2}){1,16}) *\|.{1,16}\|$/;
/** The datapath hands over 128 bytes at most; tunnels and other versions may hand over more. */
const MOST_BYTES = 512;
const ETHERNET_BYTES = 14;
const ETHERTYPES: ReadonlyMap<number, 4 | 6> = new Map([
  [0x0800, 4],
  [0x86dd, 6],
]);
/** Hop-by-hop, routing, destination options: each has its length in its second byte. */
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60]);
const FRAGMENT_HEADER = 44;
/** VXLAN on Cilium's port: eight bytes, the valid-VNI flag alone; then Ethernet. */
const VXLAN_PORT = 8472;
const VXLAN_FLAGS = 0x0800_0000;
const FLAGS = [
  ['SYN', 0x02],
  ['ACK', 0x10],
  ['RST', 0x04],
  ['FIN', 0x01],
] as const;

export interface DumpedPacket {
  readonly protocol: number;
  readonly source: string;
  readonly destination: string;
  readonly ports: readonly [source: number, destination: number] | null;
  /** What a summary says after the addresses: `tcp SYN`, `icmp EchoRequest`; null where it says nothing. */
  readonly transport: string | null;
}

interface Network {
  readonly protocol: number;
  readonly source: string;
  readonly destination: string;
  /** -1 where no header follows: a later fragment. */
  readonly next: number;
}

export class HexDump {
  private bytes: number[] = [];
  private isBroken = false;

  clear(): void {
    this.bytes = [];
    this.isBroken = false;
  }

  /** The next row; where one is missing, nothing is believed. */
  add(text: string): void {
    const [, offset, row = ''] = ROW.exec(text) ?? [];
    if (offset === undefined) return;
    if (Number.parseInt(offset, 16) !== this.bytes.length) this.isBroken = true;
    else if (this.bytes.length < MOST_BYTES) this.bytes.push(...row.trim().split(/ +/).map(toByte));
  }

  /** Null where it is no IP packet. */
  packet(): DumpedPacket | null {
    if (this.isBroken) return null;
    const view = new DataView(Uint8Array.from(this.bytes).buffer);
    // Of some devices there is no Ethernet.
    const network = readFrame(view, 0) ?? readIp(view, 0, null);
    return network === null ? null : readTransport(view, network);
  }
}

function toByte(hex: string): number {
  return Number.parseInt(hex, 16);
}

function readFrame(view: DataView, at: number): Network | null {
  if (view.byteLength < at + ETHERNET_BYTES) return null;
  const version = ETHERTYPES.get(view.getUint16(at + ETHERNET_BYTES - 2)) ?? null;
  return version === null ? null : readIp(view, at + ETHERNET_BYTES, version);
}

function readIp(view: DataView, at: number, version: 4 | 6 | null): Network | null {
  if (view.byteLength < at + 20) return null;
  const printed = view.getUint8(at) >> 4;
  if (version !== null && printed !== version) return null;
  if (printed === 4) return readV4(view, at);
  return printed === 6 ? readV6(view, at) : null;
}

function readV4(view: DataView, at: number): Network | null {
  const headerBytes = (view.getUint8(at) & 0xf) * 4;
  if (headerBytes < 20 || view.getUint16(at + 2) < headerBytes) return null;
  const isLaterFragment = (view.getUint16(at + 6) & 0x1fff) !== 0;
  return {
    protocol: view.getUint8(at + 9),
    source: v4Text(view, at + 12),
    destination: v4Text(view, at + 16),
    next: isLaterFragment ? -1 : at + headerBytes,
  };
}

function readV6(view: DataView, at: number): Network | null {
  if (view.byteLength < at + 40) return null;
  let protocol = view.getUint8(at + 6);
  let next = at + 40;
  while (next >= 0 && (EXTENSIONS.has(protocol) || protocol === FRAGMENT_HEADER)) {
    if (view.byteLength < next + 8) return null;
    const isFragment = protocol === FRAGMENT_HEADER;
    const isLaterFragment = isFragment && view.getUint16(next + 2) >> 3 !== 0;
    const length = isFragment ? 8 : (view.getUint8(next + 1) + 1) * 8;
    protocol = view.getUint8(next);
    next = isLaterFragment ? -1 : next + length;
  }
  return { protocol, source: v6Text(view, at + 8), destination: v6Text(view, at + 24), next };
}

function readTransport(view: DataView, network: Network): DumpedPacket | null {
  const { protocol, source, destination, next } = network;
  const hasPorts = protocol === TCP || protocol === UDP || protocol === SCTP;
  const bare = { protocol, source, destination, ports: null, transport: null };
  const hasHeader = hasPorts || protocol === ICMP || protocol === ICMPV6;
  if (next < 0 || !hasHeader) return bare;
  if (view.byteLength < next + (protocol === TCP ? 14 : 4)) return null;
  if (protocol === ICMP || protocol === ICMPV6) {
    const text = icmpText(view.getUint8(next), view.getUint8(next + 1), protocol === ICMP ? 4 : 6);
    return { ...bare, transport: `icmp ${text}` };
  }
  const ports = [view.getUint16(next), view.getUint16(next + 2)] as const;
  if (protocol === UDP && ports[1] === VXLAN_PORT) {
    const inner = readVxlan(view, next + 8);
    if (inner !== null) return inner;
  }
  return { ...bare, ports, transport: transportText(view, protocol, next) };
}

function readVxlan(view: DataView, at: number): DumpedPacket | null {
  if (view.byteLength < at + 8 || view.getUint32(at) !== VXLAN_FLAGS) return null;
  const network = readFrame(view, at + 8);
  return network === null ? null : readTransport(view, network);
}

function transportText(view: DataView, protocol: number, at: number): string {
  if (protocol !== TCP) return protocol === UDP ? 'udp' : 'sctp';
  const bits = view.getUint8(at + 13);
  const names = FLAGS.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name);
  return `tcp ${names.join(', ')}`;
}

function v4Text(view: DataView, at: number): string {
  return [0, 1, 2, 3].map((i) => view.getUint8(at + i)).join('.');
}

/** As Go prints it: the first of the longest runs of two or more zero groups becomes `::` (RFC 5952). */
function v6Text(view: DataView, at: number): string {
  const groups = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => view.getUint16(at + i * 2));
  let [from, length] = [0, 1];
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > length) [from, length] = [start, end - start];
  }
  const text = groups.map((group) => group.toString(16));
  if (length < 2) return text.join(':');
  return `${text.slice(0, from).join(':')}::${text.slice(from + length).join(':')}`;
}
