/** What every kind of event says of a packet: its way and its ends. */

export const DIRECTIONS = ['ingress', 'egress'] as const;
export type Direction = (typeof DIRECTIONS)[number];

export interface PacketEnd {
  readonly ip: string;
  /** Absent for ICMP, fragments and protocols without ports. */
  readonly port: number | null;
}

export interface Icmp {
  /** As printed, for example `EchoRequest` or `DestinationUnreachable(Port)`. */
  readonly text: string;
  readonly type: number | null;
  readonly code: number | null;
}
