/** What the demo's datapath and agents report: the events that a monitor prints, before they are text. */
import type { Action, Direction, MatchType } from '../../model/event.ts';
import type { PolicyOrigin } from './rule.ts';

interface PacketEnd {
  readonly ip: string;
  readonly port: number;
}

export type TransportProtocol = 'TCP' | 'UDP' | 'ICMP';

export interface Packet {
  readonly protocol: TransportProtocol;
  readonly source: PacketEnd;
  readonly destination: PacketEnd;
  /** As printed: `SYN`, `SYN, ACK`; empty for what has no flags. */
  readonly flags: string;
  /** 32 bits; 0 where the kernel knows no hash. */
  readonly hash: number;
}

export interface PolicyVerdictEvent {
  readonly type: 'policy-verdict';
  readonly endpoint: number;
  readonly direction: Direction;
  readonly remoteIdentity: number;
  readonly action: Action;
  readonly match: MatchType;
  /** The patched Cilium's name for what decided; it prints an audited verdict as ALLOW with auditMode. */
  readonly policyName: string;
  /** All that allow or deny it; absent where nobody knows. */
  readonly origins?: readonly PolicyOrigin[];
  /** An entry for a range of ports decided. */
  readonly isRange?: boolean;
  readonly packet: Packet;
}

export interface DropEvent {
  readonly type: 'drop';
  /** The endpoint whose policy refused. */
  readonly source: number;
  /** The printed `to endpoint`; 0 where the destination is not on the node. */
  readonly endpoint: number;
  /** Policy denied (133) or denied by a deny rule (181). */
  readonly reason: 133 | 181;
  readonly sourceIdentity: number;
  readonly destinationIdentity: number;
  readonly ifindex: number;
  readonly packet: Packet;
}

export interface TraceEvent {
  readonly type: 'trace';
  readonly endpoint: number;
  /** As printed, for example `-> endpoint 733`. */
  readonly summary: string;
  readonly sourceIdentity: number;
  readonly destinationIdentity: number;
  readonly state: 'new' | 'established' | 'reply';
  readonly ifname: string;
  readonly packet: Packet;
}

export interface L7Event {
  readonly type: 'l7';
  readonly direction: Direction;
  readonly flow: 'Request' | 'Response';
  readonly from: { readonly endpoint: number; readonly identity: number; readonly labels: readonly string[] };
  readonly to: { readonly endpoint: number; readonly identity: number; readonly labels: readonly string[] };
  readonly verdict: 'Forwarded' | 'Denied';
  readonly method: string;
  readonly url: string;
  readonly code: number;
  readonly policyName: string;
}

/** A socket's address as the program that translates it sees it: the service's before, the backend's after. */
export interface SockTraceEvent {
  readonly type: 'trace-sock';
  readonly point: 'pre-xlate-fwd' | 'post-xlate-fwd';
  readonly cgroupId: number;
  readonly socketCookie: number;
  readonly protocol: TransportProtocol;
  readonly destination: PacketEnd;
}

export interface AgentEvent {
  readonly type: 'agent';
  /** `Policy updated`, `Endpoint created`, ... */
  readonly notice: string;
  readonly message: Readonly<Record<string, unknown>>;
}

interface LostEvent {
  readonly type: 'lost';
  readonly cpu: number;
  readonly events: number;
}

export type DemoEvent = PolicyVerdictEvent | DropEvent | TraceEvent | L7Event | SockTraceEvent | AgentEvent | LostEvent;

/** Where events go: the agent on a node hands them to whoever listens. */
export type Emit = (node: string, event: DemoEvent) => void;
