/** Lines of monitor that are not verdicts, told apart by their whole form: what does not fit to its end is no such line. */
import type { Dialect, Ignored, IgnoredReason, Lost, MonitorRecord, UnknownEvent } from '../model/event.ts';
import { readAgentNotice } from './agent-notice.ts';
import { readCapture } from './capture.ts';
import { readMarked } from './debug.ts';
import { DETAIL } from './dissection.ts';
import { readDrop, readManualDrop } from './drop.ts';
import { holdsOtherProgram, holdsSecondLine } from './intruders.ts';
import { readJsonLine } from './json-lines.ts';
import { readL7 } from './l7.ts';
import { L7Ends } from './l7-ends.ts';
import { readRecorder } from './recorder.ts';
import type { SeenAddresses } from './seen-addresses.ts';
import type { TextLine } from './text-line.ts';
import { readTrace } from './trace.ts';
import { readManualTranslation, readTranslation } from './translation.ts';

const ignoredRecords = new Map<IgnoredReason, Ignored>();

export function ignored(reason: IgnoredReason): Ignored {
  let record = ignoredRecords.get(reason);
  if (record === undefined) {
    record = { type: 'ignored', reason };
    ignoredRecords.set(reason, record);
  }
  return record;
}

const BANNER =
  /^(?:Listening for events on \d+ CPUs with \d+x\d+ of shared memory|Press Ctrl-C to quit|Received an interrupt, disconnecting from monitor\.\.\.)$/;

/** Cilium's and Hubble's own log (logrus, then slog) and words, kubectl's, stern's and the container runtime's. */
const LOG =
  /^(?:time="?\d{4}-\d\d-\d\dT\S+ level=[A-Za-z]+ .*\b(?:msg|error)=.+|level=[A-Za-z]+ (?:msg|error)=.+|rpc error: code = .+|[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ \S+:\d+\] .*|(?:[Ee]rror|[Ww]arning|Fatal|panic): .+|Error while creating client: .*|Defaulted container ".+|command terminated with exit code \d+|Unable to use a TTY - .+|Terminated|[+-] [a-z0-9.-]+(?: [a-z0-9.-]+)? › [a-z0-9.-]+|goroutine \d+ \[.+|\[signal SIG.+|created by .+|\s*\/\S+\.go:\d+(?: \+0x[0-9a-f]+)?|exit status \d+|Usage:.*)$/;

/** Of Cilium's monitor, and of Hubble's command. */
const AGENT_GONE = /\bmsg="connection closed"|^rpc error: code = Unavailable /;
const GONE: Ignored = { type: 'ignored', reason: 'log', agentGone: true };

const CPU = /^CPU (\d{2,4}): (.*)$/;
const LOST = /^Lost (\d{1,20}) events$/;
const UNKNOWN_EVENT =
  /^(?:CPU \d{2,4}: Unknown event: \[[\d ]*\]|cannot decode message type '?\d+'?: .+|Error while parsing [a-z ]+ message: .+)$/;
const UNKNOWN_PAYLOAD = /^Unknown payload type: \d{1,10}, CPU (\d{2,4}): Lost (\d{1,20}) events$/;
/** Read as JSON to its end. */
const JSON_NOTICE = /^>> [A-Za-z0-9 ]+: \{.*\}$/;
const TEXT_CHARACTERS = 200;

export class OtherLines {
  private readonly seen: SeenAddresses;
  private readonly l7Ends = new L7Ends();
  private readonly onlyDialect: Dialect | null;

  constructor(seen: SeenAddresses, onlyDialect: Dialect | null) {
    this.seen = seen;
    this.onlyDialect = onlyDialect;
    // The patched Cilium is a 1.10.
    if (onlyDialect === 'accuknox') this.l7Ends.learnOrder('source-first');
  }

  /** Null for a line that is none of them, or not whole. */
  read(line: TextLine): MonitorRecord | null {
    switch (line.text.charCodeAt(0)) {
      case 120: // x
        return readDrop(line, this.seen);
      case 123: // {
        return readJsonLine(line.text, this.onlyDialect);
      case 45: // -
      case 60: // <
      case 61: // =
      case 63: // ?
      case 94: // ^
      case 117: // u
        return readTrace(line, this.seen) ?? readCapture(line) ?? this.readRest(line);
      default:
        return this.readRest(line);
    }
  }

  private readRest(line: TextLine): MonitorRecord | null {
    const { text } = line;
    const lost = readUnknownPayload(text);
    if (lost !== null) return lost;
    // Whole JSON is not cut, whatever words of the grammar are in it.
    if (!JSON_NOTICE.test(text) && holdsSecondLine(text)) return null;
    if (BANNER.test(text)) return ignored('banner');
    if (LOG.test(text)) return AGENT_GONE.test(text) ? GONE : ignored('log');
    if (holdsOtherProgram(text)) return null;
    if (text.startsWith('>> ')) return readAgentNotice(line);
    if (text.startsWith('CPU ')) return readCpuLine(line);
    const l7 = readL7(line, this.l7Ends);
    if (l7 !== null) {
      const isForeign = l7.audit !== null && this.onlyDialect === 'cilium';
      return isForeign ? { type: 'unparsed', reason: 'other-dialect', line: text.slice(0, TEXT_CHARACTERS) } : l7;
    }
    if (text.startsWith('Recorder ')) return readRecorder(line);
    if (text.startsWith('Datapath ')) return readManualDrop(text) ?? readManualTranslation(text);
    if (DETAIL.test(text)) return ignored('detail');
    return readUnknownEvent(line);
  }
}

function readCpuLine(line: TextLine): MonitorRecord | null {
  const [, number, rest = ''] = CPU.exec(line.text) ?? [];
  if (number === undefined) return null;
  const cpu = Number(number);
  return readLost(rest, cpu) ?? readUnknownEvent(line) ?? readTranslation(rest) ?? readMarked(line, rest, cpu);
}

function readLost(text: string, cpu: number): Lost | null {
  const events = LOST.exec(text)?.[1];
  return events === undefined ? null : lostEvents(events, cpu);
}

/** 1.19's word for a payload that it knows nothing of but the loss that came with it. */
function readUnknownPayload(text: string): Lost | UnknownEvent | null {
  const [, cpu, events] = UNKNOWN_PAYLOAD.exec(text) ?? [];
  if (events === undefined) return null;
  if (/^0+$/.test(events)) return { type: 'unknown-event', text };
  return { ...lostEvents(events, Number(cpu)), where: 'unknown' };
}

function lostEvents(printed: string, cpu: number): Lost {
  const lost = { type: 'lost', events: Number(printed), where: 'kernel-ring', cpu } as const;
  return Number.isSafeInteger(lost.events) ? lost : { ...lost, exactEvents: printed };
}

function readUnknownEvent({ text }: TextLine): UnknownEvent | null {
  return UNKNOWN_EVENT.test(text) ? { type: 'unknown-event', text: text.slice(0, TEXT_CHARACTERS) } : null;
}
