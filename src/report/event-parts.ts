/** The parts of a line of text about one event: who and whom, the packet, and how they are put into words. */
import type { IdentityLookup } from '../model/cluster.ts';
import type { PacketDescription } from '../model/datapath-event.ts';
import type { PacketEnd } from '../model/event.ts';
import type { HubbleEndpoint } from '../model/hubble.ts';
import { printable } from './printable.ts';

/** One line in words; what is empty takes no room. */
export interface EventWords {
  readonly type: string;
  readonly direction: string;
  readonly outcome: string;
  readonly mood: 'allowed' | 'audited' | 'denied' | 'warning' | 'quiet';
  readonly ends: string;
  readonly packet: string;
  readonly detail: string;
}

export interface Naming {
  readonly identityName: IdentityLookup;
  /** `namespace/pod` of an endpoint, where it is known. */
  readonly endpointName: (endpoint: number, node: string | null) => string | null;
}

/** One end of a packet or request, as far as it was told. */
export interface Face {
  readonly address?: PacketEnd | null;
  readonly identity?: number | null;
  readonly endpoint?: number | null;
  readonly hubble?: HubbleEndpoint | null | undefined;
}

/** `default/tiefighter 10.0.0.1:42596 → default/deathstar 10.0.0.2:80`. */
export function endsText(source: Face, destination: Face, node: string | null, naming: Naming): string {
  return `${faceText(source, node, naming)} → ${faceText(destination, node, naming)}`;
}

function faceText(face: Face, node: string | null, naming: Naming): string {
  const name = nameOf(face, node, naming);
  const address = face.address === null || face.address === undefined ? '' : addressText(face.address);
  const known = [name, address].filter((word) => word !== '');
  return known.length === 0 ? '?' : known.join(' ');
}

function nameOf(
  { identity, endpoint, hubble }: Face,
  node: string | null,
  { identityName, endpointName }: Naming,
): string {
  if (hubble?.pod) return printable(hubble.namespace === null ? hubble.pod : `${hubble.namespace}/${hubble.pod}`);
  const pod = endpoint === null || endpoint === undefined ? null : endpointName(endpoint, node);
  if (pod !== null) return printable(pod);
  const [dnsName] = hubble?.names ?? [];
  if (dnsName !== undefined) return printable(dnsName);
  const number = identity ?? hubble?.identity ?? null;
  if (number !== null) return printable(identityName(number, node)?.name ?? `identity ${number}`);
  return endpoint === null || endpoint === undefined || endpoint === 0 ? '' : `endpoint ${endpoint}`;
}

export function addressText({ ip, port }: PacketEnd): string {
  const shown = printable(ip);
  if (port === null) return shown;
  return ip.includes(':') ? `[${shown}]:${port}` : `${shown}:${port}`;
}

export function packetText({ protocol, tcpFlags, icmp }: Omit<PacketDescription, 'source' | 'destination'>): string {
  const words = [protocol ?? '', tcpFlags.join(','), icmp?.text ?? ''].map((word) => printable(word));
  return words.filter((word) => word !== '').join(' ');
}

export function joined(words: readonly (string | null)[], separator: string): string {
  return words.filter((word) => word !== null && word !== '').join(separator);
}
