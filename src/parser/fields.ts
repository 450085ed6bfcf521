/** Numbers, identities and traces of them, as monitor prints them into text. */
import { RESERVED_NAMES } from './words.ts';

const IDENTITY_NAME = /^(?:reserved:)?([a-z][a-z0-9]*(?:-[a-z0-9]+)*-?)$/;
const NAMES = [...RESERVED_NAMES.keys()];
const DIGITS = /^(?:0|[1-9]\d*)$/;
const MAX_IDENTITY = 0xffff_ffff;

/** Undefined where it is no identity; null where it is a name that nobody knows yet. */
export function readIdentity(text: string): number | null | undefined {
  const name = IDENTITY_NAME.exec(text)?.[1];
  if (name !== undefined) return RESERVED_NAMES.get(name) ?? (isPartOfName(name) ? undefined : null);
  const number = Number(text);
  return DIGITS.test(text) && number <= MAX_IDENTITY ? number : undefined;
}

/** `kube-apiserv`: what is left of a name, rather than one that nobody knows. */
function isPartOfName(text: string): boolean {
  return text.endsWith('-') || NAMES.some((name) => name.startsWith(text));
}

/** Null where there is no number, or none that a number holds exactly. */
export function exactNumber(text: string | undefined): number | null {
  const number = Number(text);
  return text !== undefined && Number.isSafeInteger(number) ? number : null;
}
