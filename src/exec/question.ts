/** One question to an agent's own program, `cilium-dbg` or `cilium`, whichever its image has. */
import type { AgentRef } from '../model/cluster.ts';
import { Failure } from '../model/problem.ts';
import { programCommand } from './lifeline.ts';
import { type AgentExec, runInAgent } from './session.ts';

/** Gives what `cilium ARGS` prints on stdout. Throws `Failure` AGENT_COMMAND_FAILED, or why the exec was refused. */
export async function askAgent(
  exec: AgentExec,
  agent: AgentRef,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  try {
    return await runInAgent(exec, agent, programCommand('wrapped', args), signal);
  } catch (error) {
    if (!(error instanceof Failure) || error.problem.code !== 'AGENT_COMMAND_FAILED' || error.problem.exitCode !== null)
      throw error;
  }
  // No shell in the image.
  try {
    return await runInAgent(exec, agent, programCommand('cilium-dbg', args), signal);
  } catch (error) {
    if (!(error instanceof Failure) || error.problem.code !== 'AGENT_COMMAND_FAILED' || error.problem.exitCode !== null)
      throw error;
    return runInAgent(exec, agent, programCommand('cilium', args), signal);
  }
}
