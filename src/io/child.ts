/** A command of the user's own, run beside us: its input and output are the terminal's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CheckedCommand } from '../model/check.ts';
import { failure } from '../model/problem.ts';

/**
 * Runs it to its end; at the signal it gets SIGTERM.
 * `stdout`: where its standard output goes. Throws `Failure` COMMAND_NOT_RUN where it cannot be started.
 */
export async function runCommand(
  argv: readonly string[],
  stdout: 'stdout' | 'stderr',
  signal: AbortSignal,
): Promise<CheckedCommand> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: ['inherit', stdout === 'stdout' ? 1 : 2, 2] });
  const end = () => child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  try {
    await once(child, 'exit');
    return { argv, exitCode: child.exitCode };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw failure({ code: 'COMMAND_NOT_RUN', command: program, detail }, error);
  } finally {
    signal.removeEventListener('abort', end);
  }
}
