/** Owns the answers already given: a table of fixed integers without objects per verdict, bounded, and emptied at once when any state changes. */
import type { Verdict } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';

const FIRST_SLOTS = 256;
/** 20 bytes each and the reference; there may be hundreds of agents. */
const MOST_SLOTS = 65_536;
const WORDS = 4;

const ACTIONS = { allow: 0, deny: 1, redirect: 2, audit: 3 } as const;
const MATCHES = {
  none: 0,
  'L3-Only': 1,
  'L3-L4': 2,
  'L4-Only': 3,
  all: 4,
  'L3-Proto': 5,
  'Proto-Only': 6,
  unknown: 7,
} as const;

/** Past every port and ICMP type. */
const NO_PORT = 0x10000;
const WANTS_AUTH = 0x20000;

export interface AnswerCache {
  /** Null where there is none yet, and for verdicts that no key can be made of. */
  get(verdict: Verdict): Attribution | null;
  set(verdict: Verdict, answer: Attribution): void;
  clear(): void;
}

/** One slot for each hash: what collides is worked out again, so that the newest answer stays. */
export function createAnswerCache(): AnswerCache {
  let slots = FIRST_SLOTS;
  let keys = new Int32Array(slots * WORDS);
  let answers = new Array<Attribution | null>(slots).fill(null);
  let replaced = 0;
  let generation = 1;

  function allocate(size: number): void {
    slots = size;
    keys = new Int32Array(slots * WORDS);
    answers = new Array<Attribution | null>(slots).fill(null);
    replaced = 0;
  }

  return {
    get: (verdict) => {
      const first = firstWord(verdict);
      const second = secondWord(verdict);
      const third = verdict.remoteIdentity ?? -1;
      const slot = hash(first, second, third) & (slots - 1);
      const at = slot * WORDS;
      const isKnown =
        keys[at] === first && keys[at + 1] === second && keys[at + 2] === (third | 0) && keys[at + 3] === generation;
      return isKnown ? (answers[slot] ?? null) : null;
    },
    set: (verdict, answer) => {
      const first = firstWord(verdict);
      // Protocols that are no number would share one key.
      if (first < 0) return;
      const second = secondWord(verdict);
      const third = (verdict.remoteIdentity ?? -1) | 0;
      let slot = hash(first, second, third) & (slots - 1);
      if (keys[slot * WORDS + 3] === generation) replaced += 1;
      if (replaced > slots / 4 && slots < MOST_SLOTS) {
        allocate(slots * 4);
        slot = hash(first, second, third) & (slots - 1);
      }
      const at = slot * WORDS;
      keys[at] = first;
      keys[at + 1] = second;
      keys[at + 2] = third;
      keys[at + 3] = generation;
      answers[slot] = answer;
    },
    clear: () => {
      generation = (generation + 1) | 0;
      replaced = 0;
    },
  };
}

/** Endpoint 16 bits, direction 1, action 2, match 3, protocol 8. */
function firstWord({ endpoint, direction, action, match, protocol }: Verdict): number {
  const number = protocolNumber(protocol);
  if (number < 0) return -1;
  const side = direction === 'egress' ? 1 : 0;
  return endpoint | (side << 16) | (ACTIONS[action] << 17) | (MATCHES[match] << 19) | (number << 22);
}

function secondWord({ destinationPort, icmp, auth }: Verdict): number {
  const port = icmp === null ? destinationPort : icmp.type;
  return (port ?? NO_PORT) | (auth === null || auth === 'disabled' ? 0 : WANTS_AUTH);
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

/** Mixes all bits down, so that neighbouring ports and endpoints spread (the finalizer of MurmurHash3). */
function hash(first: number, second: number, third: number): number {
  let mixed = Math.imul(first ^ Math.imul(second, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(third, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
