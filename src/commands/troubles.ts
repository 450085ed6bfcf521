/** Tells why a stream is down once, however often it is tried again: an outage of a day is no wall of text. */
import type { Problem } from '../model/problem.ts';
import type { Narrator } from './narrator.ts';

export interface Troubles {
  tell(node: string, problem: Problem): void;
  /** The stream is open again: what comes next is new. */
  over(node: string): void;
}

export function createTroubles(narrator: Narrator): Troubles {
  const told = new Map<string, Set<string>>();
  return {
    tell: (node, problem) => {
      const known = told.get(node) ?? new Set<string>();
      told.set(node, known);
      const key = JSON.stringify(problem);
      if (known.has(key)) return;
      known.add(key);
      narrator.warn(problem);
    },
    over: (node) => void told.delete(node),
  };
}
