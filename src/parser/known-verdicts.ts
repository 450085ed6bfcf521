/** Owns the verdicts that came before: lines that say one of them again are counted by the kernel, without a record for each. */
import type { Action, Dialect, Direction, MatchType, Verdict } from '../model/event.ts';
import { afterLastNewline } from './bytes.ts';
import { type Kernel, startKernel } from './kernel.ts';
import type { Follower } from './seen-addresses.ts';
import type { VerdictLine } from './verdict.ts';

const PATCHED: Dialect = 'accuknox';
const WORD_BYTES = 4;
/** Which of a cell's words says how many verdicts came. */
const COUNT_WORD = 3;
const LOW_BITS = 12;
const HIGH_FACTOR = 0x100000;
/** So many kinds of decisions can be told apart beside their protocol. */
const MOST_MEANINGS = 0xffff;

/** All of a verdict that is counted; the packet is not kept. */
class KnownVerdict implements Verdict {
  readonly type = 'policy-verdict';
  readonly source = null;
  readonly destination = null;
  readonly tcpFlags = [];
  readonly icmp = null;
  readonly flow = null;
  readonly hubble = null;
  readonly dialect: Dialect;
  readonly endpoint: number;
  readonly direction: Direction;
  readonly action: Action;
  readonly audit: boolean;
  readonly remoteIdentity: number;
  readonly protocol: string;
  readonly match: MatchType;
  readonly auth: string | null;
  readonly destinationPort: number | null;
  readonly policyName: string | null;
  /** Of the packet at hand, where it was refused. */
  flowKey = 0;

  constructor(verdict: VerdictLine) {
    this.dialect = verdict.dialect;
    this.endpoint = verdict.endpoint;
    this.direction = verdict.direction;
    this.action = verdict.action;
    this.audit = verdict.audit;
    this.remoteIdentity = verdict.remoteIdentity;
    this.protocol = verdict.protocol;
    this.match = verdict.match;
    this.auth = verdict.auth;
    this.destinationPort = verdict.destinationPort;
    this.policyName = verdict.policyName;
  }
}

export interface TellKnown {
  /** So many verdicts that differ from one that was emitted in nothing but endpoint, packet and authentication, all together at the end. */
  times(verdict: Verdict, times: number): void;
  /** One of them that refused a packet, whose flow key it has, in its turn among the records. */
  denied(verdict: Verdict): void;
}

export class KnownVerdicts {
  private readonly kernel: Kernel = startKernel();
  private readonly input: Uint8Array;
  /** By the kernel's cell. */
  private readonly cells = new Map<number, KnownVerdict>();
  private readonly words: Uint32Array;
  // To ask the kernel for them costs more than all else that is done for a verdict.
  private readonly inputAt: number;
  private readonly deniedAt: number;
  private readonly mostDenied: number;
  private readonly meanings = new Map<string, number>();
  private readonly tell: TellKnown;
  /** The piece of the caller's lines that is in the kernel's memory. */
  private copiedStart = 0;
  private copiedEnd = 0;

  constructor(tell: TellKnown) {
    const { kernel } = this;
    this.input = new Uint8Array(kernel.memory.buffer, kernel.INPUT.value, kernel.INPUT_BYTES.value);
    this.words = new Uint32Array(kernel.memory.buffer);
    this.inputAt = kernel.INPUT.value;
    this.deniedAt = kernel.DENIED.value;
    this.mostDenied = kernel.MOST_DENIED.value;
    this.tell = tell;
  }

  /** Knows the addresses of earlier lines. */
  get follower(): Follower {
    return this.kernel;
  }

  /** New lines are at hand: what was copied of the last ones is nothing to go by. */
  open(): void {
    this.copiedEnd = 0;
    this.copiedStart = 0;
  }

