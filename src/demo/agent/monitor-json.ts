/** Events as `monitor -j` prints them: one object a line, except for what has no JSON form in any version. */
import type { DemoEvent } from '../datapath/event.ts';
import { DROP_SOURCE, dropReason, eventText, type TextStyle } from './monitor-text.ts';
import { PACKET_BYTES, packetJson } from './packet-text.ts';

/** Go escapes what could end a script in a page. */
export function goJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent)
    .replaceAll('&', String.raw`\u0026`)
    .replaceAll('<', String.raw`\u003c`)
    .replaceAll('>', String.raw`\u003e`);
}

function toJson(event: DemoEvent, { version }: TextStyle): unknown {
  switch (event.type) {
    case 'drop':
      return {
        cpu: 'CPU 01:',
        type: 'drop',
        mark: `0x${event.packet.hash.toString(16)}`,
        reason: dropReason(event.reason),
        source: event.source,
        bytes: PACKET_BYTES[event.packet.protocol],
        srcLabel: event.sourceIdentity,
        dstLabel: event.destinationIdentity,
        dstID: event.endpoint,
        ...(version.since(12) ? { Line: DROP_SOURCE.line, File: DROP_SOURCE.number } : {}),
        ...(version.since(13) ? { ExtError: 0, Ifindex: event.ifindex } : {}),
        summary: packetJson(event.packet),
      };
    case 'trace':
      return {
        cpu: 'CPU 01:',
        type: 'trace',
        mark: `0x${event.packet.hash.toString(16)}`,
        ifindex: event.ifname,
        state: event.state,
        observationPoint: 'to-endpoint',
        traceSummary: event.summary,
        source: event.endpoint,
        bytes: PACKET_BYTES[event.packet.protocol],
        srcLabel: event.sourceIdentity,
        dstLabel: event.destinationIdentity,
        dstID: event.endpoint,
        ...(version.since(19) ? { IpTraceID: 0 } : {}),
        summary: packetJson(event.packet),
      };
    case 'l7':
      return {
        type: 'logRecord',
        observationPoint: event.direction === 'ingress' ? 'Ingress' : 'Egress',
        flowType: event.flow,
        l7Proto: 'http',
        srcEpID: event.from.endpoint,
        srcEpLabels: event.from.labels,
        srcIdentity: event.from.identity,
        dstEpID: event.to.endpoint,
        dstEpLabels: event.to.labels,
        dstIdentity: event.to.identity,
        verdict: event.verdict,
        http: { Code: event.code, Method: event.method, URL: event.url, Protocol: 'HTTP/1.1', Headers: {} },
      };
    case 'agent':
      return { type: 'agent', subtype: event.notice, message: event.message };
    case 'policy-verdict':
    case 'trace-sock':
    case 'lost':
      return null;
  }
}

export function eventJson(event: DemoEvent, style: TextStyle): string {
  // Prints nothing at all.
  if (event.type === 'trace-sock') return '';
  const json = toJson(event, style);
  return json === null ? eventText(event, style) : `${goJson(json)}\n`;
}
