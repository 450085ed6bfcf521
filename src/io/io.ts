/** The outside world as one value: what a command may write to, read from and be stopped by. */
import type { Clock } from '../model/clock.ts';

export interface Sink {
  write(text: string): void;
  /** Like `write`, but a slow terminal is not waited for: false where it has no room. Pipes and files take everything. */
  offer(text: string): boolean;
  /** Resolves when a slow reader has caught up: for whoever can wait. */
  room(): Promise<void>;
  readonly isTerminal: boolean;
  /** Of a terminal; 80 by 24 where it does not say. */
  readonly columns: number;
  readonly rows: number;
  onResize(changed: () => void): void;
  /** For a package that draws by itself; everything else uses `write`. Null for a terminal that does not say how wide it is, where such a package may draw without end. */
  readonly stream: NodeJS.WritableStream | null;
}

export interface Io {
  readonly out: Sink;
  readonly err: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborted by Ctrl-C, SIGTERM, SIGHUP, or a reader of stdout that went away; the reason tells which. */
  readonly stop: AbortSignal;
  /** Chunks of a file, or of stdin for `-`, each good until the next is asked for; gzip is unpacked. Throws `Failure` INPUT_UNREADABLE. */
  read(path: string): AsyncIterable<Uint8Array>;
  /** Adds text to the end of a file. Throws `Failure` OUTPUT_UNWRITABLE. */
  append(path: string, text: string): Promise<void>;
  readonly nodeVersion: string;
  /** Where the programs of the demo cluster are, as files that Node can run. */
  readonly demoPrograms: string;
  /** Resolves when all that was written has left the process. Throws `Failure` OUTPUT_UNWRITABLE where it could not. */
  drain(): Promise<void>;
}

export type StopReason = 'interrupt' | 'broken-pipe';
