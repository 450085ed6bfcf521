/** Lines that are JSON: monitor's own (`-j`) and Hubble's (`hubble observe -o json|jsonpb`). */
import type { Dialect, MonitorRecord } from '../model/event.ts';
import { readJoinedNotice } from './agent-notice.ts';
import { readHubbleJson } from './hubble-json.ts';
import { holdsOtherProgram, holdsSecondLine } from './intruders.ts';
import { isJsonObject } from './json-fields.ts';
import { readMonitorJson } from './monitor-json.ts';

const SAMPLE_CHARACTERS = 200;

/** Null where it is not whole JSON, or not what it says it is. */
export function readJsonLine(text: string, dialect: Dialect | null = null): MonitorRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return holdsOtherProgram(text) || holdsSecondLine(text) ? null : readJoinedNotice(text);
  }
  if (!isJsonObject(value)) return { type: 'ignored', reason: 'other-record' };
  const hubble = readHubbleJson(value, dialect);
  // Whole, and still not what such a flow is.
  if (hubble === null) return { type: 'unparsed', reason: 'bad-field', line: text.slice(0, SAMPLE_CHARACTERS) };
  if (hubble !== undefined) return hubble;
  if (holdsOtherProgram(text)) return null;
  const monitor = typeof value.type === 'string' ? readMonitorJson(value) : null;
  return monitor ?? { type: 'ignored', reason: 'other-record' };
}
