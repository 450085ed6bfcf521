/** Which records are only counted: what nobody asked for, in the words of the account. */
import type { IgnoredReason, MonitorRecord } from '../model/event.ts';

/** Null for what is taken down as it is. */
export function reasonOf(record: MonitorRecord, wanted: boolean): IgnoredReason | null {
  if (record.type === 'ignored') return record.reason;
  if (wanted) return null;
  switch (record.type) {
    case 'policy-verdict':
    case 'drop':
    case 'l7':
      return 'other-endpoint';
    case 'trace':
    case 'capture':
    case 'debug':
      return record.type;
    default:
      return null;
  }
}
