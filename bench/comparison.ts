/** How a measurement is printed: every ratio beside its bound, medians of runs that took turns. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const RUNS = 5;

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export async function inTurn(...measures: readonly (() => Promise<number>)[]): Promise<number[]> {
  return (await takingTurns(measures, RUNS)).map(median);
}

/** Each in turn, so that whatever else the machine does meets all of them. */
export async function takingTurns<T>(measures: readonly (() => Promise<T>)[], runs: number): Promise<T[][]> {
  const measured: T[][] = measures.map(() => []);
  for (let run = 0; run < runs; run += 1) {
    for (const [at, measure] of measures.entries()) measured[at]?.push(await measure());
  }
  return measured;
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function atMost(what: string, value: number, bound: number): void {
  judge(what, value, 'at most', bound, value <= bound);
}

export function atLeast(what: string, value: number, bound: number): void {
  judge(what, value, 'at least', bound, value >= bound);
}

function judge(what: string, value: number, word: string, bound: number, holds: boolean): void {
  say(`${what}: ${value.toFixed(2)} (${word} ${bound}) ${holds ? 'ok' : 'MISSED'}`);
  if (!holds) process.exitCode = 1;
}

export function isThere(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)));
}
