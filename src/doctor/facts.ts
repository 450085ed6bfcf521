/** What was found out, before anybody judges it. */
import type { AgentRef } from '../model/cluster.ts';
import type { AccessQuestion } from '../model/kubernetes.ts';
import type { Problem } from '../model/problem.ts';
import type { Need } from './needs.ts';
import type { Probe } from './probe.ts';

/** The true value lies between the two: asking takes time. */
export interface ClockDifference {
  readonly leastMs: number;
  readonly mostMs: number;
}

export interface ServerFacts {
  readonly server: string;
  readonly context: string | null;
  readonly version: string | null;
  readonly clock: ClockDifference | null;
  /** Null where the server does not say. */
  readonly user: { readonly name: string; readonly groups: readonly string[] } | null;
}

export interface NeedAnswer {
  readonly need: Need;
  readonly missing: readonly AccessQuestion[];
  /** The server did not answer for some of it. */
  readonly isUnknown: boolean;
}

/** `cilium-config`; null where it is not there, `forbidden` where it may not be read. */
export type ConfigFacts = Readonly<Record<string, string>> | 'forbidden' | null;

export interface EndpointFacts {
  readonly endpoint: number;
  /** `namespace/name`; null for one that is no pod's. */
  readonly pod: string | null;
  /** As the agent applies it now: `PolicyAuditMode`, `PolicyVerdictNotification`. */
  readonly options: Readonly<Record<string, string>>;
}

/** One question to an agent and what it cost. */
export interface Cost {
  readonly question: string;
  readonly bytes: number;
  readonly ms: number;
}

export interface AgentReading {
  readonly agent: AgentRef;
  /** Null with the problem that kept the agent from being asked. */
  readonly probe: Probe | null;
  readonly clock: ClockDifference | null;
  readonly problem: Problem | null;
  readonly endpoints: readonly EndpointFacts[] | null;
}
