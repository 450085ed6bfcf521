/** `-o jsonl`: one summary a line. */
import type { Summary } from '../model/summary.ts';
import { toJson } from './json.ts';

export function renderJsonl(summary: Summary): string {
  return `${toJson(summary, 0)}\n`;
}
