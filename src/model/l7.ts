/** What Cilium's proxies decided about requests (pkg/monitor/logrecord.go). */

import type { HubbleFlow } from './hubble.ts';
import type { Direction, PacketEnd } from './packet.ts';

export interface L7Record {
  readonly type: 'l7';
  readonly direction: Direction | null;
  readonly flowType: 'Request' | 'Response' | 'Sample' | null;
  readonly verdict: 'Forwarded' | 'Denied' | 'Error' | 'Redirected';
  readonly sourceEndpoint: number | null;
  readonly sourceIdentity: number | null;
  readonly sourceLabels: readonly string[];
  readonly destinationEndpoint: number | null;
  readonly destinationIdentity: number | null;
  readonly destinationLabels: readonly string[];
  /** Only Hubble tells addresses. */
  readonly source: PacketEnd | null;
  readonly destination: PacketEnd | null;
  readonly l7: L7Details;
  /** The patched Cilium's flag and name; null where none was printed. */
  readonly audit: boolean | null;
  readonly policyName: string | null;
  readonly hubble: HubbleFlow | null;
}

export type L7Details = HttpDetails | KafkaDetails | DnsDetails | OtherDetails;

interface HttpDetails {
  readonly protocol: 'http';
  readonly method: string;
  readonly url: string;
  /** 0 for requests that were passed on. */
  readonly status: number;
}

interface KafkaDetails {
  readonly protocol: 'kafka';
  readonly apiKey: string;
  readonly topic: string;
  readonly errorCode: number;
}

interface DnsDetails {
  readonly protocol: 'dns';
  /** `Query`, `Proxy`, `Poll`, or the source as 1.13 and newer print it. */
  readonly observation: string;
  readonly query: string;
  readonly types: readonly string[];
  readonly ttl: number | null;
  readonly ips: readonly string[];
  readonly cnames: readonly string[];
}

/** Parsers that Cilium knows only by name: their fields, in the order of their names. */
interface OtherDetails {
  readonly protocol: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly status: string | null;
}
