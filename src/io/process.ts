/** The real world: this process' streams, signals and files as an `Io`. */

import type { WriteStream } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { failure } from '../model/problem.ts';
import { systemClock } from './clock.ts';
import type { Io, Sink, StopReason } from './io.ts';

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
  return {
    out: sinkOf(process.stdout),
    err: sinkOf(process.stderr),
    env: process.env,
    clock: systemClock,
    random: Math.random,
    stop: stopping.signal,
    read: readLazily,
    nodeVersion: process.versions.node,
    demoPrograms: fileURLToPath(new URL('./demo/', import.meta.url)),
    drain: async () => {
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

function sinkOf(stream: WriteStream | NodeJS.WriteStream): Sink {
  return {
    write: (text) => void stream.write(text),
    get isTerminal() {
      return stream.isTTY;
    },
    get columns() {
      return stream.isTTY && stream.columns > 0 ? stream.columns : 80;
    },
    get rows() {
      return stream.isTTY && stream.rows > 0 ? stream.rows : 24;
    },
    stream,
    onResize: (changed) => void stream.on('resize', changed),
  };
}

async function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    stream.write('', () => resolve());
  });
}
