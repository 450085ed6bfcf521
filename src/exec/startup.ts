/** Tells from a program's first output whether it listens, and keeps what it says of wrong arguments out of the stream. */
import { type ListeningProgram, OBSERVING, OLDEST } from './lifeline.ts';

export interface Startup {
  readonly ready: boolean;
  readonly stdout: (data: Uint8Array) => void;
  readonly stderrLine: (line: string) => void;
  /** What was held back, for a monitor that ended before it was ready. */
  heldBack(): { readonly stdout: Uint8Array; readonly stderr: readonly string[] };
}

/** What was said of the node and its Hubble before the stream began; null where it was not. */
export interface Beginning {
  /** By the node's own clock. */
  readonly nodeMs: number | null;
  /** When Hubble's oldest flow was. */
  readonly oldestMs: number | null;
}

export interface StartupOutput {
  readonly ready: (beginning: Beginning) => void;
  readonly stdout: (data: Uint8Array) => void;
  readonly stderrLine: (line: string) => void;
}

const HELD_MAX_BYTES = 64 * 1024;
const HELD_MAX_LINES = 200;

/** On stdout up to 1.11, on stderr since 1.12 (Cilium, cmd/monitor.go). */
const READY = 'Press Ctrl-C';
/** Wrong arguments print the usage too, which goes to stdout in older versions. */
const REFUSAL = /^\s*(?:Error:|Usage:)/;
/** Since 1.18 the program's own log is on stdout. */
const LOG_LINE = /^(?:time=|level=)/;

export function createStartup(program: ListeningProgram['kind'], output: StartupOutput): Startup {
  const ready = program === 'hubble' ? OBSERVING : READY;
  let isReady = false;
  let held = Buffer.alloc(0);
  let lines: string[] = [];
  let beginning: Beginning = { nodeMs: null, oldestMs: null };
  const becomeReady = () => {
    isReady = true;
    output.ready(beginning);
    for (const line of lines) output.stderrLine(line);
    if (held.length > 0) output.stdout(held);
    held = Buffer.alloc(0);
    lines = [];
  };
  return {
    get ready() {
      return isReady;
    },
    stdout: (data) => {
      if (isReady) {
        output.stdout(data);
        return;
      }
      held = Buffer.concat([held, data]);
      if (held.length > HELD_MAX_BYTES || listens(held.toString('latin1'), ready)) becomeReady();
    },
    stderrLine: (line) => {
      if (isReady) output.stderrLine(line);
      else {
        // Our own words are nobody's message.
        if (line.startsWith(OLDEST)) beginning = { ...beginning, oldestMs: timeIn(/"time":"([^"]+)"/.exec(line)?.[1]) };
        else if (line.startsWith(OBSERVING))
          beginning = { ...beginning, nodeMs: timeIn(line.slice(OBSERVING.length + 1)) };
        else if (lines.length < HELD_MAX_LINES) lines.push(line);
        if (line.includes(ready)) becomeReady();
      }
    },
    heldBack: () => ({ stdout: held, stderr: lines }),
  };
}

function timeIn(text: string | undefined): number | null {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

function listens(text: string, ready: string): boolean {
  if (text.includes(ready)) return true;
  if (REFUSAL.test(text)) return false;
  // A last line without its end may still become anything.
  const lines = text.split('\n').slice(0, -1);
  return lines.some((line) => line.trim() !== '' && !LOG_LINE.test(line));
}
