/** Owns the verdicts that came before: lines that say one of them again are counted by the kernel, without a record for each. */
import type { Dialect } from '../model/event.ts';
import { afterLastNewline } from './bytes.ts';
import { type Kernel, startKernel } from './kernel.ts';
import { KnownCells, MOST_MEANINGS, type TellKnown } from './known-cells.ts';
import { KnownVerdict } from './known-verdict.ts';
import type { Follower } from './seen-addresses.ts';
import type { VerdictLine } from './verdict.ts';

const PATCHED: Dialect = 'accuknox';

export class KnownVerdicts {
  private readonly kernel: Kernel = startKernel();
  /** Bytes that are put here are not copied. */
  readonly room: Uint8Array;
  private readonly memory: Uint8Array;
  private readonly cells: KnownCells;
  // To ask the kernel for them costs more than all else that is done for a verdict.
  private readonly inputAt: number;
  private readonly inputBytes: number;
  private readonly meanings = new Map<string, number>();
  /** Up to where the caller's bytes are in the kernel's memory, and how much further on each of them is there. */
  private reach = 0;
  private offset = 0;

  constructor(tell: TellKnown) {
    const { kernel } = this;
    this.memory = new Uint8Array(kernel.memory.buffer);
    this.room = this.memory.subarray(kernel.ROOM.value, kernel.ROOM.value + kernel.ROOM_BYTES.value);
    this.inputAt = kernel.INPUT.value;
    this.inputBytes = kernel.INPUT_BYTES.value;
    this.cells = new KnownCells(kernel, tell);
  }

  /** Knows the addresses of earlier lines. */
  get follower(): Follower {
    return this.kernel;
  }

  /** New lines are at hand: what was copied of the last ones is nothing to go by. */
  open(bytes: Uint8Array): void {
    const isHere = bytes.buffer === this.memory.buffer;
    this.offset = isHere ? bytes.byteOffset : 0;
    this.reach = isHere ? bytes.length : 0;
  }

  /** Counts lines from `at` on; gives where the first begins that is not known, or `end`. */
  scan(bytes: Uint8Array, start: number, end: number): number {
    const { kernel } = this;
    let at = start;
    while (at < end) {
      if (at >= this.reach && !this.copy(bytes, at, end)) return at;
      const last = Math.min(end, this.reach);
      at = kernel.scan(at + this.offset, last + this.offset) - this.offset;
      const isRoomMade = this.cells.drain();
      if (at === last || isRoomMade) continue;
      if (kernel.isFull() === 0) return at;
      this.cells.beginAnew();
    }
    return end;
  }

  /** False where not even one line fits. */
  private copy(bytes: Uint8Array, start: number, end: number): boolean {
    const most = start + this.inputBytes;
    const last = end <= most ? end : afterLastNewline(bytes, start, most);
    if (last === start) return false;
    this.memory.set(bytes.subarray(start, last), this.inputAt);
    this.offset = this.inputAt - start;
    this.reach = last;
    return true;
  }

  /** A verdict that the kernel did not know and that was read and told without it; it is in the piece at hand. */
  learn(verdict: VerdictLine, lineEnd: number): void {
    const { kernel } = this;
    const { packet, places, dialect } = verdict;
    if (lineEnd > this.reach || packet.destinationPort < 0 || packet.source.family === 0) return;
    const isPatched = dialect === PATCHED;
    const { offset } = this;
    const { nameStart, nameEnd, decisionStart, packetStart } = places;
    const nameBytes = kernel.NAME_BYTES.value;
    const name = isPatched ? kernel.learnName(nameStart - nameBytes + offset, nameEnd - nameStart + nameBytes) : 0;
    if (isPatched) {
      if (name === 0) return;
      this.cells.name(name, verdict.policyName);
    }
    const meaning = this.meaningOf(verdict);
    if (meaning === null || !this.learnWord(verdict)) return;
    const isIngress = verdict.direction === 'ingress';
    const isDenied = verdict.action === 'deny';
    const flags =
      (isDenied ? kernel.IS_DENIED.value : 0) |
      (isIngress ? kernel.IS_INGRESS.value : 0) |
      (isPatched ? kernel.IS_PATCHED.value : 0);
    const { transportStart } = packet;
    this.cells.meaning(meaning, verdict);
    const isLearned =
      kernel.learnDecision(decisionStart + offset, packetStart - decisionStart, meaning, verdict.headerPort, flags) !==
        0 && kernel.learnTail(transportStart + offset, lineEnd - 1 - transportStart, packet.protocol) !== 0;
    if (!isLearned) return;
    const cell = kernel.learnCell(verdict.remoteIdentity, packet.destinationPort, name, meaning);
    if (cell === 0) return;
    const { remoteIdentity, policyName } = verdict;
    this.cells.keep(cell, new KnownVerdict(verdict, remoteIdentity, packet.destinationPort, policyName));
  }

  /** Tells what was counted since the last time. */
  flush(): void {
    this.cells.flush();
  }

  private learnWord({ places, remoteIdentity }: VerdictLine): boolean {
    const { remoteStart, decisionStart } = places;
    const at = remoteStart + this.offset;
    if (isDigit(this.memory[at] ?? 0)) return true;
    return this.kernel.learnWord(at, decisionStart - remoteStart, remoteIdentity) !== 0;
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
