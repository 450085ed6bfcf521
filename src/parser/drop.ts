/** Drop lines (Cilium pkg/monitor/datapath_drop.go), 1.0 to 1.19, and the one that manuals show. */
import type { Drop } from '../model/datapath-event.ts';
import { described, NO_PACKET, readPacket, wordlessFlowKeys } from './described-packet.ts';
import { readDropReason } from './drop-reasons.ts';
import { exactNumber, readIdentity } from './fields.ts';
import { HOST_IDENTITY, type SeenAddresses } from './seen-addresses.ts';
import type { TextLine } from './text-line.ts';

/**
 * A reason may hold commas, parentheses and an extended error. Between endpoint and identity: nothing up to 1.10, a
 * second comma in 1.11, `file F line N` in 1.12, `ifindex I, file F:N` from 1.13, the trace id of an IP option from 1.19.
 */
const DROP =
  /^xx drop \((.+?)\) flow (0x(?:0|[1-9a-f][0-9a-f]{0,7})) to endpoint (\d{1,10}), (?:(?:ifindex (\d{1,10}), )?file ([^\s:]+)(?: line |:)(\d{1,5}), )?(?: \[ ip-trace-id = (\d{1,20}) \])?(?:, )?identity ([^\s:>]+)->([^\s:>]+): /;
const UNKNOWN_FILE = /^(?:<unknown-id-|unknown\()(\d{1,3})[>)]$/;
const MANUAL = /^Datapath drop: from \S+ \(id=(\d{1,10})\) to \S+ \(id=(\d{1,10})\) on port \d{1,5}, reason: (\S.*)$/;

export function readDrop(line: TextLine, seen: SeenAddresses): Drop | null {
  const parts = DROP.exec(line.text);
  if (parts === null) return null;
  const [head, printed = '', flow = '', to = '', ifindex, file, fileLine, traceId, from = '', towards = ''] = parts;
  const sourceIdentity = readIdentity(from);
  const destinationIdentity = readIdentity(towards);
  if (sourceIdentity === undefined || destinationIdentity === undefined) return null;
  const told = readDropReason(printed);
  if (told === null) return null;
  const packet = readPacket(line, head.length);
  const endpoint = Number(to);
  if (packet === null || contradictsSeen(line, seen, endpoint, sourceIdentity, destinationIdentity)) return null;
  line.mayBeCut = described.mayBeCut;
  const { reason, reasonCode, extError } = told;
  return {
    type: 'drop',
    reason,
    reasonCode,
    // 1.12 brought the file and the extended error.
    extError: extError ?? (file === undefined ? null : 0),
    endpoint,
    sourceEndpoint: null,
    // The datapath names the endpoint that a packet was about to enter (bpf/bpf_lxc.c); 0 may be the way out, or the host's.
    direction: endpoint === 0 ? null : 'ingress',
    sourceIdentity,
    destinationIdentity,
    file: fileOf(file),
    fileLine: exactNumber(fileLine),
    interface: ifindex ?? null,
    flow,
    flowKey: described.flowKey,
    ...(packet.protocol === null && described.flowKey !== 0 ? { verdictFlowKeys: wordlessFlowKeys() } : {}),
    ipTraceId: exactNumber(traceId),
    hubble: null,
    protocol: packet.protocol,
    source: packet.source,
    destination: packet.destination,
    tcpFlags: packet.tcpFlags,
    icmp: packet.icmp,
  };
}

/** A file without a name is printed as `unknown` in 1.12, `<unknown-id-200>` in 1.14, `unknown(200)` later. */
function fileOf(printed: string | undefined): string | null {
  if (printed === undefined || printed === 'unknown') return null;
  return UNKNOWN_FILE.exec(printed)?.[1] ?? printed;
}

/** Whether the address at the line's open end is known to be only a part of the endpoint's. */
function contradictsSeen(
  line: TextLine,
  seen: SeenAddresses,
  endpoint: number,
  sourceIdentity: number | null,
  destinationIdentity: number | null,
): boolean {
  const { source, destination, openEnd } = described;
  if (destination.family === 0) return false;
  const { bytes } = line.cursor;
  if (endpoint === 0) return openEnd && seen.isPart(bytes, destination, destinationIdentity);
  if (openEnd) return seen.contradicts(bytes, endpoint, destination);
  seen.remember(bytes, endpoint, destination, source, sourceIdentity === HOST_IDENTITY ? HOST_IDENTITY : 0);
  return false;
}

/** No Cilium prints this; a course on it does. */
export function readManualDrop(text: string): Drop | null {
  const [, from, to, printed] = MANUAL.exec(text) ?? [];
  if (printed === undefined) return null;
  const told = readDropReason(printed);
  if (told === null) return null;
  return {
    type: 'drop',
    ...told,
    endpoint: null,
    sourceEndpoint: null,
    direction: null,
    sourceIdentity: exactNumber(from),
    destinationIdentity: exactNumber(to),
    file: null,
    fileLine: null,
    interface: null,
    flow: null,
    flowKey: 0,
    ipTraceId: null,
    hubble: null,
    ...NO_PACKET,
  };
}
