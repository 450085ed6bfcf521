/** Owns what untrusted text may do to a terminal: nothing. The one place where it is made safe. */

/**
 * Controls (C0, C1), formats (bidi overrides, zero width), lone surrogates, private and unassigned code points,
 * what is invisible by definition, separators, and every space but the plain one.
 */
const UNSAFE = /[[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u{115F}\u{2800}]--[ ]]/gv;
/** Nothing of this is unsafe, and most text is nothing else: the expressions for all of Unicode take 15 ms to get ready. */
const ASCII = /^[ -~]*$/;
/** Marks pile up on one character without bound; the third one and those after it are shown as escapes. */
const PILED_MARKS = /(?<=\p{M}{2})\p{M}/gv;

const LONGEST = 300;

/** Invisible and active characters become visible escapes (`\x1b`, `\u202e`); what is too long ends with `…`. */
export function printable(text: string, longest = LONGEST): string {
  const isCut = text.length > longest;
  if (!isCut && ASCII.test(text)) return text;
  const escaped = escapeUnsafe(isCut ? cutBefore(text, longest) : text, visibleEscape).replace(
    PILED_MARKS,
    visibleEscape,
  );
  return isCut || escaped.length > longest ? `${cutBefore(escaped, longest - 1)}…` : escaped;
}

/** For outputs that have escapes of their own, such as JSON. */
export function escapeUnsafe(text: string, escape: (character: string) => string): string {
  return ASCII.test(text) ? text : text.replace(UNSAFE, escape);
}

export function hasUnsafe(text: string): boolean {
  return !ASCII.test(text) && text.search(UNSAFE) !== -1;
}

/** `\u{1b}`: the same form for every character. */
export function visibleCodePoint(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function visibleEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}

/** Never between the halves of a surrogate pair. */
function cutBefore(text: string, end: number): string {
  const last = text.charCodeAt(end - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end);
}
