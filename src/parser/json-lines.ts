/** Lines that are JSON: monitor's own (`-j`) and Hubble's (`hubble observe -o json|jsonpb`). */
import type { Dialect, MonitorRecord } from '../model/event.ts';
import { readJoinedNotice } from './agent-notice.ts';
import { readHubbleJson } from './hubble-json.ts';
import { holdsOtherProgram, holdsSecondLine } from './intruders.ts';
import { isJsonObject } from './json-fields.ts';
import { readMonitorJson } from './monitor-json.ts';

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
  if (hubble !== undefined) return hubble;
  if (holdsOtherProgram(text)) return null;
  const monitor = typeof value.type === 'string' ? readMonitorJson(value) : null;
  return monitor ?? { type: 'ignored', reason: 'other-record' };
}
