/** Short forms that several judgements use. */
import type { Check, CheckName, CheckStatus } from '../model/doctor.ts';
import { explain } from '../report/explain.ts';
import type { Answer } from './facts.ts';

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

export function valueOf<T>(answer: Answer<T>): T | null {
  return answer.kind === 'known' ? answer.value : null;
}

/** Why there is no answer. */
export function whyNot(answer: Exclude<Answer<unknown>, { kind: 'known' }>): string {
  return answer.kind === 'refused' ? explain(answer.problem) : `no answer within ${answer.limitMs / 1000} s`;
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

/** A command for a shell outside; what could mean something else to it is quoted. */
export function inAgent(
  { namespace, pod, container }: { readonly namespace: string; readonly pod: string; readonly container: string },
  command: string,
): string {
  const [where, what, which] = [namespace, pod, container].map(shellWord);
  return `"kubectl -n ${where} exec ${what} -c ${which} -- ${command}"`;
}

export function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
