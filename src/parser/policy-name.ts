/** A policy's name as the patched Cilium prints it: which text can be one. */
import { BLANK, toStrictText } from './bytes.ts';
import { holdsOtherProgram } from './intruders.ts';

const DELETE = 0x7f;
/** What a second line that ran into the first one is known by. */
export const SECOND_LINE = 'olicy verdict log: ';

/** Any text but control characters, which only damage puts into a line. */
export function toPolicyName(bytes: Uint8Array, start: number, end: number): string | null {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < BLANK || byte === DELETE) return null;
  }
  const name = toStrictText(bytes, start, end);
  return name === null || name.includes(SECOND_LINE) || holdsOtherProgram(name) ? null : name;
}
