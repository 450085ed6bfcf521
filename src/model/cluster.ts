/** Where to listen and for whom: agents, targets, endpoints and identities. */
import type { Dialect } from './event.ts';

export interface AgentRef {
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** A pod that the user asked about, as the agent on its node knows it. */
export interface Target {
  readonly namespace: string;
  readonly pod: string;
  readonly node: string;
  /** 16 bits, unique on its node only; null while the agent has no endpoint for the pod. */
  readonly endpoint: number | null;
  readonly identity: number | null;
  /** The pod's own; drops do not always name the endpoint that sent. */
  readonly addresses: readonly string[];
}

/** One agent and the endpoints on its node that are wanted. */
export interface AgentPlan {
  readonly agent: AgentRef;
  /** `all` where the user asked for a whole node. */
  readonly targets: readonly Target[] | 'all';
}

export interface IdentityName {
  readonly identity: number;
  /** `default/tiefighter`, `world`, `cidr:10.0.0.0/8`: what a person calls it. */
  readonly name: string;
  readonly labels: readonly string[];
  /** Whom the number meant before, while we ran, the earliest first; absent where it was never given anew. */
  readonly formerly?: readonly Omit<IdentityName, 'formerly'>[];
}

/** Looks up what an identity is called; `node` matters for identities that are local to a node. */
export type IdentityLookup = (identity: number, node: string | null) => IdentityName | null;

export interface ListeningPlan {
  readonly context: string | null;
  readonly agents: readonly AgentPlan[];
  /** Nodes that run a target but no agent that could be listened to, with the reason as a code. */
  readonly missingNodes: readonly { readonly node: string; readonly reason: 'no-agent' | 'agent-not-ready' }[];
  readonly identityName: IdentityLookup;
  /** Rises whenever a name became known or another. */
  namesVersion(): number;
}

export const AGENT_STATES = ['connecting', 'streaming', 'reconnecting', 'ended', 'failed'] as const;
export type AgentState = (typeof AGENT_STATES)[number];

/** What an agent says of itself when asked once. */
export interface AgentFacts {
  /** For example `1.19.0-dev`; null where it could not be told. */
  readonly version: string | null;
  /** `cilium-dbg` in newer images, `cilium` in older ones. */
  readonly program: string;
  readonly dialect: Dialect | null;
}

/** What the questions of attribution cost an agent. */
export interface AgentCost {
  readonly node: string;
  readonly calls: number;
  /** Of these, those that read the realized policy of endpoints. */
  readonly endpointCalls: number;
  readonly failedCalls: number;
  /** Of the answers. */
  readonly bytes: number;
  /** From question to answer, added up: calls run side by side. */
  readonly ms: number;
}

/** Cilium pkg/identity/numericidentity.go: numbers from here on are given by each node for itself. */
export const FIRST_LOCAL_IDENTITY = 1 << 24;

/** Cilium pkg/identity/numericidentity.go: what the numbers from 0 on mean in every cluster. */
export const RESERVED_NAMES = [
  'unknown',
  'host',
  'world',
  'unmanaged',
  'health',
  'init',
  'remote-node',
  'kube-apiserver',
  'ingress',
  'world-ipv4',
  'world-ipv6',
  'encrypted-overlay',
] as const;
