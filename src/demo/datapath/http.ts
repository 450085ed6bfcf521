/** What the proxy lets through: HTTP rules hold where one of them fits. */
import type { HttpRule } from './rule.ts';

function fits(pattern: string | null, text: string): boolean {
  if (pattern === null || pattern === '') return true;
  try {
    return new RegExp(`^(?:${pattern})$`).test(text);
  } catch {
    return false;
  }
}

export function judgeRequest(
  rules: readonly HttpRule[],
  request: { readonly method: string; readonly path: string },
): boolean {
  return rules.some(({ method, path }) => fits(method, request.method) && fits(path, request.path));
}
