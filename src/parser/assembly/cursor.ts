/** Where a part of a line ended, and the letters that end one. */
export const NEWLINE: u32 = 10;
export const COMMA: u32 = 44;
export const DOT: u32 = 46;
export const COLON: u32 = 58;
export const OPEN_BRACKET: u32 = 91;
export const CLOSE_BRACKET: u32 = 93;
export const LETTER_M: u32 = 109;

/** Where the last number, word or address ended. */
export let ended: u32 = 0;

export function endAt(at: u32): void {
  ended = at;
}
