/** The packet that a line's summary describes, as the fields of a record. */
import type { PacketDescription } from '../model/datapath-event.ts';
import { BLANK, Cursor, NEWLINE, toBytes } from './bytes.ts';
import { flowKeyOf } from './flow-key.ts';
import { flagNames, ICMP, ICMPV6, PacketSummary, packetEnd, SCTP, TCP, UDP } from './packet.ts';
import { protocolName } from './protocol.ts';
import type { TextLine } from './text-line.ts';

const CLOSE_BRACKET = 93;
const TAB = 9;
/** Overlay packets, 1.18 on. */
const TUNNEL = / \[tunnel \S+:\d{1,5} -> \S+:\d{1,5} (?:vxlan|geneve)\]$/;

export const NO_PACKET: PacketDescription = {
  protocol: null,
  source: null,
  destination: null,
  tcpFlags: [],
  icmp: null,
};

const cursor = new Cursor();
const summary = new PacketSummary();

/** What was read last: valid until the next call. */
export const described = {
  flowKey: 0,
  /** The line ends in an address: nothing tells that it ends where it should. */
  openEnd: false,
  /** Nothing in the line shows that its end is its end. */
  mayBeCut: false,
  source: summary.source,
  destination: summary.destination,
};

/** Protocols that a summary has no word for, of whose packets a policy may say something: in fragments, all of them. */
const WORDLESS = [TCP, UDP, SCTP, ICMP, ICMPV6, 2, 4, 41, 47, 50, 51, 89, 112];

/** The flow keys of a packet of which nothing but addresses was told. */
export function wordlessFlowKeys(): readonly number[] {
  return WORDLESS.map((number) => flowKeyOf(summary, number));
}

/** The summary that a line ends in, from `at` in its text; null where it is none. */
export function readPacket(line: TextLine, at: number): PacketDescription | null {
  const { text } = line;
  if (text.charCodeAt(text.length - 1) === CLOSE_BRACKET && TUNNEL.test(text)) {
    return describePacket(text.slice(at).replace(TUNNEL, ''), -1);
  }
  line.cursor.at = line.byteAt(at);
  return readFrom(line.cursor, -1);
}

/** Of a text that is whole; `protocol` is what is known of it besides, or -1. */
export function describePacket(text: string, protocol: number): PacketDescription | null {
  cursor.open(toBytes(`${text}\n`));
  summary.isWhole = true;
  const packet = readFrom(cursor, protocol);
  summary.isWhole = false;
  return packet;
}

/** Whether the text is one address and nothing else. */
export function isIp(text: string): boolean {
  cursor.open(toBytes(`${text}\n`));
  const { source } = summary;
  return (text.includes(':') ? source.takeV6(cursor) : source.takeV4(cursor)) && cursor.bytes[cursor.at] === NEWLINE;
}

function readFrom(from: Cursor, protocol: number): PacketDescription | null {
  if (!summary.take(from, protocol)) return null;
  const { bytes } = from;
  const { source, destination, openEnd, tcpFlags, icmp } = summary;
  // A blank after an address: there were words behind it.
  if (openEnd && isBlank(bytes[destination.end])) return null;
  const number = protocol < 0 ? summary.protocol : protocol;
  described.flowKey = flowKeyOf(summary, number);
  described.openEnd = openEnd;
  described.mayBeCut = openEnd || (number === TCP && tcpFlags === 0);
  return {
    protocol: number < 0 ? null : protocolName(number),
    source: packetEnd(bytes, source, summary.sourcePort),
    destination: packetEnd(bytes, destination, summary.destinationPort),
    tcpFlags: flagNames(tcpFlags),
    icmp,
  };
}

function isBlank(byte: number = NEWLINE): boolean {
  return byte === BLANK || byte === TAB;
}
