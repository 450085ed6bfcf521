/** What a record says of its direction, of the other side, of ports and protocols: one form for every type. */
import type { StreamGap } from '../model/attributed.ts';
import type { Direction, MonitorRecord, PacketEnd } from '../model/event.ts';
import type { HubbleEndpoint } from '../model/hubble.ts';

export interface PeerEnd {
  readonly identity: number | null;
  readonly ip: string | null;
  /** `namespace/name`, where it was told. */
  readonly pod: string | null;
  readonly labels: readonly string[];
}

export interface Ends {
  readonly direction: Direction | null;
  /** The other side; both sides where the direction is not told. */
  readonly peers: readonly PeerEnd[];
  /** Destination ports: what policies speak of. */
  readonly ports: readonly number[];
  readonly protocols: readonly string[];
}

interface Side {
  readonly address: PacketEnd | null;
  readonly identity: number | null;
  readonly labels?: readonly string[];
  readonly hubble: HubbleEndpoint | null;
}

const NOTHING: Ends = { direction: null, peers: [], ports: [], protocols: [] };

export function endsOf(record: MonitorRecord | StreamGap): Ends {
  switch (record.type) {
    case 'policy-verdict': {
      const { direction, source, destination, remoteIdentity, hubble } = record;
      const remote = direction === 'ingress' ? source : destination;
      const other = (direction === 'ingress' ? hubble?.source : hubble?.destination) ?? null;
      const peer = endOf({ address: remote, identity: remoteIdentity, hubble: other });
      return { direction, peers: [peer], ports: present(record.destinationPort), protocols: [record.protocol] };
    }
    case 'drop':
    case 'trace': {
      const direction = record.type === 'drop' ? record.direction : null;
      return {
        direction,
        peers: peersOf(
          direction,
          { address: record.source, identity: record.sourceIdentity, hubble: record.hubble?.source ?? null },
          {
            address: record.destination,
            identity: record.destinationIdentity,
            hubble: record.hubble?.destination ?? null,
          },
        ),
        ports: portOf(record.destination),
        protocols: present(record.protocol),
      };
    }
    case 'l7':
      return {
        direction: record.direction,
        peers: peersOf(
          record.direction,
          {
            address: record.source,
            identity: record.sourceIdentity,
            labels: record.sourceLabels,
            hubble: record.hubble?.source ?? null,
          },
          {
            address: record.destination,
            identity: record.destinationIdentity,
            labels: record.destinationLabels,
            hubble: record.hubble?.destination ?? null,
          },
        ),
        ports: portOf(record.destination),
        protocols: [record.l7.protocol],
      };
    case 'capture':
      return {
        direction: null,
        peers: [record.source, record.destination].map((address) => endOf({ address, identity: null, hubble: null })),
        ports: portOf(record.destination),
        protocols: present(record.protocol),
      };
    case 'nat':
      return {
        direction: null,
        peers: [record.from, record.to].map((address) => endOf({ address, identity: null, hubble: null })),
        ports: [record.from, record.to].flatMap((end) => portOf(end)),
        protocols: present(record.protocol),
      };
    case 'recorder':
      return { ...NOTHING, direction: record.direction };
    default:
      return NOTHING;
  }
}

function peersOf(direction: Direction | null, source: Side, destination: Side): readonly PeerEnd[] {
  if (direction === 'ingress') return [endOf(source)];
  if (direction === 'egress') return [endOf(destination)];
  return [endOf(source), endOf(destination)];
}

function endOf({ address, identity, labels = [], hubble }: Side): PeerEnd {
  const { namespace = null, pod = null } = hubble ?? {};
  return {
    identity: identity ?? hubble?.identity ?? null,
    ip: address?.ip ?? null,
    pod: pod === null ? null : namespace === null ? pod : `${namespace}/${pod}`,
    labels: [...labels, ...(hubble?.labels ?? [])],
  };
}

function portOf(end: PacketEnd | null): readonly number[] {
  return present(end?.port ?? null);
}

function present<T>(value: T | null): readonly T[] {
  return value === null ? [] : [value];
}