  /** Counts lines from `at` on; gives where the first begins that is not known, or `end`. */
  scan(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      if (at >= this.copiedEnd && !this.copy(bytes, at, end)) return at;
      const base = this.inputAt - this.copiedStart;
      const stopped = this.kernel.scan(at + base, this.copiedEnd + base) - base;
      const isFull = this.drain();
      at = stopped;
      if (at < this.copiedEnd && !isFull) return at;
    }
    return end;
  }

  /** False where not even one line fits. */
  private copy(bytes: Uint8Array, start: number, end: number): boolean {
    const most = start + this.input.length;
    const last = end <= most ? end : afterLastNewline(bytes, start, most);
    if (last === start) return false;
    this.input.set(bytes.subarray(start, last));
    this.copiedStart = start;
    this.copiedEnd = last;
    return true;
  }

  /** Whether there was no room for more. */
  private drain(): boolean {
    const { kernel } = this;
    const count = kernel.deniedCount();
    if (count === 0) return false;
    const { words, cells, tell } = this;
    const first = this.deniedAt / WORD_BYTES;
    for (let entry = first; entry < first + count * 3; entry += 3) {
      const verdict = cells.get(words[entry] ?? 0);
      if (verdict === undefined) continue;
      const key = (words[entry + 1] ?? 0) * HIGH_FACTOR + ((words[entry + 2] ?? 0) >>> LOW_BITS);
      verdict.flowKey = key === 0 ? 1 : key;
      tell.denied(verdict);
    }
    kernel.forgetDenied();
    return count === this.mostDenied;
  }

  /** A verdict that the kernel did not know and that was read and told without it; it is in the piece at hand. */
  learn(verdict: VerdictLine, lineEnd: number): void {
    const { kernel } = this;
    const { packet, places, dialect } = verdict;
    if (lineEnd > this.copiedEnd || packet.destinationPort < 0 || packet.source.family === 0) return;
    const isPatched = dialect === PATCHED;
    const base = this.inputAt - this.copiedStart;
    const { nameStart, nameEnd, decisionStart, packetStart } = places;
    const nameBytes = kernel.NAME_BYTES.value;
    const name = isPatched ? kernel.learnName(nameStart - nameBytes + base, nameEnd - nameStart + nameBytes) : 0;
    if (isPatched && name === 0) return;
    const meaning = this.meaningOf(verdict);
    if (meaning === null || !this.learnWord(verdict)) return;
    const isIngress = verdict.direction === 'ingress';
    const isDenied = verdict.action === 'deny';
    const flags =
      (isDenied ? kernel.IS_DENIED.value : 0) |
      (isIngress ? kernel.IS_INGRESS.value : 0) |
      (isPatched ? kernel.IS_PATCHED.value : 0);
    const { transportStart } = packet;
    const isLearned =
      kernel.learnDecision(decisionStart + base, packetStart - decisionStart, meaning, verdict.headerPort, flags) !==
        0 && kernel.learnTail(transportStart + base, lineEnd - 1 - transportStart, packet.protocol) !== 0;
    if (!isLearned) return;
    const cell = kernel.learnCell(verdict.remoteIdentity, packet.destinationPort, name, meaning);
    if (cell !== 0 && !this.cells.has(cell)) this.cells.set(cell, new KnownVerdict(verdict));
  }

  /** Tells what was counted since the last time. */
  flush(): void {
    const { words } = this;
    for (const [cell, verdict] of this.cells) {
      const at = cell / WORD_BYTES + COUNT_WORD;
      const times = words[at] ?? 0;
      if (times > 0) this.tell.times(verdict, times);
      words[at] = 0;
    }
  }

  private learnWord({ places, remoteIdentity }: VerdictLine): boolean {
    const { remoteStart, decisionStart } = places;
    const at = remoteStart - this.copiedStart;
    if (isDigit(this.input[at] ?? 0)) return true;
    return this.kernel.learnWord(at + this.inputAt, decisionStart - remoteStart, remoteIdentity) !== 0;
  }

  /** What the decision says, in sixteen bits, with the protocol above; null where there are too many. */
  private meaningOf({ dialect, direction, action, audit, match, packet, protocolNumber }: VerdictLine): number | null {
    if (protocolNumber !== packet.protocol) return null;
    const text = `${dialect} ${direction} ${action} ${audit} ${match} ${protocolNumber}`;
    const known = this.meanings.get(text);
    if (known !== undefined) return known;
    if (this.meanings.size >= MOST_MEANINGS) return null;
    // None is 0: the kernel takes that for a free entry.
    const meaning = (protocolNumber << 24) | (this.meanings.size + 1);
    this.meanings.set(text, meaning);
    return meaning;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}
