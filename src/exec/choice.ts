/** Chooses for one agent whether its monitor or its Hubble is listened to, by what the agent says of itself. */
import * as v from 'valibot';
import type { AgentRef } from '../model/cluster.ts';
import type { AgentStream, SourceChoice } from '../model/source.ts';
import { askAgent } from './question.ts';
import type { AgentExec } from './session.ts';

const Status = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    cilium: v.nullish(v.object({ msg: v.nullish(v.string(), '') }), null),
    hubble: v.nullish(v.object({ state: v.nullish(v.string(), '') }), null),
  }),
);

/** What `hubble observe -t` takes (Cilium hubble/cmd/observe/flows.go). */
export const HUBBLE_TYPES: readonly string[] = ['policy-verdict', 'drop', 'l7', 'trace', 'capture', 'trace-sock'];
/** Names policies from then on (Cilium 6fcad13511). */
const NAMES_SINCE_MINOR = 15;

/** `status` is what `cilium status -o json` prints; null where it did not answer. */
function chooseSource(status: string | null, types: readonly string[]): SourceChoice {
  if (!types.every((type) => HUBBLE_TYPES.includes(type))) return { kind: 'monitor', reason: 'types-not-in-hubble' };
  const read = v.safeParse(Status, status);
  if (!read.success) return { kind: 'monitor', reason: 'agent-did-not-tell' };
  const { cilium, hubble } = read.output;
  if (hubble?.state !== 'Ok') return { kind: 'monitor', reason: 'hubble-off' };
  const [, major, minor] = /^\D*(\d+)\.(\d+)/.exec(cilium?.msg ?? '') ?? [];
  const names = Number(major) > 1 || Number(minor) >= NAMES_SINCE_MINOR;
  return names
    ? { kind: 'hubble', reason: 'hubble-names-policies' }
    : { kind: 'monitor', reason: 'hubble-names-nobody' };
}

/** Says of a stream that nobody had to choose it. */
export function askedForHubble(stream: AgentStream): AgentStream {
  return {
    agent: stream.agent,
    run: async (handlers, signal) => {
      handlers.source?.({ kind: 'hubble', reason: 'asked-for' });
      await stream.run(handlers, signal);
    },
  };
}

/** Asks the agent first, then runs the stream that was chosen. */
export function chosenStream(
  exec: AgentExec,
  agent: AgentRef,
  types: readonly string[],
  streams: { readonly monitor: AgentStream; readonly hubble: AgentStream },
): AgentStream {
  return {
    agent,
    run: async (handlers, signal) => {
      const status = await askAgent(exec, agent, ['status', '-o', 'json'], signal).catch(() => null);
      const choice = chooseSource(status, types);
      handlers.source?.(choice);
      await streams[choice.kind].run(handlers, signal);
    },
  };
}
