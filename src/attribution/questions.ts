/** Owns numbers for what verdicts ask of an endpoint's state, whichever endpoint: peer, port, protocol, direction and what was decided. */
import type { Action, MatchType, Verdict } from '../model/event.ts';

const FIRST_SLOTS = 256;
const WORDS = 4;
const FULLEST = 0.5;
/** Past every port and ICMP type. */
const NO_PORT = 0x10000;

/** Two slots for each, of 16 bytes. */
export const MOST_QUESTIONS = 65_536;

export interface Questions {
  /** -1 where it has none yet, where the protocol is no number, and where there is no identity: every number may be one. */
  find(verdict: Verdict): number;
  /** A new one where it has none yet: they count from 0. The caller sees to it that there are never too many. */
  number(verdict: Verdict): number;
  size(): number;
  clear(): void;
}

export function createQuestions(): Questions {
  let mask = FIRST_SLOTS - 1;
  /** Identity, shape, and the number + 1. */
  let table = new Int32Array(FIRST_SLOTS * WORDS);
  let size = 0;

  function slotOf(shape: number, identity: number): number {
    let at = (hash(shape, identity) & mask) * WORDS;
    while (table[at + 2] !== 0 && (table[at] !== identity || table[at + 1] !== shape))
      at = (at + WORDS) & (mask * WORDS);
    return at;
  }

  function grow(): void {
    const old = table;
    mask = mask * 2 + 1;
    table = new Int32Array((mask + 1) * WORDS);
    for (let at = 0; at < old.length; at += WORDS) {
      const [identity = 0, shape = 0, number = 0] = old.subarray(at, at + WORDS);
      if (number !== 0) table.set([identity, shape, number], slotOf(shape, identity));
    }
  }

  function find(verdict: Verdict): number {
    const { remoteIdentity } = verdict;
    const protocol = protocolNumber(verdict.protocol);
    if (protocol < 0 || remoteIdentity === null) return -1;
    return (table[slotOf(shapeOf(verdict, protocol), remoteIdentity | 0) + 2] ?? 0) - 1;
  }

  return {
    find,
    number: (verdict) => {
      const known = find(verdict);
      const { remoteIdentity } = verdict;
      const protocol = protocolNumber(verdict.protocol);
      if (known >= 0 || protocol < 0 || remoteIdentity === null) return known;
      if (size >= mask * FULLEST) grow();
      const shape = shapeOf(verdict, protocol);
      // Identities have 32 bits, and the table's words a sign.
      const identity = remoteIdentity | 0;
      size += 1;
      table.set([identity, shape, size], slotOf(shape, identity));
      return size - 1;
    },
    size: () => size,
    clear: () => {
      table.fill(0);
      size = 0;
    },
  };
}

/** Port 17 bits, direction 1, action 2, match 3, protocol 8, authentication 1. */
function shapeOf({ direction, action, match, destinationPort, icmp, auth }: Verdict, protocol: number): number {
  return (
    ((icmp === null ? destinationPort : icmp.type) ?? NO_PORT) |
    (direction === 'egress' ? 1 << 17 : 0) |
    (actionNumber(action) << 18) |
    (matchNumber(match) << 20) |
    (protocol << 23) |
    (auth === null || auth === 'disabled' ? 0 : 1 << 31)
  );
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

/** Mixes the high bits down, so that neighbouring ports and identities spread. */
function hash(shape: number, identity: number): number {
  const mixed = Math.imul(shape, 0x85ebca6b) ^ Math.imul(identity, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
