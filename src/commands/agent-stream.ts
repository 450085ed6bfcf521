/** The stream of one agent: of its monitor, of its Hubble, or of whichever is the better one there. */
import { askedForHubble, chosenStream, HUBBLE_TYPES } from '../exec/choice.ts';
import { hubbleStream } from '../exec/hubble.ts';
import { monitorStream } from '../exec/monitor.ts';
import type { AgentExec } from '../exec/session.ts';
import type { AgentRef } from '../model/cluster.ts';
import type { AgentStream } from '../model/source.ts';
import { type ListenPlan, usage } from './plan.ts';

interface StreamNeeds {
  readonly verbose: boolean;
  readonly locate: () => Promise<AgentRef | null>;
}

/** Throws `Failure` USAGE for events that Hubble does not have. */
export function checkSource({ source, types }: ListenPlan): void {
  const missing = types.filter((type) => !HUBBLE_TYPES.includes(type));
  if (source !== 'hubble' || missing.length === 0) return;
  throw usage(`Hubble has no events of type ${missing.join(', ')}: use --source monitor or --source auto.`);
}

export function streamOf(
  exec: AgentExec,
  agent: AgentRef,
  { types, source }: ListenPlan,
  { verbose, locate }: StreamNeeds,
): AgentStream {
  const monitor = monitorStream(exec, agent, {
    types: [...new Set([...types, 'agent'])],
    numeric: true,
    relatedTo: [],
    verbose,
    locate,
  });
  if (source === 'monitor') return monitor;
  const hubble = hubbleStream(exec, agent, { types: types.filter((type) => HUBBLE_TYPES.includes(type)), locate });
  if (source === 'hubble') return askedForHubble(hubble);
  return chosenStream(exec, agent, types, { monitor, hubble });
}
