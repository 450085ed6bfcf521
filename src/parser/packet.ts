/** The packet summary that ends a monitor line (Cilium pkg/monitor/dissect.go): addresses, ports, flags, ICMP type. */
import type { Icmp, PacketEnd } from '../model/event.ts';
import { Address } from './address.ts';
import { BLANK, type Cursor, NEWLINE, toBytes, toText, toWord } from './bytes.ts';
import { readIcmp } from './icmp.ts';
import { Interned } from './interned.ts';

const UNKNOWN = toWord('[unknown]');
const ERROR = toWord('[error]');
const ARROW = toWord(' -> ');
/** How AccuKnox' guide prints a summary whose addresses were taken out. */
const BARE_ARROW = toBytes('->');
const TCP_WORD = toWord(' tcp ');
const UDP_WORD = toWord(' udp');
const SCTP_WORD = toWord(' sctp');
const ICMP_WORD = toWord('icmp ');
const FLAG_WORDS = ['SYN', 'ACK', 'RST', 'FIN'].map(toBytes);
/** How `tcpFlags` of a summary holds them: in the order in which they are printed. */
const FLAG_BITS = { SYN: 1, ACK: 2, RST: 4, FIN: 8 } as const;
/** In the order of their bits on the wire, which is not the order in which they are printed. */
const FLAG_NAMES = ['FIN', 'SYN', 'RST', 'ACK'] as const;
const flagSets = Array.from({ length: 16 }, (_, bits) => FLAG_NAMES.filter((name) => (bits & FLAG_BITS[name]) !== 0));
const SEPARATOR = toBytes(', ');
const FRAME = /^([0-9a-f]{2}:){5}[0-9a-f]{2} -> ([0-9a-f]{2}:){5}[0-9a-f]{2} [A-Za-z0-9]+$/;
/** `vrrp TYPE VRID PRIO` and `igmp TYPE GROUP`, 1.19. */
const OTHER_PROTOCOL = /^(?:(vrrp) \S.* \d+ \d+|igmp \S.* [0-9a-f.:]+)$/;

const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const MINUS = 45;
const COLON = 58;

export const TCP = 6;
export const UDP = 17;
export const SCTP = 132;
export const ICMP = 1;
export const ICMPV6 = 58;
const IGMP = 2;
const VRRP = 112;

export class PacketSummary {
  readonly source = new Address();
  readonly destination = new Address();
  /** -1 where there is none. */
  sourcePort = -1;
  destinationPort = -1;
  /** The IP protocol that the words of the summary tell, or -1. */
  protocol = -1;
  /** A sum of `FLAG_BITS`. */
  tcpFlags = 0;
  icmp: Icmp | null = null;
  /** True where the line ends in an address: nothing tells that it ends where it should. */
  openEnd = false;
  /** Set by who knows that the text was not cut, wherever it ends. */
  isWhole = false;
  /** Where what follows the ports begins. */
  transportStart = 0;
  private readonly icmpV4 = new Interned((bytes, start, end) => readIcmp(toText(bytes, start, end), 4));
  private readonly icmpV6 = new Interned((bytes, start, end) => readIcmp(toText(bytes, start, end), 6));

  /** Reads the rest of the line. `protocol` is what the line said before, or -1: a summary that contradicts it is damaged. */
  take(cursor: Cursor, protocol: number): boolean {
    this.source.clear();
    this.destination.clear();
    this.sourcePort = -1;
    this.destinationPort = -1;
    this.protocol = -1;
    this.tcpFlags = 0;
    this.icmp = null;
    this.openEnd = false;
    const start = cursor.at;
    const first = cursor.bytes[start];
    if (first === OPEN_BRACKET && (cursor.take(UNKNOWN) || cursor.take(ERROR))) return cursor.takeEnd();
    if (first === MINUS)
      return cursor.takeShort(BARE_ARROW) && this.takeTransport(cursor, protocol) && cursor.takeEnd();
    if (!this.takeAddresses(cursor)) return takeFrame(cursor, start);
    if (this.destinationPort < 0) return this.takeTail(cursor, protocol);
    return this.takeTransport(cursor, protocol) && cursor.takeEnd();
  }

  private takeAddresses(cursor: Cursor): boolean {
    this.sourcePort = this.takeAddress(cursor, this.source);
    if (this.sourcePort < -1 || !cursor.take(ARROW)) return false;
    this.destinationPort = this.takeAddress(cursor, this.destination);
    if (this.destinationPort < -1) return false;
    return this.sourcePort >= 0 === this.destinationPort >= 0 && this.source.family === this.destination.family;
  }

