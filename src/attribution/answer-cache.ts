/** Owns the answers already given: a bounded table of integers, without an object per verdict, void as soon as a state changes. */
import type { Verdict } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';
import { createQuestions, MOST_QUESTIONS } from './questions.ts';

const FIRST_PAGES = 256;
/** 32 bytes each. */
const MOST_PAGES = 65_536;
/** Whose page it is, which of its pages, and the numbers of its answers, two a word. */
const PAGE_WORDS = 8;
const PAGE_ANSWERS = 12;
/** Where a page's answers begin, in half words. */
const FIRST_ANSWER = 4;
/** Beyond this share of pages in use, looking for one takes too many steps. */
const FULLEST = 0.6;
/** Generations and endpoints share a word, and answers have half of one. */
const MOST_NUMBERS = 0xffff;

/** What one agent's attributor sees of the table. */
interface CacheView {
  /** Null where there is none yet, and for verdicts that no key can be made of: no number of a protocol, a peer or an endpoint. */
  get(verdict: Verdict): Attribution | null;
  set(verdict: Verdict, answer: Attribution): void;
  /** Costs nothing, however much is in the table. */
  clear(): void;
}

/** One table for all agents, so that its bound holds for the process. */
export interface AnswerCache {
  view(): CacheView;
}

/**
 * An endpoint's answers lie together, in pages of questions with neighbouring numbers: with a place of its own
 * for each answer, the processor waits for its memory longer than all the rest takes.
 */
export function createAnswerCache(): AnswerCache {
  const questions = createQuestions();
  let mask = FIRST_PAGES - 1;
  let words = new Int32Array(FIRST_PAGES * PAGE_WORDS);
  let halves = new Uint16Array(words.buffer);
  let used = 0;
  let generations = 0;
  // What was written under another number is void, and its page is free.
  const live = new Set<number>();
  const views: View[] = [];
  let answers: Attribution[] = [];
  const numbers = new Map<Attribution, number>();

  /** Where the page begins, or where it would. */
  function pageOf(owner: number, block: number): number {
    let at = (hash(owner, block) & mask) * PAGE_WORDS;
    while (words[at] !== 0 && (words[at] !== owner || words[at + 1] !== block))
      at = (at + PAGE_WORDS) & (mask * PAGE_WORDS);
    return at;
  }

  function get(view: View, verdict: Verdict): Attribution | null {
    const question = questions.find(verdict);
    if (question < 0 || !isEndpoint(verdict)) return null;
    const block = blockOf(question);
    const page = pageOf(ownerOf(view, verdict), block);
    if (words[page] === 0) return null;
    // Numbers begin at 1: a page is made of zeros.
    return answers[(halves[placeOf(page, block, question)] ?? 0) - 1] ?? null;
  }

  function set(view: View, verdict: Verdict, answer: Attribution): void {
    if (used > mask * FULLEST) makeRoom();
    if (questions.size() === MOST_QUESTIONS || answers.length === MOST_NUMBERS) startOver();
    const question = questions.number(verdict);
    if (question < 0 || !isEndpoint(verdict)) return;
    const block = blockOf(question);
    const owner = ownerOf(view, verdict);
    const page = pageOf(owner, block);
    if (words[page] === 0) used += 1;
    words[page] = owner;
    words[page + 1] = block;
    halves[placeOf(page, block, question)] = numberOf(answer);
    view.isEmpty = false;
  }

  /** Throws the void pages out, and adds some where those that live would soon fill them. */
  function makeRoom(): void {
    const old = words;
    const living: number[] = [];
    for (let at = 0; at < old.length; at += PAGE_WORDS) if (live.has((old[at] ?? 0) >>> 16)) living.push(at);
    if (living.length > (mask * FULLEST) / 2) {
      if (mask + 1 === MOST_PAGES) {
        startOver();
        return;
      }
      mask = mask * 2 + 1;
    }
    words = new Int32Array((mask + 1) * PAGE_WORDS);
    halves = new Uint16Array(words.buffer);
    used = living.length;
    for (const at of living) words.set(old.subarray(at, at + PAGE_WORDS), pageOf(old[at] ?? 0, old[at + 1] ?? 0));
  }

  /** Numbers or pages have run out: everything begins anew. */
  function startOver(): void {
    words.fill(0);
    used = 0;
    live.clear();
    answers = [];
    numbers.clear();
    questions.clear();
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
    const number = answers.push(answer);
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
        get: (verdict) => get(view, verdict),
        set: (verdict, answer) => set(view, verdict, answer),
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

/** Hubble's word for one may be any number. */
function isEndpoint({ endpoint }: Verdict): boolean {
  return (endpoint & MOST_NUMBERS) === endpoint;
}

function ownerOf({ generation }: View, { endpoint }: Verdict): number {
  return (generation << 16) | endpoint;
}

function blockOf(question: number): number {
  return (question / PAGE_ANSWERS) | 0;
}

function placeOf(page: number, block: number, question: number): number {
  return page * 2 + FIRST_ANSWER + question - block * PAGE_ANSWERS;
}

function hash(owner: number, block: number): number {
  const mixed = Math.imul(owner, 0x85ebca6b) ^ Math.imul(block, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
