/** What the agent says about itself: `>> Policy updated: {...}` (Cilium pkg/monitor/agent, 1.0 to 1.19). */
import type { AgentNotice } from '../model/event.ts';
import type { TextLine } from './text-line.ts';

/** A program that is older than its agent prints a number for what it has no word for. */
const NOTICE = /^>> ([A-Z][A-Za-z0-9 ]*|\d{1,3}): (.+)$/;
/** Cilium pkg/monitor/api/types.go, all versions: the text of these may be anything. */
const WORDS: ReadonlySet<string> = new Set([
  ...['Message', 'Cilium agent started', 'Endpoint regenerated', 'Failed endpoint regeneration'],
  ...['Policy updated', 'Policy deleted', 'Endpoint created', 'Endpoint deleted'],
  ...['IPCache entry upserted', 'IPCache entry deleted', 'Service upserted', 'Service deleted'],
]);
const JOINED = /^\{"type":"agent","subtype":"([A-Za-z ]+)","message":(.*)\}$/;
const JSON_BEGINNING = /^[{"[]/;

export function readAgentNotice(line: TextLine): AgentNotice | null {
  const parts = NOTICE.exec(line.text);
  if (parts === null) return null;
  const [, notice = '', text = ''] = parts;
  const isJson = JSON_BEGINNING.test(text);
  // JSON in all but the oldest versions; what begins as JSON and does not end so was cut.
  if (isJson ? !isWholeJson(text) : !WORDS.has(notice)) return null;
  line.mayBeCut = !isJson;
  return { type: 'agent', notice, text };
}

/** Monitor's JSON puts the text between quotation marks and braces as it is: plain text is no JSON, and still whole. */
export function readJoinedNotice(line: string): AgentNotice | null {
  const [, notice = '', text = ''] = JOINED.exec(line) ?? [];
  return WORDS.has(notice) && !JSON_BEGINNING.test(text) ? { type: 'agent', notice, text } : null;
}

function isWholeJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
