/** `-o json`: a summary or report as it is, in ASCII where a character could be invisible or act on a terminal. */
import { escapeUnsafe } from './printable.ts';

export function renderJson(document: object): string {
  return `${toJson(document, 2)}\n`;
}

/** JSON.stringify leaves C1, bidi overrides and zero-width characters raw; inside its strings they may be escaped. */
export function toJson(value: object, indent: number): string {
  const lines = JSON.stringify(value, null, indent).split('\n');
  return lines.map((line) => escapeUnsafe(line, jsonEscape)).join('\n');
}

function jsonEscape(character: string): string {
  let escaped = '';
  for (let at = 0; at < character.length; at += 1) {
    escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}
