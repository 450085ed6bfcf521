/** What a printed event tells of its packet, by the truth about it. */
import type { Truth } from './corpus.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** One event as it was printed: a line, or several with a dissection. */
export interface Printed {
  readonly lines: readonly string[];
  /** The lines as one text. */
  readonly text: string;
  readonly isJson: boolean;
  /** The packet stands on lines of its own. */
  readonly isDissected: boolean;
}

export function printedEvent(lines: readonly string[]): Printed {
  const text = lines.join('\n');
  const isDissected = lines.length > 1 || text.includes(' MARK 0x');
  return { lines, text, isJson: text.startsWith('{'), isDissected };
}

const PRINTED_FLAGS = new Set(['SYN', 'ACK', 'RST', 'FIN']);
const NAMES: ReadonlyMap<string, string> = new Map([
  ['tcp', 'TCP'],
  ['udp', 'UDP'],
  ['sctp', 'SCTP'],
  ['icmp', 'ICMP'],
  ['icmpv6', 'ICMPv6'],
]);

export function expectedPacket(truth: Truth, printed: Printed): Fields {
  const { l4 = '', src_ip: source, dst_ip: destination, icmp_type: type, icmp_code: code } = truth;
  // Before 1.13 the program does not know SCTP: a summary has no word for it, a dissection only its name. A dump has all.
  const knowsPorts = l4 !== 'sctp' || /\bsctp\b|SCTP\t\{|"sctp":|^[0-9a-f]{8}  .*\|$/m.test(printed.text);
  const isNamed = knowsPorts || printed.isDissected || printed.isJson;
  return {
    protocol: isNamed ? NAMES.get(l4) : null,
    source: { ip: source, port: knowsPorts ? (truth.src_port ?? null) : null },
    destination: { ip: destination, port: knowsPorts ? (truth.dst_port ?? null) : null },
    tcpFlags: printedFlags(truth),
    icmp: type === undefined ? null : { type, code },
  };
}

/** Only four of the flags are printed. */
export function printedFlags(truth: Truth): readonly string[] {
  return (truth.tcp_flags ?? []).filter((flag) => PRINTED_FLAGS.has(flag));
}
