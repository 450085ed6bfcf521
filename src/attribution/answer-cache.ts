/** Owns the answers already given: a bounded table of integers, without an object per verdict, void as soon as a state changes. */
import type { Action, MatchType, Verdict } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';

const FIRST_SLOTS = 256;
/** 16 bytes each. */
const MOST_SLOTS = 262_144;
const WORDS = 4;
/** How far from its own slot an answer may be; a power of two. */
const REACH = 8;
/** Beyond this share of slots in use, too many find all within reach taken. */
const FULLEST = 0.6;
/** Generations and answers share a word. */
const MOST_NUMBERS = 0xffff;

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

/** What finds all places near its own taken takes one of them over: the older answer is worked out again when it is wanted. */
export function createAnswerCache(): AnswerCache {
  let slots = FIRST_SLOTS;
  let keys = new Int32Array(slots * WORDS);
  let used = 0;
  let evicted = 0;
  let generations = 0;
  // What was written under another number is void, and its slot is free.
  const live = new Set<number>();
  const views: View[] = [];
  // A slot holds an answer's number, so that looking it up touches one place of the big table only.
  let answers: Attribution[] = [];
  const numbers = new Map<Attribution, number>();

  /** Null where it is in none of its slots. */
  function find(first: number, second: number, third: number, generation: number): Attribution | null {
    const start = hash(first, second, third, generation);
    for (let step = 0; step < REACH; step += 1) {
      const at = ((start + step) & (slots - 1)) * WORDS;
      const found = keys[at + 3] ?? 0;
      if (keys[at] === first && keys[at + 1] === second && keys[at + 2] === third && found >>> 16 === generation)
        return answers[found & MOST_NUMBERS] ?? null;
      // Never used, so that nothing was put beyond it.
      if (found === 0) return null;
    }
    return null;
  }

  function isFree(slot: number): boolean {
    return !live.has((keys[slot * WORDS + 3] ?? 0) >>> 16);
  }

  function put(first: number, second: number, third: number, generation: number, number: number): void {
    const start = hash(first, second, third, generation);
    let step = 0;
    while (step < REACH && !isFree((start + step) & (slots - 1))) step += 1;
    if (step === REACH) step = ++evicted & (REACH - 1);
    const at = ((start + step) & (slots - 1)) * WORDS;
    if (keys[at + 3] === 0) used += 1;
    keys[at] = first;
    keys[at + 1] = second;
    keys[at + 2] = third;
    keys[at + 3] = (generation << 16) | number;
  }

  /** Throws the void answers out, and adds slots where those that live would soon push each other out. */
  function makeRoom(): void {
    const old = keys;
    let living = 0;
    for (let slot = 0; slot < slots; slot += 1) if (!isFree(slot)) living += 1;
    if (living > (slots * FULLEST) / 2) slots *= 2;
    keys = new Int32Array(slots * WORDS);
    used = 0;
    for (let at = 0; at < old.length; at += WORDS) {
      const [first = 0, second = 0, third = 0, found = 0] = old.subarray(at, at + WORDS);
      if (live.has(found >>> 16)) put(first, second, third, found >>> 16, found & MOST_NUMBERS);
    }
  }

  /** The numbers have run out: everything begins anew. */
  function startOver(): void {
    keys.fill(0);
    used = 0;
    live.clear();
    answers = [];
    numbers.clear();
    generations = 0;
    for (const view of views) begin(view);
  }

  function begin(view: View): void {
    generations += 1;
    view.generation = generations;
    view.isEmpty = true;
    live.add(generations);
  }

  function numberOf(answer: Attribution): number {
    const known = numbers.get(answer);
    if (known !== undefined) return known;
    if (answers.length > MOST_NUMBERS) startOver();
    const number = answers.push(answer) - 1;
    numbers.set(answer, number);
    return number;
  }

  return {
    view: () => {
      const view: View = { generation: 0, isEmpty: true };
      views.push(view);
      if (generations >= MOST_NUMBERS) startOver();
      else begin(view);
      return {
        get: (verdict) => find(firstWord(verdict), secondWord(verdict), thirdWord(verdict), view.generation),
        set: (verdict, answer) => {
          const first = firstWord(verdict);
          // Protocols that are no number would share one key.
          if (first < 0) return;
          if (used > slots * FULLEST && slots < MOST_SLOTS) makeRoom();
          const number = numberOf(answer);
          view.isEmpty = false;
          put(first, secondWord(verdict), thirdWord(verdict), view.generation, number);
        },
        clear: () => {
          if (view.isEmpty) return;
          live.delete(view.generation);
          if (generations >= MOST_NUMBERS) startOver();
          else begin(view);
        },
      };
    },
  };
}

interface View {
  /** 1 to 65535. */
  generation: number;
  isEmpty: boolean;
}

/** Endpoint 16 bits, direction 1, action 2, match 3, protocol 8. */
function firstWord({ endpoint, direction, action, match, protocol }: Verdict): number {
  const number = protocolNumber(protocol);
  if (number < 0) return -1;
  const side = direction === 'egress' ? 1 : 0;
  return endpoint | (side << 16) | (actionNumber(action) << 17) | (matchNumber(match) << 19) | (number << 22);
}

function secondWord({ destinationPort, icmp, auth }: Verdict): number {
  const port = icmp === null ? destinationPort : icmp.type;
  return (port ?? NO_PORT) | (auth === null || auth === 'disabled' ? 0 : WANTS_AUTH);
}

/** Identities have 32 bits, and the table's words a sign. */
function thirdWord({ remoteIdentity }: Verdict): number {
  return (remoteIdentity ?? -1) | 0;
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

/** Multiplies all four at once and mixes the high bits down, so that neighbouring ports and endpoints spread. */
function hash(first: number, second: number, third: number, generation: number): number {
  const mixed =
    Math.imul(first, 0x85ebca6b) ^
    Math.imul(second, 0x9e3779b1) ^
    Math.imul(third, 0xc2b2ae35) ^
    Math.imul(generation, 0x27d4eb2f);
  const spread = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return spread ^ (spread >>> 15);
}
