/** The exit codes, which are a contract, and what a judgement means among them. */
import type { Judgement } from './check.ts';

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  expectation: 3,
  incomplete: 4,
  forbidden: 5,
  notFound: 6,
  interrupted: 130,
} as const;

export const EXIT_OF_JUDGEMENT: Readonly<Record<Judgement, number>> = {
  held: EXIT.done,
  failed: EXIT.expectation,
  unknown: EXIT.incomplete,
};
