/** What each part of a recording begins with: its header, and what is known by then of the agents that are listened to. */
import type { EndpointMode } from '../model/audit.ts';
import type { AgentFacts, AgentPlan, AgentRef, AgentState } from '../model/cluster.ts';
import type { TapedWindow } from '../model/recording.ts';
import type { SourceChoice } from '../model/source.ts';
import type { CountersState } from '../model/traffic.ts';
import type { Redactor } from './redact.ts';

export interface Listened {
  /** Its number in all other lines. */
  readonly stream: number;
  agent: AgentRef;
  targets: AgentPlan['targets'];
  facts: AgentFacts | null;
  choice: SourceChoice | null;
  state: AgentState | null;
  counters: CountersState | null;
  /** By endpoint. */
  readonly modes: Map<number, EndpointMode>;
}

interface Part {
  /** The version of the program. */
  readonly program: string;
  readonly id: string;
  readonly part: number;
  readonly startMs: number;
  readonly redactor: Redactor | null;
}

export function headerLine(
  { types, missingNodes }: TapedWindow,
  { program, id, part, startMs, redactor }: Part,
): object {
  return {
    apiVersion: 'policystat/v1',
    kind: 'Recording',
    version: program,
    id,
    part,
    start: new Date(startMs).toISOString(),
    types,
    missingNodes: missingNodes.map((node) => redactor?.node(node) ?? node),
    redacted: redactor?.kinds ?? [],
  };
}

export function newlyListened(stream: number, { agent, targets }: AgentPlan): Listened {
  return { stream, agent, targets, facts: null, choice: null, state: null, counters: null, modes: new Map() };
}

export function streamLine(
  { stream, agent, targets, state }: Listened,
  atMs: number,
  redactor: Redactor | null,
): object {
  const said = {
    agent: redactor?.agent(agent) ?? agent,
    targets: redactor?.targets(targets) ?? targets,
  };
  return { type: 'stream', stream, atMs, ...said, state };
}

/** False where it is known already. */
export function learnMode({ modes }: Listened, mode: EndpointMode): boolean {
  const known = modes.get(mode.endpoint);
  modes.set(mode.endpoint, mode);
  if (known === undefined) return true;
  const { ingress, egress } = known.enforced;
  const isEnforced = mode.enforced.ingress === ingress && mode.enforced.egress === egress;
  return !isEnforced || mode.audits !== known.audits || mode.pod !== known.pod || mode.namespace !== known.namespace;
}

export function modeLine(stream: number, mode: EndpointMode, redactor: Redactor | null): object {
  // Whoever tells it may know more than is recorded.
  const { endpoint, namespace, pod, audits, enforced } = redactor?.mode(mode) ?? mode;
  return { type: 'mode', stream, endpoint, namespace, pod, audits, enforced };
}

/** For a part that begins in the middle. */
export function introduce(listened: Listened, atMs: number, redactor: Redactor | null): readonly object[] {
  const { stream, facts, choice, counters, modes } = listened;
  return [
    streamLine(listened, atMs, redactor),
    ...(facts === null ? [] : [{ type: 'facts', stream, ...facts }]),
    ...(choice === null ? [] : [{ type: 'source', stream, ...choice }]),
    ...(counters === null ? [] : [{ type: 'counters', stream, state: counters }]),
    ...[...modes.values()].map((mode) => modeLine(stream, mode, redactor)),
  ];
}
