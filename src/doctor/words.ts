/** Short forms that several judgements use. */
import type { Check, CheckName, CheckStatus } from '../model/doctor.ts';

/** About the cluster as a whole, or about one node's agent. */
export function check(
  name: CheckName,
  status: CheckStatus,
  text: string,
  advice: string | null = null,
  node: string | null = null,
): Check {
  return { check: name, status, node, text, advice };
}

const MOST_LISTED = 5;

export function list(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED);
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '');
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

export function ageText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}
