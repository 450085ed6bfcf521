/** Makers of what the doctor finds out, in order unless a test says otherwise. */
import type { AgentReading, Answer, EndpointFacts } from '../../src/doctor/facts.ts';
import type { Probe } from '../../src/doctor/probe.ts';

export function known<T>(value: T): Answer<T> {
  return { kind: 'known', value };
}

export const LATE = { kind: 'late', limitMs: 20_000 } as const;

export function probeOf(changes: Partial<Probe> = {}): Probe {
  return {
    program: 'cilium-dbg',
    version: '1.19.0',
    dialect: 'cilium',
    eventTypes: ['agent', 'drop', 'policy-verdict'],
    hubble: { state: 'Ok', bufferFlows: 4095 },
    running: null,
    clockMs: 0,
    processes: [],
    ...changes,
  };
}

export function endpointOf(changes: Partial<EndpointFacts> = {}): EndpointFacts {
  return {
    endpoint: 733,
    pod: 'default/deathstar',
    options: { PolicyAuditMode: 'Disabled', PolicyVerdictNotification: 'Enabled' },
    enforced: 'ingress',
    changedMs: null,
    ...changes,
  };
}

export function readingOf(changes: Partial<AgentReading> = {}): AgentReading {
  return {
    agent: { node: 'n1', namespace: 'kube-system', pod: 'cilium-x', container: 'cilium-agent' },
    probe: known(probeOf()),
    clock: { leastMs: -900, mostMs: 1_100 },
    endpoints: known([endpointOf()]),
    costs: [
      { question: 'endpoint list', bytes: 17_900, ms: 148 },
      { question: 'policy selectors', bytes: 800, ms: 20 },
    ],
    names: known({ compared: 12, unnamed: 3, older: 0, differ: 0, differing: [] }),
    ...changes,
  };
}
