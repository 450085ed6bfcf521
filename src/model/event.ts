/** What an agent's event stream says, one record a line: the words that every later step shares. */
import type { Capture, Debug, Drop, RecorderCapture, Trace, Translation } from './datapath-event.ts';
import type { HubbleFlow, NodeStatus } from './hubble.ts';
import type { L7Record } from './l7.ts';
import type { Direction, Icmp, PacketEnd } from './packet.ts';

export type { Direction, Drop, Icmp, L7Record, PacketEnd };

/** `audit` is stock Cilium's word for "would have been denied, let through". */
export const ACTIONS = ['allow', 'deny', 'redirect', 'audit'] as const;
export type Action = (typeof ACTIONS)[number];

/** Cilium pkg/monitor/api/types.go: which look-up of the policy map matched. */
export const MATCH_TYPES = ['none', 'L3-Only', 'L3-L4', 'L4-Only', 'all', 'L3-Proto', 'Proto-Only', 'unknown'] as const;
export type MatchType = (typeof MATCH_TYPES)[number];

/** `accuknox` prints the policy's name and the audit mode, `cilium` prints neither. */
export const DIALECTS = ['accuknox', 'cilium'] as const;
export type Dialect = (typeof DIALECTS)[number];

/**
 * One policy decision about one packet.
 *
 * A reader may hand out the same object for every line: it is valid during the call that passes
 * it, and whoever keeps it copies what is needed.
 */
export interface Verdict {
  readonly type: 'policy-verdict';
  readonly dialect: Dialect;
  /** The endpoint id on its node, 0 to 65535. */
  readonly endpoint: number;
  readonly direction: Direction;
  /** Lower case; `allow`, `deny` and `redirect` keep their word where `audit` below is the patched Cilium's flag. */
  readonly action: Action;
  /** The patched Cilium's `auditMode:true`, or stock Cilium's action `audit`. */
  readonly audit: boolean;
  /** The security identity of the other side. Reserved names are turned into their numbers. */
  readonly remoteIdentity: number | null;
  /** `TCP`, `UDP`, `ICMP`, `ICMPv6`, `SCTP`, or the IP protocol number as a string. */
  readonly protocol: string;
  readonly match: MatchType;
  /** `decisionKeyOf` of this verdict, where whoever read it has it at hand. */
  readonly decisionKey?: number;
  /** `disabled`, `spire`, ...; null before 1.14 and on the patched Cilium. */
  readonly auth: string | null;
  readonly source: PacketEnd | null;
  readonly destination: PacketEnd | null;
  /** The destination port, or null: what counting needs without the addresses. */
  readonly destinationPort: number | null;
  readonly tcpFlags: readonly string[];
  readonly icmp: Icmp | null;
  /** The flow hash as printed, `0x0` very often; null where Hubble told of it. */
  readonly flow: string | null;
  /** A 52-bit hash of protocol, source and destination; 0 where the packet is not described. */
  readonly flowKey: number;
  /** The patched Cilium's name: `''` for an empty one, null where none was printed. */
  readonly policyName: string | null;
  /** What Hubble adds; null on monitor's lines. */
  readonly hubble: HubbleFlow | null;
}

/** What was decided of one flow, whatever the peer; the endpoint may be that of another verdict. */
export type Refusal = Pick<
  Verdict,
  'dialect' | 'endpoint' | 'direction' | 'action' | 'audit' | 'match' | 'policyName' | 'flowKey'
>;

/** Events that the kernel's ring or a Hubble queue lost before anybody read them. */
export interface Lost {
  readonly type: 'lost';
  readonly events: number;
  /** As printed, where a number does not hold it exactly: monitor counts in 64 bits. */
  readonly exactEvents?: string;
  readonly where: 'kernel-ring' | 'hubble-queue' | 'hubble-ring' | 'unknown';
  readonly cpu: number | null;
}

/** A `>> Policy updated: {...}` line: what the agent says about itself. */
export interface AgentNotice {
  readonly type: 'agent';
  /** `Policy updated`, `Endpoint created`, ... as printed. */
  readonly notice: string;
  /** The text after the colon, JSON in all but the oldest versions. */
  readonly text: string;
  /** When the agent said so; absent from monitor's lines, which do not tell. */
  readonly timeMs?: number | null;
}

/** An event whose type this version of the program does not know, or whose payload it could not read. */
export interface UnknownEvent {
  readonly type: 'unknown-event';
  /** As printed, at most 200 characters. */
  readonly text: string;
}

/** A line that is understood well enough to say why it is not counted. */
export interface Ignored {
  readonly type: 'ignored';
  readonly reason: IgnoredReason;
  /** The program says that its agent has gone: what happens until it is reached again, nobody hears. */
  readonly agentGone?: true;
}

export const IGNORED_REASONS = [
  'banner',
  'log',
  'blank',
  'drop',
  'trace',
  'l7',
  'capture',
  'debug',
  'recorder',
  'trace-sock',
  'unknown-event',
  'agent',
  'lost',
  'detail',
  'other-endpoint',
  'other-record',
  /** Not among those that were asked for. */
  'filter',
  /** Of another time than was asked for. */
  'outside-window',
  /** Perhaps of the time that was asked for: the line does not tell when it was. */
  'no-time',
  /** Perhaps among them: nobody could name its peer when it came. */
  'unnamed-peer',
] as const;
export type IgnoredReason = (typeof IGNORED_REASONS)[number];

/** A line that looks like nothing known, or is damaged. */
export interface Unparsed {
  readonly type: 'unparsed';
  readonly reason: UnparsedReason;
  /** The beginning of the line, at most 200 characters, not made printable. */
  readonly line: string;
}

/** `other-dialect`: whole, but not of the Cilium that was told; `hubble-text`: a flow in a form for people. */
export const UNPARSED_REASONS = [
  'unknown-line',
  'truncated',
  'bad-field',
  'not-utf8',
  'too-long',
  'other-dialect',
  'hubble-text',
] as const;
export type UnparsedReason = (typeof UNPARSED_REASONS)[number];

export type MonitorRecord =
  | Verdict
  | Drop
  | Trace
  | L7Record
  | Capture
  | Debug
  | Translation
  | RecorderCapture
  | Lost
  | AgentNotice
  | UnknownEvent
  | NodeStatus
  | Ignored
  | Unparsed;
