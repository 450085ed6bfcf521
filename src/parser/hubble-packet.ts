/** The packet of a flow in Hubble's JSON, as the fields of a record. */
import type { PacketDescription } from '../model/datapath-event.ts';
import { described, describePacket, NO_PACKET } from './described-packet.ts';
import { icmpText } from './icmp.ts';
import { type JsonObject, numberOf, objectOf, textOf } from './json-fields.ts';
import { ICMP, ICMPV6, SCTP, TCP, UDP } from './packet.ts';

/** In the order in which monitor prints them, with the others behind. */
const FLAGS = ['SYN', 'ACK', 'RST', 'FIN', 'PSH', 'URG', 'ECE', 'CWR', 'NS'] as const;
const PRINTED_FLAGS = 4;

/** Valid until the next call. */
export const flowPacket = { flowKey: 0 };

/** Null where what the flow says of its packet cannot be. */
export function readFlowPacket(flow: JsonObject): PacketDescription | null {
  flowPacket.flowKey = 0;
  const ip = objectOf(flow, 'IP');
  if (ip === null) return NO_PACKET;
  const source = textOf(ip, 'source') ?? '';
  const destination = textOf(ip, 'destination') ?? '';
  // Encrypted traffic, and what is no IP at all.
  if (source === '' || destination === '') return NO_PACKET;
  const packet = describe(source, destination, objectOf(flow, 'l4') ?? {});
  if (packet === null) return null;
  flowPacket.flowKey = described.flowKey;
  return packet;
}

function describe(source: string, destination: string, l4: JsonObject): PacketDescription | null {
  const tcp = objectOf(l4, 'TCP');
  if (tcp !== null) {
    const flags = objectOf(tcp, 'flags') ?? {};
    const set = FLAGS.filter((flag) => flags[flag] === true);
    const printed = set.filter((flag) => FLAGS.indexOf(flag) < PRINTED_FLAGS);
    const packet = describePacket(`${withPorts(source, destination, tcp)} tcp ${printed.join(', ')}`, TCP);
    return packet === null ? null : { ...packet, tcpFlags: set };
  }
  const udp = objectOf(l4, 'UDP');
  if (udp !== null) return describePacket(`${withPorts(source, destination, udp)} udp`, UDP);
  const sctp = objectOf(l4, 'SCTP');
  if (sctp !== null) return describePacket(`${withPorts(source, destination, sctp)} sctp`, SCTP);
  const icmp4 = objectOf(l4, 'ICMPv4');
  if (icmp4 !== null) return describePacket(`${source} -> ${destination} ${icmpWords(icmp4, 4)}`, ICMP);
  const icmp6 = objectOf(l4, 'ICMPv6');
  if (icmp6 !== null) return describePacket(`${source} -> ${destination} ${icmpWords(icmp6, 6)}`, ICMPV6);
  const number = objectOf(l4, 'VRRP') !== null ? 112 : objectOf(l4, 'IGMP') !== null ? 2 : -1;
  const packet = describePacket(`${source} -> ${destination}`, -1);
  return packet === null || number < 0 ? packet : { ...packet, protocol: String(number) };
}

function withPorts(source: string, destination: string, ports: JsonObject): string {
  const from = withPort(source, numberOf(ports, 'source_port') ?? 0);
  return `${from} -> ${withPort(destination, numberOf(ports, 'destination_port') ?? 0)}`;
}

function withPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** Zeros are left out: a reply to an echo is `{}`. */
function icmpWords(icmp: JsonObject, family: 4 | 6): string {
  return icmpText(numberOf(icmp, 'type') ?? 0, numberOf(icmp, 'code') ?? 0, family);
}
