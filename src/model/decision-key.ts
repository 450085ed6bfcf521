/** Numbers for what was decided of a packet: one comparison in place of one for each word, for whoever tells verdicts apart. */
import type { Action, MatchType, Verdict } from './event.ts';
import type { Direction } from './packet.ts';

/** The lowest bits are free, for a port or an ICMP type and one more that stands for neither. */
const FREE_BITS = 17;
const ACTION_SHIFT = FREE_BITS + 1;
const MATCH_SHIFT = ACTION_SHIFT + 2;
const PROTOCOL_SHIFT = MATCH_SHIFT + 3;
const WANTS_AUTH = 1 << 31;

/** Of a protocol without a number. Every other key has zeros in its lowest bits. */
export const NO_KEY = -1;

/** The parts of a key, to be joined with `|`. */
export function ruleKey(direction: Direction, action: Action, auth: string | null): number {
  return (
    (direction === 'egress' ? 1 << FREE_BITS : 0) |
    (actionNumber(action) << ACTION_SHIFT) |
    (auth === null || auth === 'disabled' ? 0 : WANTS_AUTH)
  );
}

export function matchKey(match: MatchType): number {
  return matchNumber(match) << MATCH_SHIFT;
}

/** Of an IP protocol, 0 to 255. */
export function protocolKey(protocol: number): number {
  return protocol << PROTOCOL_SHIFT;
}

/** Direction, action, match and protocol, and whether authentication was asked for: equal for equal ones, different for others. */
export function decisionKeyOf({ direction, action, match, protocol, auth }: Verdict): number {
  const number = protocolNumber(protocol);
  return number < 0 ? NO_KEY : ruleKey(direction, action, auth) | matchKey(match) | protocolKey(number);
}

/** Comparisons, since looking a word up in a table of numbers costs several times as much. */
function actionNumber(action: Action): number {
  if (action === 'allow') return 0;
  if (action === 'deny') return 1;
  return action === 'redirect' ? 2 : 3;
}

function matchNumber(match: MatchType): number {
  if (match === 'L3-L4') return 2;
  if (match === 'none') return 0;
  if (match === 'L3-Only') return 1;
  if (match === 'L4-Only') return 3;
  if (match === 'all') return 4;
  if (match === 'L3-Proto') return 5;
  return match === 'Proto-Only' ? 6 : 7;
}

function protocolNumber(protocol: string): number {
  switch (protocol) {
    case 'TCP':
      return 6;
    case 'UDP':
      return 17;
    case 'ICMP':
      return 1;
    case 'ICMPv6':
      return 58;
    case 'SCTP':
      return 132;
    default: {
      const number = Number(protocol);
      return number >= 0 && number < 256 ? number : -1;
    }
  }
}
