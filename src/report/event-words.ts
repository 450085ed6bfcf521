/** Which words each type of record becomes in a line of text. */
import type { StreamGap } from '../model/attributed.ts';
import type { MonitorRecord } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';
import { dropWords, l7Words, traceWords, translationWords, verdictWords } from './event-decisions.ts';
import { type EventWords, endsText, joined, type Naming, packetText } from './event-parts.ts';
import { durationText, plural } from './phrases.ts';
import { printable } from './printable.ts';

const NOTHING = { direction: '', outcome: '', mood: 'quiet', ends: '', packet: '', detail: '' } as const;
/** A line stays a line. */
const LONGEST_TEXT = 200;

/** Null for lines that are told apart only to be left out. */
export function eventWords(
  record: MonitorRecord | StreamGap,
  attribution: Attribution | null,
  node: string | null,
  naming: Naming,
): EventWords | null {
  switch (record.type) {
    case 'policy-verdict':
      return verdictWords(record, attribution, node, naming);
    case 'drop':
      return dropWords(record, node, naming);
    case 'trace':
      return traceWords(record, node, naming);
    case 'l7':
      return l7Words(record, attribution, node, naming);
    case 'nat':
      return translationWords(record);
    case 'capture': {
      const { source, destination, endpoint } = record;
      const ends = source === null && destination === null ? '' : endsOf(record, node, naming);
      const detail = endpoint === null ? '' : `endpoint ${endpoint}`;
      return {
        ...NOTHING,
        type: 'capture',
        outcome: printable(record.point),
        ends,
        packet: packetText(record),
        detail,
      };
    }
    case 'debug': {
      const from = record.endpoint === null || record.endpoint === 0 ? '' : `endpoint ${record.endpoint}: `;
      return { ...NOTHING, type: 'debug', detail: from + printable(record.text, LONGEST_TEXT) };
    }
    case 'recorder': {
      const detail = `rule ${record.ruleId}, ${record.capturedBytes} of ${plural(record.bytes, 'byte')}`;
      return { ...NOTHING, type: 'recorder', direction: record.direction ?? '', detail };
    }
    case 'agent':
      return { ...NOTHING, type: 'agent', detail: printable(`${record.notice}: ${record.text}`, LONGEST_TEXT) };
    case 'lost': {
      const where = record.where === 'unknown' ? '' : ` in the ${record.where.replace('-', ' ')}`;
      const events = record.exactEvents === undefined ? plural(record.events, 'event') : `${record.exactEvents} events`;
      return warning('lost', 'LOST', `${events}${where}`);
    }
    case 'gap': {
      const seconds = Math.max(0, record.toMs - record.fromMs) / 1000;
      const span = `${clockText(record.fromMs)}-${clockText(record.toMs)} UTC (${durationText(seconds)})`;
      return warning('gap', 'NOT HEARD', `${span}: ${printable(record.reason)}`);
    }
    case 'node-status': {
      const detail = joined([printable(record.nodes.join(', ')), printable(record.message ?? '')], ': ');
      const words = warning('node', record.state.toUpperCase(), detail);
      return record.state === 'connected' ? { ...words, mood: 'allowed' } : words;
    }
    case 'unknown-event':
      return { ...NOTHING, type: 'unknown', detail: printable(record.text, LONGEST_TEXT) };
    case 'unparsed':
      return warning('unparsed', record.reason, printable(record.line, LONGEST_TEXT));
    case 'ignored':
      return null;
  }
}

function endsOf(
  { source, destination }: Extract<MonitorRecord, { type: 'capture' }>,
  node: string | null,
  naming: Naming,
): string {
  return endsText({ address: source }, { address: destination }, node, naming);
}

function warning(type: string, outcome: string, detail: string): EventWords {
  return { ...NOTHING, type, outcome, mood: 'warning', detail };
}

function clockText(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
