/** Monitor's own JSON (`-j`, 1.2 to 1.19): drops, traces, captures, debug messages, notices of the agent. */
import type { Capture, Debug, Drop, Trace } from '../model/datapath-event.ts';
import type { AgentNotice, MonitorRecord } from '../model/event.ts';
import { dropDirection, endpointAt } from './debug.ts';
import { described, describePacket, NO_PACKET } from './described-packet.ts';
import { packetOfLayers } from './dissection.ts';
import { readDropReason } from './drop-reasons.ts';
import { type JsonObject, numberOf, objectOf, textOf } from './json-fields.ts';
import { readJsonL7 } from './l7-json.ts';
import { readTracePoint } from './trace.ts';

const CPU = /^CPU (\d{2,4}):$/;

/** Null for JSON that is not monitor's, or that lacks what monitor always prints. */
export function readMonitorJson(event: JsonObject): MonitorRecord | null {
  switch (event.type) {
    case 'drop':
      return readDrop(event);
    case 'trace':
      return readTrace(event);
    case 'capture':
      return readCapture(event);
    case 'debug':
      return readDebug(event);
    case 'logRecord':
      return readJsonL7(event);
    case 'agent':
      return readAgent(event);
    default:
      return null;
  }
}

function readDrop(event: JsonObject): Drop | null {
  const printed = textOf(event, 'reason');
  const source = numberOf(event, 'source');
  const to = numberOf(event, 'dstID');
  if (printed === null || source === null || to === null) return null;
  const told = readDropReason(printed);
  if (told === null) return null;
  const { reason, reasonCode, extError } = told;
  const summary = objectOf(event, 'summary');
  const packet = summary === null ? null : packetOfLayers(summary);
  const file = numberOf(event, 'File');
  return {
    type: 'drop',
    reason,
    reasonCode,
    // 1.12 brought the file and the extended error.
    extError: numberOf(event, 'ExtError') ?? extError ?? (file === null ? null : 0),
    endpoint: to,
    sourceEndpoint: source === 0 ? null : source,
    direction: dropDirection(to, source),
    sourceIdentity: numberOf(event, 'srcLabel'),
    destinationIdentity: numberOf(event, 'dstLabel'),
    file: file === null ? null : String(file),
    fileLine: numberOf(event, 'Line'),
    interface: numberOf(event, 'Ifindex')?.toString() ?? textOf(event, 'ifindex'),
    flow: textOf(event, 'mark'),
    flowKey: packet === null ? 0 : described.flowKey,
    ipTraceId: traceIdOf(event, 'IPTraceID'),
    hubble: null,
    ...(packet ?? NO_PACKET),
  };
}

function readTrace(event: JsonObject): Trace | null {
  const point = textOf(event, 'observationPoint');
  const source = numberOf(event, 'source');
  const to = numberOf(event, 'dstID');
  if (point === null || source === null || to === null) return null;
  const summary = objectOf(event, 'summary');
  return {
    type: 'trace',
    observationPoint: /^\d/.test(point) ? 'unknown' : point,
    endpoint: endpointAt(point, to, source),
    sourceEndpoint: source === 0 ? null : source,
    proxyPort: readTracePoint(textOf(event, 'traceSummary') ?? '').proxyPort,
    encrypted: null,
    sourceIdentity: numberOf(event, 'srcLabel'),
    destinationIdentity: numberOf(event, 'dstLabel'),
    state: textOf(event, 'state'),
    interface: textOf(event, 'ifindex'),
    originalIp: null,
    flow: textOf(event, 'mark'),
    ipTraceId: traceIdOf(event, 'IpTraceID'),
    hubble: null,
    ...((summary === null ? null : packetOfLayers(summary)) ?? NO_PACKET),
  };
}

/** 0 stands for none. */
function traceIdOf(event: JsonObject, field: string): number | null {
  const id = numberOf(event, field);
  return id === 0 || !Number.isSafeInteger(id) ? null : id;
}

function readCapture(event: JsonObject): Capture | null {
  // What has no prefix is printed in JSON only.
  const point = textOf(event, 'prefix') ?? textOf(event, 'message');
  const source = numberOf(event, 'source');
  if (point === null || source === null) return null;
  const packet = describePacket(textOf(event, 'summary') ?? '', -1) ?? NO_PACKET;
  return { type: 'capture', point, endpoint: source === 0 ? null : source, ...packet };
}

function readDebug(event: JsonObject): Debug | null {
  const text = textOf(event, 'message');
  if (text === null) return null;
  const cpu = CPU.exec(textOf(event, 'cpu') ?? '')?.[1];
  return { type: 'debug', cpu: cpu === undefined ? null : Number(cpu), endpoint: null, text };
}

function readAgent(event: JsonObject): AgentNotice | null {
  const notice = textOf(event, 'subtype');
  if (notice === null) return null;
  return { type: 'agent', notice, text: JSON.stringify(event.message ?? null) };
}
