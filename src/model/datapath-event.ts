/** What the datapath reports beside verdicts: drops, traces, captures, debug messages, address translation. Unknown is null, never a guess. */

import type { HubbleFlow } from './hubble.ts';
import type { Direction, Icmp, PacketEnd } from './packet.ts';

/** What the trailing summary of a line says of the packet. */
export interface PacketDescription {
  /** `TCP`, `UDP`, `ICMP`, `ICMPv6`, `SCTP`, or the IP protocol number as a string; null where the line does not tell. */
  readonly protocol: string | null;
  readonly source: PacketEnd | null;
  readonly destination: PacketEnd | null;
  readonly tcpFlags: readonly string[];
  readonly icmp: Icmp | null;
}

/** Cilium pkg/monitor/datapath_drop.go. */
export interface Drop extends PacketDescription {
  readonly type: 'drop';
  /** As this version prints it, without the extended error: `Policy denied`, or a number that it has no name for. */
  readonly reason: string;
  /** Cilium pkg/monitor/api/drop.go; null where the text alone does not tell. */
  readonly reasonCode: number | null;
  /** Null before 1.12, and 0 where it is not printed. */
  readonly extError: number | null;
  /** The endpoint that the packet was for; 0: none on this node. */
  readonly endpoint: number | null;
  /** The endpoint whose program dropped it; text without `-v -v` does not tell. */
  readonly sourceEndpoint: number | null;
  /** Told by Hubble, or followed from the endpoints; null where neither tells. */
  readonly direction: Direction | null;
  readonly sourceIdentity: number | null;
  readonly destinationIdentity: number | null;
  /** Of Cilium's datapath; a number as a string where the version prints only that. */
  readonly file: string | null;
  readonly fileLine: number | null;
  /** A name or a number; it means something on the machine where the program ran. */
  readonly interface: string | null;
  readonly flow: string | null;
  /** The same hash of protocol, source and destination as a verdict's; 0 where the packet is not described. */
  readonly flowKey: number;
  /** The keys that its verdict may have, where the line tells addresses and not the protocol; absent where it does. */
  readonly verdictFlowKeys?: readonly number[];
  readonly ipTraceId: number | null;
  readonly hubble: HubbleFlow | null;
}

/** Cilium pkg/monitor/datapath_trace.go. */
export interface Trace extends PacketDescription {
  readonly type: 'trace';
  /** In the words of monitor's JSON: `to-endpoint`, `from-stack`, ...; `unknown`. */
  readonly observationPoint: string;
  /** The endpoint at which it was observed, where the point is one. */
  readonly endpoint: number | null;
  readonly sourceEndpoint: number | null;
  readonly proxyPort: number | null;
  /** Only the lines of text tell. */
  readonly encrypted: boolean | null;
  readonly sourceIdentity: number | null;
  readonly destinationIdentity: number | null;
  /** `new`, `established`, `reply`, ... as printed. */
  readonly state: string | null;
  readonly interface: string | null;
  readonly originalIp: string | null;
  readonly flow: string | null;
  readonly ipTraceId: number | null;
  readonly hubble: HubbleFlow | null;
}

/** Cilium pkg/monitor/datapath_debug.go, DebugCapture. */
export interface Capture extends PacketDescription {
  readonly type: 'capture';
  /** What is printed before the packet: `-> eth0`, `<- load-balancer eth0`, `-> proxy port 10001`. */
  readonly point: string;
  readonly endpoint: number | null;
}

export interface Debug {
  readonly type: 'debug';
  readonly cpu: number | null;
  readonly endpoint: number | null;
  readonly text: string;
}

export interface TranslationEnd {
  readonly ip: string;
  readonly port: number;
  /** `namespace/name` where the cluster tells it. */
  readonly service: string | null;
}

/**
 * Address translation at a socket (Cilium's trace-sock, 1.13 on; Hubble's TRACED and TRANSLATED).
 *
 * A line has one phase and one address: the service before, the backend after. Where both phases of a
 * socket were joined, the record is the one of the second phase, with both.
 */
export interface Translation {
  readonly type: 'nat';
  readonly phase: 'pre' | 'post' | null;
  readonly translation: 'forward' | 'reverse' | null;
  readonly cgroupId: number | null;
  /** Decimal; 64 bits do not fit a number. */
  readonly socketCookie: string | null;
  readonly protocol: string | null;
  /** The service's address; null until it is known. */
  readonly from: TranslationEnd | null;
  /** The backend's. */
  readonly to: TranslationEnd | null;
  readonly hubble: HubbleFlow | null;
}

/** Cilium's recorder, 1.10 to 1.18. */
export interface RecorderCapture extends PacketDescription {
  readonly type: 'recorder';
  readonly direction: Direction | null;
  readonly ruleId: number;
  readonly capturedBytes: number;
  readonly bytes: number;
}
