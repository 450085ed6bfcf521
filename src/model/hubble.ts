/** What Hubble knows beyond monitor (api/v1/flow/flow.proto, 1.19). */
import type { PolicyRef } from './policy.ts';

/** One end of a flow, as Hubble of that node knows it. */
export interface HubbleEndpoint {
  readonly endpoint: number | null;
  readonly identity: number | null;
  readonly namespace: string | null;
  readonly pod: string | null;
  readonly labels: readonly string[];
  readonly workloads: readonly { readonly kind: string; readonly name: string }[];
  readonly cluster: string | null;
  /** DNS names, for addresses outside the cluster. */
  readonly names: readonly string[];
  readonly service: { readonly namespace: string; readonly name: string } | null;
}

export interface HubbleFlow {
  /** When the agent saw it; RFC 3339 as printed, up to nanoseconds. */
  readonly time: string | null;
  readonly timeMs: number | null;
  readonly node: string | null;
  readonly uuid: string | null;
  readonly isReply: boolean | null;
  readonly source: HubbleEndpoint | null;
  readonly destination: HubbleEndpoint | null;
  /** From `ingress_allowed_by` and its three siblings, for the flow's direction; empty where Hubble named none. */
  readonly policies: readonly PolicyRef[];
  /** Of the endpoint's policy that Hubble looked the names up in, which may be newer than the verdict; null where it does not tell. */
  readonly policyRevision: number | null;
  /** Hubble says that the agent's own rule let it through (allow-localhost-ingress and the like), and no policy. */
  readonly byAgentItself: boolean;
}

/** Hubble's word about nodes that cannot be heard. */
export interface NodeStatus {
  readonly type: 'node-status';
  readonly state: 'connected' | 'unavailable' | 'gone' | 'error' | 'unknown';
  readonly nodes: readonly string[];
  readonly message: string | null;
}
