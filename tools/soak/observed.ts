/** policystat as a child: the newest of its summaries, and what the probe and /proc tell of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';

const bin = fileURLToPath(new URL('../../bin/policystat.js', import.meta.url));
// Plain JavaScript: taking the types out of a file costs the observed program more memory than it needs itself.
const probe = new URL('probe.js', import.meta.url).href;
const LAST_WORDS = 2_000;

const Gap = v.object({ node: v.string(), from: v.string(), to: v.nullable(v.string()) });
const SummaryLine = v.object({
  source: v.object({ agents: v.array(v.object({ node: v.string(), state: v.string() })) }),
  completeness: v.object({ lost: v.number(), gaps: v.array(Gap) }),
  records: v.object({
    received: v.number(),
    counted: v.number(),
    ignored: v.record(v.string(), v.number()),
    unparsed: v.number(),
  }),
  policies: v.array(
    v.object({
      policy: v.object({ name: v.string() }),
      direction: v.string(),
      allowed: v.number(),
      redirected: v.number(),
      audited: v.number(),
      denied: v.number(),
    }),
  ),
});
const Sample = v.object({
  rss: v.number(),
  heapUsed: v.number(),
  arrayBuffers: v.number(),
  timers: v.number(),
  p50Ms: v.number(),
  p99Ms: v.number(),
  maxMs: v.number(),
});

type SummaryLine = v.InferOutput<typeof SummaryLine>;
export type Sample = v.InferOutput<typeof Sample> & { readonly sockets: number };

export interface Observed {
  latest(): SummaryLine | null;
  until(what: string, holds: (summary: SummaryLine) => boolean, withinMs?: number): Promise<void>;
  /** Ends it as Ctrl-C does; resolves with its exit code. */
  stop(): Promise<number | null>;
  stderr(): string;
}

export function observe(kubeconfig: string, args: readonly string[], sampled: (sample: Sample) => void): Observed {
  const child = spawn(process.execPath, ['--import', probe, bin, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let latest: SummaryLine | null = null;
  let stderr = '';
  let code: number | null = null;
  let isOver = false;
  const heard = new Set<() => void>();
  lines(child, 1, (line) => {
    latest = v.parse(SummaryLine, JSON.parse(line));
    for (const check of heard) check();
  });
  lines(child, 2, (line) => {
    stderr = `${stderr}${line}\n`.slice(-LAST_WORDS);
  });
  lines(child, 3, (line) => sampled({ ...v.parse(Sample, JSON.parse(line)), sockets: socketsOf(child.pid) }));
  const closed = new Promise<void>((resolve) => {
    child.on('close', (exitCode) => {
      code = exitCode;
      isOver = true;
      for (const check of heard) check();
      resolve();
    });
  });
  process.on('exit', () => child.kill('SIGKILL'));
  return {
    latest: () => latest,
    stderr: () => stderr,
    async until(what, holds, withinMs = 60_000) {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      const told = () => new Error(`${what}: did not come true; ${JSON.stringify(latest)}\n${stderr}`);
      const check = () => {
        if (latest !== null && holds(latest)) resolve(undefined);
        else if (isOver) reject(told());
      };
      const timer = setTimeout(() => reject(told()), withinMs);
      heard.add(check);
      check();
      await promise.finally(() => {
        clearTimeout(timer);
        heard.delete(check);
      });
    },
    async stop() {
      child.kill('SIGINT');
      await closed;
      return code;
    },
  };
}

function lines(child: ChildProcess, fd: 1 | 2 | 3, heard: (line: string) => void): void {
  const stream = child.stdio[fd];
  if (stream instanceof Readable) createInterface({ input: stream }).on('line', heard);
}

function socketsOf(pid: number | undefined): number {
  const folder = `/proc/${String(pid)}/fd`;
  try {
    return readdirSync(folder).filter((fd) => readlinkSync(`${folder}/${fd}`).startsWith('socket:')).length;
  } catch {
    // A descriptor went while it was looked at, or there is no /proc.
    return 0;
  }
}
