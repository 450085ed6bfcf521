/** Packets as the monitor words them: the summary at the end of a line, and the dissection of its verbose and JSON forms. */
import type { AgentVersion } from '../cluster/version.ts';
import type { Packet, TransportProtocol } from '../datapath/event.ts';

export const PROTOCOL_NUMBERS: Readonly<Record<TransportProtocol, number>> = { ICMP: 1, TCP: 6, UDP: 17 };

/** Bytes on the wire of a first packet, as the real cluster's had them. */
export const PACKET_BYTES: Readonly<Record<TransportProtocol, number>> = { ICMP: 98, TCP: 74, UDP: 44 };

const SOURCE_MAC = 'a6:f3:82:b3:7a:b8';
const DESTINATION_MAC = '12:75:e4:20:ed:c3';

/** Cilium pkg/monitor/dissect.go, GetConnectionSummary; the word `icmp` came with 1.18 (b21d19de35). */
export function packetSummary({ protocol, source, destination, flags }: Packet, version: AgentVersion): string {
  if (protocol === 'ICMP') return `${source.ip} -> ${destination.ip} ${version.since(18) ? 'icmp ' : ''}EchoRequest`;
  const ends = `${source.ip}:${source.port} -> ${destination.ip}:${destination.port}`;
  return protocol === 'UDP' ? `${ends} udp` : `${ends} tcp ${flags}`;
}

/** What gopacket prints of the layers. */
function layers({ protocol, source, destination, flags, hash }: Packet): Readonly<Record<string, string>> {
  const bytes = PACKET_BYTES[protocol];
  const has = (flag: string) => String(flags.includes(flag));
  const transport = {
    ICMP: `ICMPv4\t{Contents=[..8..] Payload=[..56..] TypeCode=EchoRequest Checksum=0 Id=1 Seq=1}`,
    UDP: `UDP\t{Contents=[..8..] Payload=[120, 10] SrcPort=${source.port} DstPort=${destination.port} Length=10 Checksum=0}`,
    TCP: `TCP\t{Contents=[..40..] Payload=[] SrcPort=${source.port} DstPort=${destination.port} Seq=${hash} Ack=0 DataOffset=10 FIN=false SYN=${has('SYN')} RST=false PSH=false ACK=${has('ACK')} URG=false ECE=false CWR=false NS=false Window=64860 Checksum=0 Urgent=0 Options=[..5..] Padding=[] Multipath=false}`,
  }[protocol];
  return {
    ethernet: `Ethernet\t{Contents=[..14..] Payload=[..${bytes - 12}..] SrcMAC=${SOURCE_MAC} DstMAC=${DESTINATION_MAC} EthernetType=IPv4 Length=0}`,
    ipv4: `IPv4\t{Contents=[..20..] Payload=[..${bytes - 34}..] Version=4 IHL=5 TOS=0 Length=${bytes - 14} Id=${hash % 65_536} Flags=DF FragOffset=0 TTL=63 Protocol=${protocol === 'ICMP' ? 'ICMPv4' : protocol} Checksum=0 SrcIP=${source.ip} DstIP=${destination.ip} Options=[] Padding=[]}`,
    [protocol === 'ICMP' ? 'icmpv4' : protocol.toLowerCase()]: transport,
  };
}

export function dissection(packet: Packet): string {
  return `${Object.values(layers(packet)).join('\n')}\n`;
}

export function packetJson(packet: Packet): Readonly<Record<string, unknown>> {
  const { source, destination, protocol } = packet;
  return {
    ...layers(packet),
    l2: { src: SOURCE_MAC, dst: DESTINATION_MAC },
    l3: { src: source.ip, dst: destination.ip },
    ...(protocol === 'ICMP' ? {} : { l4: { src: String(source.port), dst: String(destination.port) } }),
  };
}
