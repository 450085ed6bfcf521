/** The layers of a packet as gopacket prints them, one a line or one a field of JSON, put together into a summary of the packet. */
import type { PacketDescription } from '../model/datapath-event.ts';
import { describePacket } from './described-packet.ts';
import { type DumpedPacket, HexDump } from './hex-dump.ts';
import { type JsonObject, objectOf, textOf } from './json-fields.ts';
import { ICMP, ICMPV6, SCTP, TCP, UDP } from './packet.ts';

const LAYER = /^([A-Za-z0-9]+)\t\{(.*)\}$/;
const ADDRESSES = / (?:Protocol|NextHeader)=(\S+) (?:\S+ )*SrcIP=([0-9a-f.:]+) DstIP=([0-9a-f.:]+)(?: |$)/;
const PORTS = / SrcPort=(\d{1,5})(?:\(\S*\))? DstPort=(\d{1,5})(?:\(\S*\))? /;
/** `EchoRequest(Code: 3)` has a blank. */
const TYPE = / TypeCode=([^\s(]+(?:\([^)]*\))?) /;
const FLAG = / (SYN|ACK|RST|FIN)=true(?= |$)/g;
const LATER_FRAGMENT = / FragOffset=[1-9]/;
/** Layers that tell nothing which a summary says; any other name may be what is left of a damaged one. */
const SILENT_LAYERS: ReadonlySet<string> = new Set([
  ...['Ethernet', 'VXLAN', 'Geneve', 'GRE', 'ARP', 'VRRP', 'VRRPv2', 'IGMP', 'IGMPv1or2', 'IPv6Fragment'],
]);
const FLAG_ORDER = ['SYN', 'ACK', 'RST', 'FIN'] as const;
/** gopacket layers/enums.go. */
const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['TCP', TCP],
  ['UDP', UDP],
  ['SCTP', SCTP],
  ['ICMPv4', ICMP],
  ['ICMPv6', ICMPV6],
  ['IGMP', 2],
  ['GRE', 47],
  ['ESP', 50],
  ['AH', 51],
  ['VRRP', 112],
]);

/** Not SCTP, which programs know from 1.13 on only. */
const HAS_HEADER: ReadonlySet<string> = new Set(['TCP', 'UDP', 'ICMPv4', 'ICMPv6']);

/** Whatever stands on a line of its own under a packet. */
export const DETAIL =
  /^(?:-{4,}|[A-Za-z0-9]+\t\{.*\}| {0,4}Failed to decode layer: .+| {0,4}Packet has been truncated|Unknown layer| ?\[ IP-TRACE-ID=.*|[0-9a-f]{8} [ 0-9a-f]{1,60}\|.{1,16}\|)$/;

export class Dissection {
  private network: { readonly protocol: string; readonly source: string; readonly destination: string } | null = null;
  private transport: string | null = null;
  private hasPorts = false;
  private sourcePort = '';
  private destinationPort = '';
  private isFragment = false;
  /** A layer is missing or damaged: what the others say belongs to different packets, perhaps. */
  private isBroken = false;
  private readonly dump = new HexDump();

  clear(): void {
    this.dump.clear();
    this.isBroken = false;
    this.clearLayers();
  }

  private clearLayers(): void {
    this.network = null;
    this.transport = null;
    this.hasPorts = false;
  }

  /** The next layer; one inside a tunnel takes the place of the one around it. */
  add(text: string): void {
    const [, name, fields = ''] = LAYER.exec(text) ?? [];
    if (name === undefined) this.dump.add(text);
    else if (name === 'IPv4' || name === 'IPv6') this.addNetwork(fields);
    else if (name === 'TCP' || name === 'UDP' || name === 'SCTP') this.addPorts(name.toLowerCase(), fields);
    else if (name === 'ICMPv4' || name === 'ICMPv6') this.addTransport(`icmp ${TYPE.exec(`${fields} `)?.[1] ?? ''}`);
    else if (!SILENT_LAYERS.has(name)) this.isBroken = true;
  }

  /** Each is inside a network layer of its own. */
  private addTransport(text: string): void {
    if (this.transport !== null) this.isBroken = true;
    this.transport = text;
  }

  private addNetwork(fields: string): void {
    const [, protocol, source, destination] = ADDRESSES.exec(fields) ?? [];
    // The layer of a tunnel around this one was whole.
    if (this.network !== null && this.transport === null) this.isBroken = true;
    this.clearLayers();
    if (protocol === undefined || source === undefined || destination === undefined) return;
    this.isFragment = LATER_FRAGMENT.test(fields);
    this.network = { protocol, source, destination };
  }

  private addPorts(word: string, fields: string): void {
    const [, source, destination] = PORTS.exec(` ${fields} `) ?? [];
    if (source === undefined || destination === undefined) return;
    this.hasPorts = true;
    this.sourcePort = source;
    this.destinationPort = destination;
    const set = new Set(Array.from(fields.matchAll(FLAG), ([, flag]) => flag));
    this.addTransport(word === 'tcp' ? `tcp ${FLAG_ORDER.filter((flag) => set.has(flag)).join(', ')}` : word);
  }

  /** Null where nothing tells addresses. */
  packet(): PacketDescription | null {
    const { network, transport, hasPorts } = this;
    if (this.isBroken) return null;
    if (network === null) {
      const dumped = this.dump.packet();
      return dumped === null ? null : describe(dumped);
    }
    if (transport === null && !this.isFragment && HAS_HEADER.has(network.protocol)) return null;
    const ports = hasPorts ? ([Number(this.sourcePort), Number(this.destinationPort)] as const) : null;
    return describe({ ...network, protocol: PROTOCOLS.get(network.protocol) ?? -1, ports, transport });
  }
}

function describe({ protocol, source, destination, ports, transport }: DumpedPacket): PacketDescription | null {
  const from = ports === null ? source : withPort(source, ports[0]);
  const to = ports === null ? destination : withPort(destination, ports[1]);
  // What is in an ICMP packet is not always there to be told.
  const isBare = transport === null && (protocol === ICMP || protocol === ICMPV6);
  const packet = describePacket(`${from} -> ${to}${transport === null ? '' : ` ${transport}`}`, isBare ? -1 : protocol);
  if (!isBare || packet === null) return packet;
  return { ...packet, protocol: protocol === ICMP ? 'ICMP' : 'ICMPv6' };
}

function withPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

const layers = new Dissection();

/** The layers in the `summary` of monitor's JSON: one of each kind, those of the innermost packet. */
export function packetOfLayers(summary: JsonObject): PacketDescription | null {
  layers.clear();
  const innermost = textOf(objectOf(summary, 'l3') ?? {}, 'src');
  const networks = [textOf(summary, 'ipv4'), textOf(summary, 'ipv6')].filter((text) => text !== null);
  const network = networks.find((text) => text.includes(` SrcIP=${innermost} `)) ?? networks[0];
  if (network === undefined) return null;
  layers.add(network);
  for (const name of ['tcp', 'udp', 'sctp', 'icmpv4', 'icmpv6']) {
    const text = textOf(summary, name);
    if (text !== null) layers.add(text);
  }
  return layers.packet();
}
