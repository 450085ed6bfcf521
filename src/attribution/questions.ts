/** Owns numbers for what verdicts ask of an endpoint's state, whichever endpoint: peer, port, protocol, direction and what was decided. */
import { decisionKeyOf, NO_KEY } from '../model/decision-key.ts';
import type { Verdict } from '../model/event.ts';

const FIRST_SLOTS = 256;
const WORDS = 4;
const FULLEST = 0.5;
/** Past every port and ICMP type. */
const NO_PORT = 0x10000;

/** Two slots for each, of 16 bytes. */
export const MOST_QUESTIONS = 65_536;

/** A class: V8 makes better code of methods than of closures of which each agent has its own. */
export class Questions {
  size = 0;
  private mask = FIRST_SLOTS - 1;
  /** Peer, shape, and the number + 1. */
  private table = new Int32Array(FIRST_SLOTS * WORDS);

  /** -1 where it has none yet, where the protocol is no number, and where there is no peer: every number may be one. */
  find(verdict: Verdict, peer: number | null): number {
    const decision = keyOf(verdict);
    if (decision === NO_KEY || peer === null) return -1;
    return (this.table[this.slotOf(decision | portOf(verdict), peer | 0) + 2] ?? 0) - 1;
  }

  /** A new one where it has none yet: they count from 0. The caller sees to it that there are never too many. */
  number(verdict: Verdict, peer: number | null): number {
    const known = this.find(verdict, peer);
    const decision = keyOf(verdict);
    if (known >= 0 || decision === NO_KEY || peer === null) return known;
    if (this.size >= this.mask * FULLEST) this.grow();
    const shape = decision | portOf(verdict);
    // Identities have 32 bits, and the table's words a sign.
    const own = peer | 0;
    this.size += 1;
    this.table.set([own, shape, this.size], this.slotOf(shape, own));
    return this.size - 1;
  }

  clear(): void {
    this.table.fill(0);
    this.size = 0;
  }

  private slotOf(shape: number, peer: number): number {
    const { table, mask } = this;
    let at = (hash(shape, peer) & mask) * WORDS;
    while (table[at + 2] !== 0 && (table[at] !== peer || table[at + 1] !== shape)) at = (at + WORDS) & (mask * WORDS);
    return at;
  }

  private grow(): void {
    const old = this.table;
    this.mask = this.mask * 2 + 1;
    this.table = new Int32Array((this.mask + 1) * WORDS);
    for (let at = 0; at < old.length; at += WORDS) {
      const [peer = 0, shape = 0, number = 0] = old.subarray(at, at + WORDS);
      if (number !== 0) this.table.set([peer, shape, number], this.slotOf(shape, peer));
    }
  }
}

/** What fits beside the decision: the port, or the ICMP type. */
function portOf({ icmp, destinationPort }: Verdict): number {
  return (icmp === null ? destinationPort : icmp.type) ?? NO_PORT;
}

function keyOf(verdict: Verdict): number {
  return verdict.decisionKey ?? decisionKeyOf(verdict);
}

/** Mixes the high bits down, so that neighbouring ports and identities spread. */
function hash(shape: number, peer: number): number {
  const mixed = Math.imul(shape, 0x85ebca6b) ^ Math.imul(peer, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
