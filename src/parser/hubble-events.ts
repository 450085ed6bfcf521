/** Flows of Hubble's JSON as the records that monitor's lines make: verdicts, drops, traces, captures, translations. */
import type { Capture, Drop, Trace, Translation } from '../model/datapath-event.ts';
import type { Action, Dialect, MatchType, Verdict } from '../model/event.ts';
import { dropReasonText } from './drop-reasons.ts';
import { isPatchedFlow } from './hubble-dialect.ts';
import { directionOf, endpointOf, identityOf, readHubbleFlow } from './hubble-flow.ts';
import { flowPacket, readFlowPacket } from './hubble-packet.ts';
import { type JsonObject, numberOf, objectOf, textOf } from './json-fields.ts';

/** FORWARDED is a redirect as well up to 1.10, which had no word for it. */
const ACTIONS: ReadonlyMap<unknown, Action> = new Map([
  ['FORWARDED', 'allow'],
  ['DROPPED', 'deny'],
  ['AUDIT', 'audit'],
  ['REDIRECTED', 'redirect'],
]);
/** Cilium pkg/monitor/api/types.go; 0 is left out. */
const MATCHES: readonly MatchType[] = ['none', 'L3-Only', 'L3-L4', 'L4-Only', 'all', 'L3-Proto', 'Proto-Only'];
const AUTHS: ReadonlyMap<unknown, string> = new Map([
  ['SPIRE', 'spire'],
  ['TEST_ALWAYS_FAIL', 'test-always-fail'],
]);

/** Null where what a verdict always has is missing. */
export function readFlowVerdict(flow: JsonObject, told: Dialect | null): Verdict | null {
  const direction = directionOf(flow);
  const action = ACTIONS.get(flow.verdict);
  const packet = readFlowPacket(flow);
  if (direction === null || action === undefined || packet === null) return null;
  const isIngress = direction === 'ingress';
  const isPatched = told === 'accuknox' || isPatchedFlow(flow);
  return {
    type: 'policy-verdict',
    dialect: isPatched ? 'accuknox' : 'cilium',
    endpoint: endpointOf(flow, isIngress ? 'destination' : 'source') ?? 0,
    direction,
    action,
    audit: action === 'audit' || (isPatched && flow.audit_mode === true),
    remoteIdentity: identityOf(flow, isIngress ? 'source' : 'destination'),
    protocol: packet.protocol ?? 'unknown',
    match: MATCHES[numberOf(flow, 'policy_match_type') ?? 0] ?? 'unknown',
    auth: AUTHS.get(flow.auth_type) ?? null,
    source: packet.source,
    destination: packet.destination,
    destinationPort: packet.destination?.port ?? null,
    tcpFlags: packet.tcpFlags,
    icmp: packet.icmp,
    flow: null,
    flowKey: flowPacket.flowKey,
    policyName: isPatched ? (textOf(flow, 'policy_name') ?? '') : null,
    hubble: readHubbleFlow(flow, direction),
  };
}

export function readFlowDrop(flow: JsonObject): Drop | null {
  const packet = readFlowPacket(flow);
  const code = numberOf(flow, 'drop_reason') ?? numberOf(objectOf(flow, 'event_type') ?? {}, 'sub_type');
  if (packet === null || code === null) return null;
  const direction = directionOf(flow);
  const file = objectOf(flow, 'file');
  return {
    type: 'drop',
    reason: dropReasonText(code),
    reasonCode: code,
    extError: null,
    endpoint: endpointOf(flow, 'destination') ?? 0,
    sourceEndpoint: endpointOf(flow, 'source'),
    direction,
    sourceIdentity: identityOf(flow, 'source'),
    destinationIdentity: identityOf(flow, 'destination'),
    file: file === null ? null : textOf(file, 'name'),
    fileLine: file === null ? null : numberOf(file, 'line'),
    interface: interfaceOf(flow),
    flow: null,
    flowKey: flowPacket.flowKey,
    ipTraceId: null,
    hubble: readHubbleFlow(flow, direction),
    ...packet,
  };
}

export function readFlowTrace(flow: JsonObject): Trace | null {
  const packet = readFlowPacket(flow);
  if (packet === null) return null;
  const point = words(textOf(flow, 'trace_observation_point'));
  return {
    type: 'trace',
    observationPoint: point ?? 'unknown',
    endpoint: endpointOf(flow, 'destination'),
    sourceEndpoint: endpointOf(flow, 'source'),
    proxyPort: numberOf(flow, 'proxy_port'),
    encrypted: null,
    sourceIdentity: identityOf(flow, 'source'),
    destinationIdentity: identityOf(flow, 'destination'),
    state: words(textOf(flow, 'trace_reason')),
    interface: interfaceOf(flow),
    originalIp: null,
    flow: null,
    ipTraceId: null,
    hubble: readHubbleFlow(flow, directionOf(flow)),
    ...packet,
  };
}

/** The names of Hubble's points; monitor has others for what they are called in a line. */
export function readFlowCapture(flow: JsonObject): Capture | null {
  const packet = readFlowPacket(flow);
  const point = words(textOf(flow, 'debug_capture_point'));
  return packet === null ? null : { type: 'capture', point: point ?? 'unknown', endpoint: null, ...packet };
}

const TRANSLATION = /^SOCK_XLATE_POINT_(PRE|POST)_DIRECTION_(FWD|REV)$/;

export function readFlowTranslation(flow: JsonObject): Translation | null {
  const packet = readFlowPacket(flow);
  if (packet === null) return null;
  const [, phase, way] = TRANSLATION.exec(textOf(flow, 'sock_xlate_point') ?? '') ?? [];
  const to = packet.destination;
  const end = to === null ? null : { ip: to.ip, port: to.port ?? 0, service: null };
  // Forward, the service's address is there before and the backend's after; in reverse it is the other way round.
  const isService = (phase === 'PRE') === (way === 'FWD');
  return {
    type: 'nat',
    phase: phase === undefined ? null : phase === 'PRE' ? 'pre' : 'post',
    translation: way === undefined ? null : way === 'FWD' ? 'forward' : 'reverse',
    cgroupId: integerOf(flow, 'cgroup_id'),
    socketCookie: textOf(flow, 'socket_cookie') ?? numberOf(flow, 'socket_cookie')?.toString() ?? null,
    protocol: packet.protocol,
    from: phase !== undefined && isService ? end : null,
    to: phase !== undefined && !isService ? end : null,
    hubble: readHubbleFlow(flow, directionOf(flow)),
  };
}

/** 64-bit numbers are strings in protobuf's JSON. */
function integerOf(flow: JsonObject, field: string): number | null {
  const value = numberOf(flow, field) ?? Number(textOf(flow, field) ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : null;
}

function interfaceOf(flow: JsonObject): string | null {
  const device = objectOf(flow, 'interface');
  return device === null ? null : (textOf(device, 'name') ?? numberOf(device, 'index')?.toString() ?? null);
}

/** `TO_ENDPOINT` as monitor's JSON has it: `to-endpoint`. */
function words(name: string | null): string | null {
  return name === null ? null : name.toLowerCase().replaceAll('_', '-');
}
