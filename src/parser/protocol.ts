/** What an IP protocol is called in records. */
import { ICMP, ICMPV6, SCTP, TCP, UDP } from './packet.ts';

/** The name where there is one, else the number; `unknown` where the line told neither. */
export function protocolName(number: number): string {
  if (number === TCP) return 'TCP';
  if (number === UDP) return 'UDP';
  if (number === ICMP) return 'ICMP';
  if (number === ICMPV6) return 'ICMPv6';
  if (number === SCTP) return 'SCTP';
  return number < 0 ? 'unknown' : String(number);
}
