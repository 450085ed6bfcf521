/** A flow of Hubble that came before: its record, and what of it has to be filled in for another packet. */
import type { Drop, Verdict } from '../model/event.ts';
import { Address } from './address.ts';
import { Cursor, toBytes } from './bytes.ts';
import { flowKeyOf } from './flow-key.ts';
import { SCTP, TCP, UDP } from './packet.ts';

const PROTOCOLS: ReadonlyMap<string, number> = new Map(Object.entries({ TCP, UDP, SCTP }));

export type FlowRecord = Verdict | Drop;

/** A record that is filled anew with the port and the time of each line. */
export interface KnownFlow {
  readonly record: FlowRecord & { flowKey: number };
  /** Both are parts of the record. */
  readonly source: { port: number | null };
  readonly hubble: { time: string | null; timeMs: number | null; uuid: string | null };
  /** What the flow's key is made of; null where it has no ports and is always the same. */
  readonly packet: { source: Address; destination: Address; sourcePort: number; destinationPort: number } | null;
  readonly protocol: number;
}

/** Null where there is no packet, or its key cannot be made again. */
export function knownFlow(told: FlowRecord): KnownFlow | null {
  if (told.source === null || told.destination === null || told.hubble === null) return null;
  const protocol = PROTOCOLS.get(told.protocol ?? '') ?? 0;
  const source = { ...told.source };
  const hubble = { ...told.hubble };
  const record = { ...told, source, hubble };
  if (source.port === null) return { record, source, hubble, packet: null, protocol };
  const packet = {
    source: addressOf(source.ip),
    destination: addressOf(told.destination.ip),
    sourcePort: source.port,
    destinationPort: told.destination.port ?? -1,
  };
  return flowKeyOf(packet, protocol) === told.flowKey ? { record, source, hubble, packet, protocol } : null;
}

export function fillIn(
  flow: KnownFlow,
  { time, uuid, port }: { time: string; uuid: string; port: number },
): FlowRecord {
  const { record, source, hubble, packet, protocol } = flow;
  const timeMs = Date.parse(time);
  hubble.time = time;
  hubble.timeMs = Number.isNaN(timeMs) ? null : timeMs;
  hubble.uuid = uuid;
  if (packet === null) return record;
  source.port = packet.sourcePort = port;
  record.flowKey = flowKeyOf(packet, protocol);
  return record;
}

export function copyRecord(record: FlowRecord): FlowRecord {
  const { source, hubble } = record;
  return { ...record, source: source && { ...source }, hubble: hubble && { ...hubble } };
}

function addressOf(ip: string): Address {
  const cursor = new Cursor();
  cursor.open(toBytes(`${ip}\n`));
  const address = new Address();
  if (!address.takeV4(cursor)) address.takeV6(cursor);
  return address;
}
