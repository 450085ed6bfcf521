/** Owns what the kernel's cells stand for, and tells how many verdicts were counted in them. */
import type { Refusal, Verdict } from '../model/event.ts';
import type { Kernel } from './kernel.ts';
import { KnownVerdict } from './known-verdict.ts';

const WORD_BYTES = 4;
/** Which of a cell's words says how many verdicts came. */
const COUNT_WORD = 3;
const DENIED_WORDS = 3;
const LOW_BITS = 12;
const HIGH_FACTOR = 0x100000;
/** A cell's third word: what was decided, and the policy's name above. */
export const MOST_MEANINGS = 0xffff;
const NAME_SHIFT = 16;

export interface TellKnown {
  /**
   * So many verdicts that differ in nothing but endpoint, packet and authentication: the first ones in their turn where
   * none was emitted, the others together later.
   */
  times(verdict: Verdict, times: number): void;
  /** One of them refused a packet, in its turn among the records. */
  denied(refusal: Refusal): void;
}

export class KnownCells {
  private readonly kernel: Kernel;
  private readonly tell: TellKnown;
  private readonly words: Uint32Array;
  // To ask the kernel for them costs more than all else that is done for a verdict.
  private readonly deniedAt: number;
  private readonly newsAt: number;
  private readonly cellsAt: number;
  private readonly cellBytes: number;
  /** By the place of the kernel's cell among all of them. */
  private readonly verdicts: (KnownVerdict | undefined)[];
  /** In the order of their first lines. */
  private readonly cells: number[] = [];
  private readonly patterns = new Map<number, KnownVerdict>();
  private readonly names = new Map<number, string | null>([[0, null]]);
  private readonly refusals = new Map<number, KnownVerdict>();

  constructor(kernel: Kernel, tell: TellKnown) {
    this.kernel = kernel;
    this.tell = tell;
    this.words = new Uint32Array(kernel.memory.buffer);
    this.deniedAt = kernel.DENIED.value;
    this.newsAt = kernel.NEWS.value;
    this.cellsAt = kernel.CELLS.value;
    this.cellBytes = kernel.CELL_BYTES.value;
    // Filled and not made by `Array.from`, which takes four times as long for so many.
    this.verdicts = new Array<KnownVerdict | undefined>(kernel.MOST_SLOTS.value).fill(undefined);
  }

  /** What the kernel is about to know by these numbers. */
  name(number: number, policyName: string | null): void {
    this.names.set(number, policyName);
  }

  meaning(meaning: number, verdict: Verdict): void {
    const key = meaning & MOST_MEANINGS;
    if (!this.patterns.has(key)) this.patterns.set(key, new KnownVerdict(verdict, 0, null, null));
  }

  /** A cell for a verdict that was emitted; those that come after it are counted there. */
  keep(cell: number, verdict: KnownVerdict): void {
    const index = (cell - this.cellsAt) / this.cellBytes;
    if (this.verdicts[index] !== undefined) return;
    this.verdicts[index] = verdict;
    this.cells.push(cell);
  }

  /** What the kernel counted since the last time and has room for no more than so much of; whether there was anything. */
  drain(): boolean {
    const { kernel } = this;
    const [news, denied] = [kernel.newCount(), kernel.deniedCount()];
    if (news === 0 && denied === 0) return false;
    if (news > 0) this.begin(news);
    this.tellDenied(denied);
    kernel.forgetTold();
    return true;
  }

  /** Cells that no line was read for. */
  private begin(count: number): void {
    const { words } = this;
    const first = this.newsAt / WORD_BYTES;
    for (let entry = first; entry < first + count; entry += 1) {
      const cell = words[entry] ?? 0;
      const at = cell / WORD_BYTES;
      const [low, high, what] = [words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0];
      // The port in the lowest sixteen bits, and the identity above.
      this.keep(cell, this.known(what, ((high << 16) | (low >>> 16)) >>> 0, low & 0xffff));
      this.flushCell(cell);
    }
  }

  private tellDenied(count: number): void {
    const { words, tell } = this;
    const first = this.deniedAt / WORD_BYTES;
    for (let entry = first; entry < first + count * DENIED_WORDS; entry += DENIED_WORDS) {
      const refusal = this.refusalOf(words[entry] ?? 0);
      const key = (words[entry + 1] ?? 0) * HIGH_FACTOR + ((words[entry + 2] ?? 0) >>> LOW_BITS);
      refusal.flowKey = key === 0 ? 1 : key;
      tell.denied(refusal);
    }
  }

  /** One and the same for all that were refused in the same way: to go through those of all cells costs more than all else. */
  private refusalOf(what: number): KnownVerdict {
    const known = this.refusals.get(what);
    if (known !== undefined) return known;
    const refusal = this.known(what, 0, null);
    this.refusals.set(what, refusal);
    return refusal;
  }

  private known(what: number, remote: number, port: number | null): KnownVerdict {
    const pattern = this.patterns.get(what & MOST_MEANINGS);
    const name = this.names.get(what >>> NAME_SHIFT);
    if (pattern === undefined || name === undefined) throw new RangeError('a cell of which nobody was told');
    return new KnownVerdict(pattern, remote, port, name);
  }

  /** Tells what was counted since the last time. */
  flush(): void {
    for (const cell of this.cells) this.flushCell(cell);
  }

  /** There are more kinds of verdicts than cells: those that come again get one again. */
  beginAnew(): void {
    this.flush();
    this.kernel.forgetCells();
    this.verdicts.fill(undefined);
    this.cells.length = 0;
  }

  private flushCell(cell: number): void {
    const { words } = this;
    const verdict = this.verdicts[(cell - this.cellsAt) / this.cellBytes];
    const at = cell / WORD_BYTES + COUNT_WORD;
    const times = words[at] ?? 0;
    if (times > 0 && verdict !== undefined) this.tell.times(verdict, times);
    words[at] = 0;
  }
}
