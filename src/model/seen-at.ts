/** When something was first and last seen: RFC 3339 in UTC with one precision, so that texts sort as times; null where it was not. */

export function earlier(a: string | null, b: string | null): string | null {
  return a === null || (b !== null && b < a) ? b : a;
}

export function later(a: string | null, b: string | null): string | null {
  return a === null || (b !== null && b > a) ? b : a;
}
