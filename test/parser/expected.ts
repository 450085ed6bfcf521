/** The record that an event of the corpus must give, and where one differs from it. */
import { isDeepStrictEqual } from 'node:util';
import type { IntactFile, Truth } from './corpus.ts';
import {
  expectedCapture,
  expectedDebug,
  expectedDrop,
  expectedRecorder,
  expectedTrace,
  expectedTranslation,
  printedCpu,
} from './expected-datapath.ts';
import { expectedL7 } from './expected-l7.ts';
import { type Fields, type Printed, printedEvent } from './expected-packet.ts';
import { expectedVerdict } from './expected-verdict.ts';

/** Lines that the program prints about itself: told apart, and no records. */
export const OWN_LINES: Readonly<Record<string, string>> = { startup: 'banner', log: 'log' };

export interface CorpusEvent {
  readonly truth: Truth;
  readonly lines: readonly string[];
}

/** What was fed, in its order, with the lines that it was printed in. */
export function eventsOf({ truths, lines }: IntactFile): readonly CorpusEvent[] {
  const events = new Map<number, { truth: Truth; lines: string[] }>();
  truths.forEach((truth, i) => {
    const line = lines[i] ?? '';
    const event = events.get(truth.seq ?? -1);
    if (truth.seq === undefined || truth.type in OWN_LINES) return;
    if (event === undefined) events.set(truth.seq, { truth, lines: [line] });
    else event.lines.push(line);
  });
  return [...events.values()];
}

function expectedFields(truth: Truth, printed: Printed): Fields {
  switch (truth.type) {
    case 'policy-verdict':
      return expectedVerdict(truth, printed.text);
    case 'drop':
      return expectedDrop(truth, printed);
    case 'trace':
      return expectedTrace(truth, printed);
    case 'l7':
      return expectedL7(truth, printed);
    case 'capture':
      return expectedCapture(truth, printed);
    case 'debug':
      return expectedDebug(truth, printed);
    case 'recorder':
      return expectedRecorder(truth, printed);
    case 'trace-sock':
      return expectedTranslation(printed);
    case 'agent':
      return expectedNotice(truth, printed);
    case 'lost':
      return { type: 'lost', events: truth.lost, where: 'kernel-ring', cpu: printedCpu(printed.text) };
    case 'unknown-event':
      return { type: 'unknown-event', text: /CPU \d+: Unknown event: \[.*?\]/.exec(printed.text)?.[0] };
    default:
      return { type: 'ignored', reason: OWN_LINES[truth.type] };
  }
}

/** A program that is older than its agent prints a number for what it has no word for. */
function expectedNotice({ agent_type: number, agent_subtype: word = '', message }: Truth, { text }: Printed): Fields {
  return { type: 'agent', notice: text.includes(word) ? word : String(number), message };
}

/** What of a record differs from its truth, field by field; empty where it is right. `absent` are fields that it may lack. */
export function differences(
  truth: Truth,
  lines: readonly string[],
  record: object | undefined,
  absent: readonly string[] = [],
): string[] {
  if (record === undefined) return [`nothing, not ${truth.type}`];
  const wanted = expectedFields(truth, printedEvent(lines));
  return Object.entries(wanted).flatMap(([field, value]) => {
    if (absent.includes(field)) return [];
    const got = field === 'message' ? messageOf(record) : field === 'icmp' ? numbersOf(record) : fieldOf(record, field);
    return isDeepStrictEqual(got, value) ? [] : [`${field}: ${JSON.stringify(got)}, not ${JSON.stringify(value)}`];
  });
}

function fieldOf(record: object, field: string): unknown {
  return Reflect.get(record, field);
}

/** Versions have different words for the same type and code. */
function numbersOf(record: object): unknown {
  const icmp = fieldOf(record, 'icmp');
  return typeof icmp === 'object' && icmp !== null && 'type' in icmp && 'code' in icmp
    ? { type: icmp.type, code: icmp.code }
    : icmp;
}

/** JSON, or the plain text of a message. */
function messageOf(record: object): unknown {
  const text = String(fieldOf(record, 'text'));
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
