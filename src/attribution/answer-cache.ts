/** Owns the answers already given: a bounded table of integers, without an object per verdict, void as soon as a state changes. */
import type { Verdict } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';
import { MOST_QUESTIONS, Questions } from './questions.ts';

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

/**
 * One table for all agents, so that its bound holds for the process.
 *
 * An endpoint's answers lie together, in pages of questions with neighbouring numbers: with a place of its own
 * for each answer, the processor waits for its memory longer than all the rest takes.
 */
export class AnswerCache {
  private readonly questions = new Questions();
  private mask = FIRST_PAGES - 1;
  private words = new Int32Array(FIRST_PAGES * PAGE_WORDS);
  private halves = new Uint16Array(this.words.buffer);
  private used = 0;
  private generations = 0;
  // What was written under another number is void, and its page is free.
  private readonly live = new Set<number>();
  private readonly views: View[] = [];
  private answers: Attribution[] = [];
  private readonly numbers = new Map<Attribution, number>();

  /** What one agent's attributor sees of the table. */
  view(): AnswerView {
    const view: View = { generation: 0, isEmpty: true };
    this.views.push(view);
    this.renew(view);
    return new AnswerView(this, view);
  }

  get(view: View, verdict: Verdict, peer: number | null): Attribution | null {
    const { words } = this;
    const question = this.questions.find(verdict, peer);
    if (question < 0 || !isEndpoint(verdict)) return null;
    const block = blockOf(question);
    const page = this.pageOf(ownerOf(view, verdict), block);
    if (words[page] === 0) return null;
    // Numbers begin at 1: a page is made of zeros.
    return this.answers[(this.halves[placeOf(page, block, question)] ?? 0) - 1] ?? null;
  }

  set(view: View, verdict: Verdict, answer: Attribution, peer: number | null): void {
    const { questions } = this;
    if (this.used > this.mask * FULLEST) this.makeRoom();
    if (questions.size === MOST_QUESTIONS || this.answers.length === MOST_NUMBERS) this.startOver();
    const question = questions.number(verdict, peer);
    if (question < 0 || !isEndpoint(verdict)) return;
    const block = blockOf(question);
    const owner = ownerOf(view, verdict);
    const page = this.pageOf(owner, block);
    const { words } = this;
    if (words[page] === 0) this.used += 1;
    words[page] = owner;
    words[page + 1] = block;
    this.halves[placeOf(page, block, question)] = this.numberOf(answer);
    view.isEmpty = false;
  }

  clear(view: View): void {
    if (view.isEmpty) return;
    this.live.delete(view.generation);
    this.renew(view);
  }

  /** Where the page begins, or where it would. */
  private pageOf(owner: number, block: number): number {
    const { words, mask } = this;
    let at = (hash(owner, block) & mask) * PAGE_WORDS;
    while (words[at] !== 0 && (words[at] !== owner || words[at + 1] !== block))
      at = (at + PAGE_WORDS) & (mask * PAGE_WORDS);
    return at;
  }

  /** Throws the void pages out, and adds some where those that live would soon fill them. */
  private makeRoom(): void {
    const old = this.words;
    const living: number[] = [];
    for (let at = 0; at < old.length; at += PAGE_WORDS) if (this.live.has((old[at] ?? 0) >>> 16)) living.push(at);
    if (living.length > (this.mask * FULLEST) / 2) {
      if (this.mask + 1 === MOST_PAGES) {
        this.startOver();
        return;
      }
      this.mask = this.mask * 2 + 1;
    }
    this.words = new Int32Array((this.mask + 1) * PAGE_WORDS);
    this.halves = new Uint16Array(this.words.buffer);
    this.used = living.length;
    for (const at of living)
      this.words.set(old.subarray(at, at + PAGE_WORDS), this.pageOf(old[at] ?? 0, old[at + 1] ?? 0));
  }

  private renew(view: View): void {
    if (this.generations >= MOST_NUMBERS) this.startOver();
    else this.begin(view);
  }

  /** Numbers or pages have run out: everything begins anew. */
  private startOver(): void {
    this.words.fill(0);
    this.used = 0;
    this.live.clear();
    this.answers = [];
    this.numbers.clear();
    this.questions.clear();
    this.generations = 0;
    for (const view of this.views) this.begin(view);
  }

  private begin(view: View): void {
    this.generations += 1;
    view.generation = this.generations;
    view.isEmpty = true;
    this.live.add(this.generations);
  }

  private numberOf(answer: Attribution): number {
    const known = this.numbers.get(answer);
    if (known !== undefined) return known;
    const number = this.answers.push(answer);
    this.numbers.set(answer, number);
    return number;
  }
}

export class AnswerView {
  private readonly cache: AnswerCache;
  private readonly view: View;

  constructor(cache: AnswerCache, view: View) {
    this.cache = cache;
    this.view = view;
  }

  /**
   * Null where there is none yet, and for verdicts that no key can be made of: no number of a protocol, a peer or
   * an endpoint. Peers are told apart by their identities, unless some other number says which are alike.
   */
  get(verdict: Verdict, peer: number | null = verdict.remoteIdentity): Attribution | null {
    return this.cache.get(this.view, verdict, peer);
  }

  set(verdict: Verdict, answer: Attribution, peer: number | null = verdict.remoteIdentity): void {
    this.cache.set(this.view, verdict, answer, peer);
  }

  /** Costs nothing, however much is in the table. */
  clear(): void {
    this.cache.clear(this.view);
  }
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
