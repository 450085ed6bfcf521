/** `-o jsonl`: one summary or report a line. */
import { toJson } from './json.ts';

export function renderJsonl(document: object): string {
  return `${toJson(document, 0)}\n`;
}
