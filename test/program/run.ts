/** Starts bin/policystat as a user would, and waits for what it prints. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../../bin/policystat.js', import.meta.url));

export interface RunOptions {
  readonly kubeconfig?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when stdout or stderr holds what is asked; rejects with all that was printed when the program ends before. */
  until(what: (stdout: string, stderr: string) => boolean): Promise<void>;
  readonly outcome: Promise<Outcome>;
}

/** Nothing of the caller's own cluster or colours gets in. */
function cleanEnv(options: RunOptions): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return {
    PATH,
    HOME,
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
    KUBECONFIG: options.kubeconfig ?? '/nonexistent/kubeconfig',
    ...options.env,
  };
}

export function start(args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(process.execPath, [BIN, ...args], { env: cleanEnv(options), stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  let ended = false;
  const changed = new Set<() => void>();
  const notify = () => {
    for (const check of changed) check();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    notify();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    notify();
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  const outcome = new Promise<Outcome>((resolve) => {
    child.on('close', (code, signal) => {
      ended = true;
      notify();
      resolve({ code, signal, stdout, stderr });
    });
  });
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    outcome,
    until: (what) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (what(stdout, stderr)) resolve();
          else if (ended) reject(new Error(`ended before that was seen\n--- stdout\n${stdout}\n--- stderr\n${stderr}`));
          else return;
          changed.delete(check);
        };
        changed.add(check);
        check();
      }),
  };
}

export async function run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return start(args, options).outcome;
}

/** For a program with `-v`: resolves when so many streams have been opened, those that were opened again included. */
export async function untilListening(running: Running, streams = 2): Promise<void> {
  await running.until((_, stderr) => streamsOpened(stderr) >= streams);
}

/** The same, when the state of so many agents has been read, so that nothing is attributed by what is still on its way. */
export async function untilAttributing(running: Running, agents = 2): Promise<void> {
  await running.until((_, stderr) => (stderr.match(/: policy state read$/gm) ?? []).length >= agents);
}

export function streamsOpened(stderr: string): number {
  return (stderr.match(/: listening$/gm) ?? []).length;
}