  /** An address with its port, -1 for an address alone, -2 for neither. */
  private takeAddress(cursor: Cursor, address: Address): number {
    if (cursor.bytes[cursor.at] === OPEN_BRACKET) {
      cursor.at++;
      if (!address.takeV6(cursor) || cursor.bytes[cursor.at] !== CLOSE_BRACKET) return -2;
      if (cursor.bytes[++cursor.at] !== COLON) return -2;
    } else if (!address.takeV4(cursor)) {
      return address.takeV6(cursor) ? -1 : -2;
    } else if (cursor.bytes[cursor.at] !== COLON) {
      return -1;
    }
    cursor.at++;
    const port = cursor.takeNumber(65_535);
    return port < 0 ? -2 : port;
  }

  private takeTransport(cursor: Cursor, protocol: number): boolean {
    this.transportStart = cursor.at;
    if (cursor.take(TCP_WORD)) this.protocol = TCP;
    else if (cursor.take(UDP_WORD)) this.protocol = UDP;
    else if (cursor.take(SCTP_WORD)) this.protocol = SCTP;
    if (this.protocol < 0 || (protocol >= 0 && protocol !== this.protocol)) return false;
    return this.protocol !== TCP || this.takeFlags(cursor);
  }

  /** `SYN, ACK, RST, FIN`, each at most once and in this order; none at all is a TCP packet, too. */
  private takeFlags(cursor: Cursor): boolean {
    for (let flag = 0; flag < FLAG_WORDS.length; flag++) {
      const word = FLAG_WORDS[flag];
      if (word === undefined || !cursor.takeShort(word)) continue;
      this.tcpFlags |= 1 << flag;
      if (!cursor.takeShort(SEPARATOR)) return true;
    }
    // A separator with nothing after it: the line was cut.
    return this.tcpFlags === 0;
  }

  /** What follows addresses without ports: an ICMP type, another protocol's words, or nothing (fragments, GRE, ESP). */
  private takeTail(cursor: Cursor, protocol: number): boolean {
    const start = cursor.at;
    if (cursor.takeEnd()) {
      this.openEnd = true;
      // `fd00::` is the beginning of an address rather than a packet's end.
      if (!this.isWhole && cursor.bytes[this.destination.end - 1] === COLON) return false;
      // ICMP always says its type, but for later fragments, which look like a line that was cut.
      return protocol !== ICMP && protocol !== ICMPV6;
    }
    if (cursor.bytes[start] !== BLANK) return false;
    cursor.at = start + 1;
    cursor.take(ICMP_WORD);
    const textAt = cursor.at;
    const end = takeToEnd(cursor);
    const family = this.destination.family === 6 ? 6 : 4;
    const icmp = (family === 4 ? this.icmpV4 : this.icmpV6).read(cursor.bytes, textAt, end);
    if (icmp === null) {
      const [whole, vrrp] = OTHER_PROTOCOL.exec(toText(cursor.bytes, start + 1, end)) ?? [];
      if (whole === undefined) return false;
      this.protocol = vrrp === undefined ? IGMP : VRRP;
      return protocol < 0 || protocol === this.protocol;
    }
    this.icmp = icmp;
    this.protocol = family === 4 ? ICMP : ICMPV6;
    return protocol < 0 || protocol === this.protocol;
  }
}

/** The names of a sum of `FLAG_BITS`. */
export function flagNames(tcpFlags: number): readonly string[] {
  return flagSets[tcpFlags] ?? [];
}

/** Null where no address was read; `port` is -1 where there is none. */
export function packetEnd(bytes: Uint8Array, { family, start, end }: Address, port: number): PacketEnd | null {
  if (family === 0) return null;
  return { ip: toText(bytes, start, end), port: port < 0 ? null : port };
}

/** `MAC -> MAC ARP`: a frame that is not IP has no addresses to speak of. */
function takeFrame(cursor: Cursor, start: number): boolean {
  cursor.at = start;
  const end = takeToEnd(cursor);
  return FRAME.test(toText(cursor.bytes, start, end));
}

/** Steps to the end of the line, and says where its trailing blanks begin; nowhere where a control character is before that. */
function takeToEnd(cursor: Cursor): number {
  const { bytes, at: start } = cursor;
  let at = start;
  let end = start;
  for (let byte = bytes[at] ?? NEWLINE; byte >= BLANK; byte = bytes[++at] ?? NEWLINE) if (byte !== BLANK) end = at + 1;
  cursor.at = at;
  return cursor.takeEnd() ? end : start;
}
