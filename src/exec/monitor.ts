/** An agent's `cilium monitor` as a stream. */
import type { AgentRef } from '../model/cluster.ts';
import type { AgentStream } from '../model/source.ts';
import type { AgentExec } from './session.ts';
import { listeningStream } from './stream.ts';

export interface MonitorOptions {
  readonly types: readonly string[];
  /** Identities as numbers, where the agent knows how (1.10). */
  readonly numeric: boolean;
  readonly relatedTo: readonly number[];
  /** Debug messages and translations at sockets too. */
  readonly verbose: boolean;
  /** After a loss: the agent that is on the node now. */
  readonly locate?: (() => Promise<AgentRef | null>) | undefined;
}

export function monitorStream(exec: AgentExec, agent: AgentRef, options: MonitorOptions): AgentStream {
  const { types, relatedTo, verbose, numeric, locate } = options;
  return listeningStream(exec, agent, { program: { kind: 'monitor', types, relatedTo, verbose }, numeric, locate });
}
