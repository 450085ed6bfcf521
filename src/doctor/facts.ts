/** What was found out, before anybody judges it. */
import type { AgentRef } from '../model/cluster.ts';
import type { NamedOtherwise } from '../model/doctor.ts';
import type { AccessQuestion, ServerInfo, UserInfo } from '../model/kubernetes.ts';
import type { Problem } from '../model/problem.ts';
import type { Need } from './needs.ts';
import type { Probe } from './probe.ts';

/** Every question has a time limit, and may be refused: the others are answered all the same. */
export type Answer<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'late'; readonly limitMs: number };

/** The true value lies between the two: asking takes time. */
export interface ClockDifference {
  readonly leastMs: number;
  readonly mostMs: number;
}

export interface ServerFacts {
  readonly server: string;
  readonly info: Answer<ServerInfo>;
  readonly clock: ClockDifference | null;
}

/** Null where the server does not say. */
export type UserFacts = Answer<UserInfo | null>;

export interface NeedAnswer {
  readonly need: Need;
  readonly missing: readonly AccessQuestion[];
  /** The server did not answer for some of it. */
  readonly isUnknown: boolean;
}

/** `cilium-config`; null where there is none. */
export type ConfigFacts = Answer<Readonly<Record<string, string>> | null>;

export interface EndpointFacts {
  readonly endpoint: number;
  /** `namespace/name`; null for one that is no pod's. */
  readonly pod: string | null;
  /** As the agent applies it now: `PolicyAuditMode`, `PolicyVerdictNotification`. */
  readonly options: Readonly<Record<string, string>>;
  /** `none`, `ingress`, `egress`, `both`, or the same with `audit-` before it; null where it is not told. */
  readonly enforced: string | null;
  /** When something was last done to it, by the agent's clock; null where that is not told. */
  readonly changedMs: number | null;
}

/** One question to an agent and what it cost. */
export interface Cost {
  readonly question: string;
  readonly bytes: number;
  readonly ms: number;
}

export interface NameComparison {
  /** Verdicts that Hubble named, and that were made after the last change of their endpoint. */
  readonly compared: number;
  /** Verdicts that Hubble has no name for: default denies, audit, and some that it does not cover. */
  readonly unnamed: number;
  /** Too old to be held against the state of now. */
  readonly older: number;
  readonly differ: number;
  /** Some of those that differ. */
  readonly differing: readonly NamedOtherwise[];
}

export interface AgentReading {
  readonly agent: AgentRef;
  readonly probe: Answer<Probe>;
  readonly clock: ClockDifference | null;
  /** Null where what the agent printed could not be read. */
  readonly endpoints: Answer<readonly EndpointFacts[] | null>;
  readonly costs: readonly Cost[];
  /** Null where Hubble is off; known as null where the agent's state cannot be read. */
  readonly names: Answer<NameComparison | null> | null;
}
