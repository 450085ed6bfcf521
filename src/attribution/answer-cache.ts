/** Owns the answers already given: a bounded table of integers, without an object per verdict, void as soon as a state changes. */
import type { Verdict } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';

const FIRST_SLOTS = 256;
/** 24 bytes each. */
const MOST_SLOTS = 262_144;
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

/** What one agent's attributor sees of the table. */
interface CacheView {
  /** Null where there is none yet, and for verdicts that no key can be made of. */
  get(verdict: Verdict): Attribution | null;
  set(verdict: Verdict, answer: Attribution): void;
  /** Costs nothing, however much is in the table. */
  clear(): void;
}

/** One table for all agents, so that its bound holds for the process. */
export interface AnswerCache {
  view(): CacheView;
}

/** Two slots for each hash: what collides further is worked out again, so that the newest answers stay. */
export function createAnswerCache(): AnswerCache {
  let slots = FIRST_SLOTS;
  let keys = new Int32Array(slots * WORDS);
  let answers = new Array<Attribution | null>(slots).fill(null);
  let replaced = 0;
  let generations = 0;
  // What was written under another number is void, and its slot is free.
  const live = new Set<number>();

  function isAt(slot: number, first: number, second: number, third: number, generation: number): boolean {
    const at = slot * WORDS;
    return keys[at] === first && keys[at + 1] === second && keys[at + 2] === third && keys[at + 3] === generation;
  }

  function isFree(slot: number): boolean {
    return !live.has(keys[slot * WORDS + 3] ?? 0);
  }

  function put(first: number, second: number, third: number, generation: number, answer: Attribution): void {
    const slot = hash(first, second, third, generation) & (slots - 1);
    const chosen = !isFree(slot) && isFree(slot ^ 1) ? slot ^ 1 : slot;
    if (!isFree(chosen)) replaced += 1;
    const at = chosen * WORDS;
    keys[at] = first;
    keys[at + 1] = second;
    keys[at + 2] = third;
    keys[at + 3] = generation;
    answers[chosen] = answer;
  }

  function grow(): void {
    const oldKeys = keys;
    const oldAnswers = answers;
    slots *= 4;
    keys = new Int32Array(slots * WORDS);
    answers = new Array<Attribution | null>(slots).fill(null);
    for (const [slot, answer] of oldAnswers.entries()) {
      if (answer === null || !live.has(oldKeys[slot * WORDS + 3] ?? 0)) continue;
      const [first = 0, second = 0, third = 0, generation = 0] = oldKeys.subarray(slot * WORDS, slot * WORDS + WORDS);
      put(first, second, third, generation, answer);
    }
    replaced = 0;
  }

  function begin(): number {
    generations += 1;
    live.add(generations);
    return generations;
  }

  return {
    view: () => {
      let generation = begin();
      return {
        get: (verdict) => {
          const first = firstWord(verdict);
          const second = secondWord(verdict);
          const third = thirdWord(verdict);
          const slot = hash(first, second, third, generation) & (slots - 1);
          if (isAt(slot, first, second, third, generation)) return answers[slot] ?? null;
          return isAt(slot ^ 1, first, second, third, generation) ? (answers[slot ^ 1] ?? null) : null;
        },
        set: (verdict, answer) => {
          const first = firstWord(verdict);
          // Protocols that are no number would share one key.
          if (first < 0) return;
          if (replaced > slots / 4 && slots < MOST_SLOTS) grow();
          put(first, secondWord(verdict), thirdWord(verdict), generation, answer);
        },
        clear: () => {
          live.delete(generation);
          generation = begin();
        },
      };
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

/** Identities have 32 bits, and the table's words a sign. */
function thirdWord({ remoteIdentity }: Verdict): number {
  return (remoteIdentity ?? -1) | 0;
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
function hash(first: number, second: number, third: number, generation: number): number {
  const salted = Math.imul(third, 0xc2b2ae35) + Math.imul(generation, 0x27d4eb2f);
  let mixed = Math.imul(first ^ Math.imul(second, 0x9e3779b1), 0x85ebca6b) ^ salted;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
