/** Lines with a mark, which `-v` and `-v -v` print: debug messages, and the heads of drops, traces and captures whose packets follow. */
import type { Capture, Debug, Drop, Trace } from '../model/datapath-event.ts';
import { NO_PACKET } from './described-packet.ts';
import { readDropReason } from './drop-reasons.ts';
import { exactNumber, readIdentity } from './fields.ts';
import type { TextLine } from './text-line.ts';
import { readOriginalIp } from './trace.ts';

const MARKED = /^MARK (0x(?:0|[1-9a-f][0-9a-f]{0,7})) (?:\[ IP-TRACE-ID = (\d{1,20}) \] )?FROM (\d{1,5}) (.+)$/;
/** Two versions forgot the newline before the first layer. */
const CAPTURE = /^DEBUG: \d{1,10} bytes, (\S.*?)((?:Ethernet|IPv4|IPv6)\t\{.*\})?$/;
/** No message begins with a length. */
const PART_OF_CAPTURE = /^DEBUG: \d+(?: b?y?t?e?s?,?)?$/;
/** Every point names a device or a port: without its number it was cut. */
const POINT_END = /^(?!Packet to proxy port \d+$).*\d$|\((?:Pre|Post)\)$/;
/** 1.8 to 1.10 forgot what stands between the reason and the identities. */
const DROP =
  /^DROP: \d{1,10} bytes, reason (.+?)(?:(?:, ){0,2}identity ([^\s:>,]+)->([^\s:>,]+))?(?:, to endpoint (\d{1,10}))?$/;
const TRACE =
  /^([a-z][a-z-]*|\d{1,3}): \d{1,10} bytes(?: \(\d{1,10} captured\))?, state ([a-z0-9-]+?)(?:, interface (\S+?))?(?:(?:, ){0,2}identity ([^\s:>,]+)->([^\s:>,]+))?(?:, orig-ip ([0-9a-f.:]+))?(?:, to (endpoint|proxy-port) (\d{1,10}))?$/;

interface Mark {
  readonly flow: string;
  readonly ipTraceId: number | null;
  readonly from: number;
}

/** Cilium pkg/monitor/datapath_trace.go; the line may end in it, so what is left of one must not pass. */
const STATE =
  /^(?:new|established|reply|related|reopened|unknown|srv6-encap|srv6-decap|encrypt-overlay|encrypted|\d{1,3})$/;

/** `text` is what follows `CPU 03: `. */
export function readMarked(line: TextLine, text: string, cpu: number): Capture | Debug | Drop | Trace | null {
  const [, flow = '', traceId, from, rest = ''] = MARKED.exec(text) ?? [];
  if (from === undefined) return null;
  const mark = { flow, ipTraceId: exactNumber(traceId), from: Number(from) };
  line.mayBeCut = true;
  if (rest.startsWith('DEBUG: ')) return readMessage(line, rest, mark.from, cpu);
  line.isHead = true;
  return rest.startsWith('DROP: ') ? readDropHead(rest, mark) : readTraceHead(rest, mark);
}

function readMessage(line: TextLine, text: string, from: number, cpu: number): Capture | Debug | null {
  const endpoint = from === 0 ? null : from;
  const [, point, layer = null] = CAPTURE.exec(text) ?? [];
  if (point === undefined) {
    if (PART_OF_CAPTURE.test(text)) return null;
    return { type: 'debug', cpu, endpoint, text: text.slice('DEBUG: '.length) };
  }
  if (!POINT_END.test(point)) return null;
  line.isHead = true;
  line.layer = layer;
  return { type: 'capture', point, endpoint, ...NO_PACKET };
}

function readDropHead(text: string, { flow, ipTraceId, from }: Mark): Drop | null {
  const [, printed, source = '', destination = '', to] = DROP.exec(text) ?? [];
  if (printed === undefined) return null;
  const told = readDropReason(printed);
  const identities = readIdentities(source, destination);
  // Without what follows, nothing shows that the reason is whole.
  if (told === null || identities === null || (source === '' && told.reasonCode === null)) return null;
  const endpoint = to === undefined ? 0 : Number(to);
  return {
    type: 'drop',
    ...told,
    endpoint,
    sourceEndpoint: from === 0 ? null : from,
    direction: dropDirection(endpoint, from),
    ...identities,
    file: null,
    fileLine: null,
    interface: null,
    flow,
    flowKey: 0,
    ipTraceId,
    hubble: null,
    ...NO_PACKET,
  };
}

/** The datapath names the endpoint that a packet was about to enter; else the program of `from` dropped it on its way out. */
export function dropDirection(to: number, from: number): Drop['direction'] {
  if (to !== 0) return 'ingress';
  return from === 0 ? null : 'egress';
}

function readTraceHead(text: string, { flow, ipTraceId, from }: Mark): Trace | null {
  const parts = TRACE.exec(text);
  if (parts === null) return null;
  const [, point = '', state = '', ifname = null, source = '', destination = '', original, word, to] = parts;
  const identities = readIdentities(source, destination);
  const originalIp = readOriginalIp(original);
  if (identities === null || originalIp === undefined || !STATE.test(state)) return null;
  // Where it goes is never left out.
  if (point === 'to-endpoint' && word === undefined) return null;
  return {
    type: 'trace',
    observationPoint: /^\d/.test(point) ? 'unknown' : point,
    endpoint: endpointAt(point, word === 'endpoint' ? Number(to) : null, from),
    sourceEndpoint: from === 0 ? null : from,
    proxyPort: word === 'proxy-port' ? exactNumber(to) : null,
    encrypted: null,
    ...identities,
    state,
    interface: ifname,
    originalIp,
    flow,
    ipTraceId,
    hubble: null,
    ...NO_PACKET,
  };
}

/** The endpoint that the packet goes to or comes from. */
export function endpointAt(point: string, to: number | null, from: number): number | null {
  if (point === 'to-endpoint') return to;
  return point === 'from-endpoint' ? from : null;
}

/** Not printed where both are 0. */
function readIdentities(
  source: string,
  destination: string,
): Pick<Drop, 'sourceIdentity' | 'destinationIdentity'> | null {
  if (source === '') return { sourceIdentity: 0, destinationIdentity: 0 };
  const sourceIdentity = readIdentity(source);
  const destinationIdentity = readIdentity(destination);
  if (sourceIdentity === undefined || destinationIdentity === undefined) return null;
  return { sourceIdentity, destinationIdentity };
}
