/** Arguments and the outside world in, exit code out: the only place that maps problems to exit codes. */
import { commanderOutcome, createProgram } from './commands/program.ts';
import type { Io } from './io/io.ts';
import { EXIT } from './model/exit-code.ts';
import { Failure, type Problem } from './model/problem.ts';

export { processIo } from './io/process.ts';

export async function main(argv: readonly string[], io: Io): Promise<number> {
  const exitCode = await explained(io, () => runProgram(argv, io));
  const drained = await explained(io, async () => {
    await io.drain();
    return EXIT.done;
  });
  if (drained !== EXIT.done) return drained;
  // A reader that went away has what it wanted: `policystat … | head` is a success.
  return io.stop.reason === 'broken-pipe' ? EXIT.done : exitCode;
}

async function runProgram(all: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT.done;
  const { argv, beside } = splitCommand(all);
  const done = (code: number) => {
    exitCode = code;
  };
  const program = createProgram(argv, { io, beside, done });
  if (argv.length === 0) {
    io.err.write(program.helpInformation());
    return EXIT.usage;
  }
  await program.parseAsync(argv, { from: 'user' });
  return exitCode;
}

/** Behind `check … --` is a command of the user's own, which no flag of ours is looked for in. */
function splitCommand(all: readonly string[]): { argv: readonly string[]; beside: readonly string[] } {
  const at = all[0] === 'check' ? all.indexOf('--') : -1;
  return at < 0 ? { argv: all, beside: [] } : { argv: all.slice(0, at), beside: all.slice(at + 1) };
}

/** What a problem is called and which exit code it has. */
async function explained(io: Io, task: () => Promise<number>): Promise<number> {
  try {
    return await task();
  } catch (error) {
    const outcome = commanderOutcome(error);
    if (outcome !== null) return outcome === 'shown' ? EXIT.done : EXIT.usage;
    if (error instanceof Failure) {
      const { explain } = await import('./report/explain.ts');
      io.err.write(`policystat: ${explain(error.problem)}\n`);
      return exitCodeOf(error.problem);
    }
    if (io.stop.aborted) return EXIT.interrupted;
    io.err.write(
      `policystat: this is a bug in policystat: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return EXIT.failed;
  }
}

function exitCodeOf(problem: Problem): number {
  switch (problem.code) {
    case 'USAGE':
    case 'EXPECTATION_INVALID':
    case 'TEMPLATE_INVALID':
    case 'CHECKS_INVALID':
    case 'CONTEXT_NOT_FOUND':
    case 'RECORDING_TWICE':
    case 'RECORDINGS_OVERLAP':
      return EXIT.usage;
    case 'FORBIDDEN':
    case 'EXEC_FORBIDDEN':
    case 'UNAUTHORIZED':
      return EXIT.forbidden;
    case 'POD_NOT_FOUND':
    case 'POLICY_NOT_FOUND':
    case 'WORKLOAD_NOT_FOUND':
    case 'WORKLOAD_EMPTY':
    case 'NO_POD_MATCHES':
    case 'NODE_NOT_FOUND':
    case 'POD_NOT_SCHEDULED':
    case 'POD_FINISHED':
    case 'POD_HOST_NETWORK':
    case 'ENDPOINT_NOT_FOUND':
    case 'AGENT_NOT_FOUND':
    case 'AGENT_NOT_READY':
    case 'AGENT_CONTAINER_NOT_FOUND':
    case 'EXEC_NOT_FOUND':
      return EXIT.notFound;
    case 'INCOMPLETE':
      return EXIT.incomplete;
    default:
      return EXIT.failed;
  }
}
