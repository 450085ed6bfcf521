/** The real world: this process' streams, signals and files as an `Io`. */
import { fstatSync, write } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { failure } from '../model/problem.ts';
import { systemClock } from './clock.ts';
import type { Io, Sink, StopReason } from './io.ts';
import { createTerminalQueue, type TerminalQueue } from './terminal-queue.ts';

/** A terminal and the wrapper process pass the same Ctrl-C on within this time. */
const SAME_INTERRUPT_MS = 250;

export function processIo(): Io {
  const stopping = new AbortController();
  const stop = (reason: StopReason) => stopping.abort(reason);
  stopOnSignals(stop);
  let unwritable: NodeJS.ErrnoException | null = null;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') unwritable ??= error;
      stop('broken-pipe');
    });
  }
  const terminal = process.stdout.isTTY ? terminalQueue(1, stop) : null;
  const isOneTerminal = process.stdout.isTTY && process.stderr.isTTY && fstatSync(1).rdev === fstatSync(2).rdev;
  const out = sinkOf(process.stdout, terminal);
  // What goes to one and the same terminal keeps its order.
  const err = sinkOf(process.stderr, isOneTerminal ? terminal : process.stderr.isTTY ? terminalQueue(2, stop) : null);
  return {
    out,
    err,
    env: process.env,
    clock: systemClock,
    random: Math.random,
    stop: stopping.signal,
    read: readLazily,
    append: async (path, text) => (await import('./append.ts')).append(path, text),
    nodeVersion: process.versions.node,
    demoPrograms: fileURLToPath(new URL('./demo/', import.meta.url)),
    drain: async () => {
      await Promise.all([out.room(), err.room()]);
      await Promise.all([process.stdout, process.stderr].map(drained));
      if (unwritable !== null) throw failure({ code: 'OUTPUT_UNWRITABLE', detail: unwritable.message }, unwritable);
    },
  };
}

/** Streams and unpacking are loaded by whoever reads a file: help and version never pay for them. */
async function* readLazily(path: string): AsyncIterable<Uint8Array> {
  const { openInput } = await import('./input.ts');
  yield* openInput(path);
}

function stopOnSignals(stop: (reason: StopReason) => void): void {
  let firstMs: number | null = null;
  const interrupt = (signal: NodeJS.Signals) => {
    const nowMs = performance.now();
    // A second Ctrl-C does not wait for a clean end.
    if (firstMs !== null && nowMs - firstMs > SAME_INTERRUPT_MS) process.exit(signal === 'SIGTERM' ? 143 : 130);
    firstMs ??= nowMs;
    stop('interrupt');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, interrupt);
  // Started by bin/ on the pinned Node: when that process is gone, nobody can stop this one.
  if (process.channel !== undefined) {
    process.on('disconnect', () => stop('interrupt'));
    process.channel.unref();
  }
}

/** Node writes to terminals synchronously: one that stands still would hold up the whole process. */
function terminalQueue(fd: 1 | 2, stop: (reason: StopReason) => void): TerminalQueue {
  return createTerminalQueue({ write: writeTo(fd), failed: () => stop('broken-pipe') });
}

function sinkOf(stream: NodeJS.WriteStream, terminal: TerminalQueue | null): Sink {
  return {
    write: (text) => (terminal === null ? void stream.write(text) : terminal.put(text)),
    offer: (text) => {
      if (terminal !== null) return terminal.offer(text);
      stream.write(text);
      return true;
    },
    room: async () => {
      await terminal?.empty();
      if (stream.writableNeedDrain) await drained(stream);
    },
    get isTerminal() {
      return stream.isTTY;
    },
    get columns() {
      return stream.isTTY && stream.columns > 0 ? stream.columns : 80;
    },
    get rows() {
      return stream.isTTY && stream.rows > 0 ? stream.rows : 24;
    },
    get stream() {
      return stream.isTTY && stream.columns === 0 ? null : stream;
    },
    onResize: (changed) => void stream.on('resize', changed),
  };
}

/** In Node's thread pool, where it may take as long as the terminal takes. */
function writeTo(fd: number): (bytes: Uint8Array) => Promise<number> {
  const writeOnce = promisify(write);
  return async (bytes) => {
    const { bytesWritten } = await writeOnce(fd, bytes);
    return bytesWritten;
  };
}

async function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    stream.write('', () => resolve());
  });
}
