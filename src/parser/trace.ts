/** Trace lines (Cilium pkg/monitor/datapath_trace.go), 1.0 to 1.19. */
import type { Trace } from '../model/datapath-event.ts';
import { described, isIp, readPacket } from './described-packet.ts';
import { exactNumber, readIdentity } from './fields.ts';
import type { SeenAddresses } from './seen-addresses.ts';
import type { TextLine } from './text-line.ts';

const TRACE =
  /^(-> endpoint \d{1,10}|-> proxy(?: port \d{1,5})?|-> host from|-> (?:stack|overlay|network|crypto)|<- endpoint \d{1,10}|<- (?:proxy|host|stack|overlay|network|crypto)|\^\^ conntrack (?:new|active)|unknown trace)( encrypted )? flow (0x(?:0|[1-9a-f][0-9a-f]{0,7})) (?:, )?identity ([^\s:>]+)->([^\s:>]+) (?:\[ ip-trace-id = (\d{1,20}) \] )?state ([a-z0-9-]+) ifindex (\S+?)(?: orig-ip ([0-9a-f.:]+))?: /;

const SUMMARY = /^(->|<-|\^\^|unknown) ([a-z]+)(?: (\d+)| port (\d+)| [a-z]+)?$/;

export interface TracePoint {
  readonly observationPoint: string;
  /** The endpoint that the packet goes to or comes from. */
  readonly endpoint: number | null;
  readonly proxyPort: number | null;
}

/** What stands before `flow`, or in the `traceSummary` of the JSON: `-> endpoint 317`. */
export function readTracePoint(text: string): TracePoint {
  const [, arrow, place = '', endpoint, port] = SUMMARY.exec(text) ?? [];
  let observationPoint = 'unknown';
  if (arrow === '->') observationPoint = `to-${place}`;
  else if (arrow === '<-') observationPoint = `from-${place}`;
  // Up to 1.2.
  else if (arrow === '^^') observationPoint = text.endsWith(' new') ? 'create-ct' : 'active-ct';
  return { observationPoint, endpoint: exactNumber(endpoint), proxyPort: exactNumber(port) };
}

/** `0.0.0.0` and `::` stand for none; undefined where it is no address. */
export function readOriginalIp(text: string | undefined): string | null | undefined {
  if (text === undefined || text === '0.0.0.0' || text === '::') return null;
  return isIp(text) ? text : undefined;
}

export function readTrace(line: TextLine, seen: SeenAddresses): Trace | null {
  const parts = TRACE.exec(line.text);
  if (parts === null) return null;
  const [head, summary = '', encrypted, flow = '', from = '', to = '', traceId, state = '', ifindex = '', original] =
    parts;
  const sourceIdentity = readIdentity(from);
  const destinationIdentity = readIdentity(to);
  const originalIp = readOriginalIp(original);
  if (sourceIdentity === undefined || destinationIdentity === undefined || originalIp === undefined) return null;
  const packet = readPacket(line, head.length);
  if (packet === null) return null;
  const { openEnd, destination } = described;
  if (openEnd && seen.isPart(line.cursor.bytes, destination, destinationIdentity)) return null;
  line.mayBeCut = described.mayBeCut;
  const { observationPoint, endpoint, proxyPort } = readTracePoint(summary);
  return {
    type: 'trace',
    observationPoint,
    endpoint,
    sourceEndpoint: observationPoint === 'from-endpoint' ? endpoint : null,
    proxyPort,
    encrypted: encrypted !== undefined,
    sourceIdentity,
    destinationIdentity,
    state,
    interface: ifindex,
    originalIp,
    flow,
    ipTraceId: exactNumber(traceId),
    hubble: null,
    protocol: packet.protocol,
    source: packet.source,
    destination: packet.destination,
    tcpFlags: packet.tcpFlags,
    icmp: packet.icmp,
  };
}
