/** Events as text, each as the monitor of the asked version and dialect prints them. */
import type { AgentVersion } from '../cluster/version.ts';
import type {
  DemoEvent,
  DropEvent,
  L7Event,
  PolicyVerdictEvent,
  SockTraceEvent,
  TraceEvent,
} from '../datapath/event.ts';
import { dissection, PACKET_BYTES, PROTOCOL_NUMBERS, packetSummary } from './packet-text.ts';

export interface TextStyle {
  readonly version: AgentVersion;
  readonly numeric: boolean;
  /** How often `-v` was given: twice is several lines for each packet. */
  readonly verbosity: number;
}

/** Which version began to know a reserved identity by name; older programs print the number. */
const RESERVED_NAMES: readonly (readonly [number, string, number])[] = [
  [0, 'unknown', 10],
  [1, 'host', 10],
  [2, 'world', 10],
  [3, 'unmanaged', 10],
  [4, 'health', 10],
  [5, 'init', 10],
  [6, 'remote-node', 10],
  [7, 'kube-apiserver', 11],
  [8, 'ingress', 12],
];

/** The constants of bpf/source_names_to_ids.h and the line in bpf_lxc.c, 1.19. */
const DROP_FILE = { name: 'bpf_lxc.c', number: 2, line: 2086 };

export function dropReason(code: DropEvent['reason']): string {
  return code === 133 ? 'Policy denied' : 'Policy denied by denylist';
}

/** Names instead of numbers since 1.10, except with `-n`. */
function identityText(identity: number, { version, numeric }: TextStyle): string {
  const name = RESERVED_NAMES.find(([number]) => number === identity);
  return name === undefined || numeric || !version.since(name[2]) ? String(identity) : name[1];
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** Cilium pkg/monitor/datapath_policy.go, 1.8 to 1.19, and AccuKnox's patch of 1.10.90. */
export function verdictLine(event: PolicyVerdictEvent, style: TextStyle): string {
  const { version } = style;
  const { packet } = event;
  const protocol = PROTOCOL_NUMBERS[packet.protocol];
  const summary = packetSummary(packet, version);
  const remote = identityText(event.remoteIdentity, style);
  const flow = `Policy verdict log: flow ${hex(packet.hash)}`;
  if (version.dialect === 'accuknox') {
    const action = event.action === 'audit' ? 'ALLOW' : event.action.toUpperCase();
    // The patched datapath reports no other match than these two.
    const match = event.match === 'none' ? 'none' : 'all';
    const audit = String(event.action === 'audit');
    return `${flow}, PolicyName ${event.policyName}, local EP ID ${event.endpoint}, remote ID ${remote}, proto ${protocol}, ${event.direction}, action ${action} auditMode:${audit}, match ${match}, ${summary}\n`;
  }
  const ends = `${flow} local EP ID ${event.endpoint}, remote ID ${remote}`;
  if (!version.since(9)) {
    const port = packet.protocol === 'ICMP' ? 8 : packet.destination.port;
    const ingress = String(event.direction === 'ingress');
    return `${ends}, dst port ${port}, proto ${protocol}, ingress ${ingress}, action ${event.action}, match ${event.match}, ${summary}\n`;
  }
  const auth = version.since(14) ? ' auth: disabled,' : '';
  return `${ends}, proto ${protocol}, ${event.direction}, action ${event.action},${auth} match ${event.match}, ${summary}\n`;
}

/** Between `to endpoint N` and `identity`: it grew with the versions. */
function dropPlace(ifindex: number, version: AgentVersion): string {
  const { name, number, line } = DROP_FILE;
  if (version.since(14)) return `, ifindex ${ifindex}, file ${name}:${line}, `;
  if (version.since(13)) return `, ifindex ${ifindex}, file ${number}:${line}, `;
  if (version.since(12)) return `, file ${name} line ${line}, `;
  return version.since(11) ? ', ' : '';
}

const RULER = '-'.repeat(78);

function dropText(event: DropEvent, style: TextStyle): string {
  const { packet, endpoint, ifindex } = event;
  const reason = dropReason(event.reason);
  const ends = `${identityText(event.sourceIdentity, style)}->${identityText(event.destinationIdentity, style)}`;
  if (style.verbosity >= 2) {
    const to = endpoint === 0 ? '' : `, to endpoint ${endpoint}`;
    const head = `CPU 01: MARK ${hex(packet.hash)} FROM ${event.source} DROP: ${PACKET_BYTES[packet.protocol]} bytes, reason ${reason}, identity ${ends}${to}`;
    return `${RULER}\n${head}\n${dissection(packet)}`;
  }
  const place = dropPlace(ifindex, style.version);
  return `xx drop (${reason}) flow ${hex(packet.hash)} to endpoint ${endpoint}${place}, identity ${ends}: ${packetSummary(packet, style.version)}\n`;
}

function traceText(event: TraceEvent, style: TextStyle): string {
  const { packet } = event;
  const ends = `${identityText(event.sourceIdentity, style)}->${identityText(event.destinationIdentity, style)}`;
  if (style.verbosity >= 2) {
    const head = `CPU 01: MARK ${hex(packet.hash)} FROM ${event.endpoint} to-endpoint: ${PACKET_BYTES[packet.protocol]} bytes (${PACKET_BYTES[packet.protocol]} captured), state ${event.state}, interface ${event.ifname}, identity ${ends}, orig-ip ${packet.source.ip}, to endpoint ${event.endpoint}`;
    return `${RULER}\n${head}\n${dissection(packet)}`;
  }
  const comma = style.version.since(11) ? ', ' : '';
  return `${event.summary} flow ${hex(packet.hash)} ${comma}identity ${ends} state ${event.state} ifindex ${event.ifname} orig-ip ${packet.source.ip}: ${packetSummary(packet, style.version)}\n`;
}

/** Cilium pkg/monitor/logrecord.go; which end a response names first changed in 1.12 (97908ba924). */
function l7Text(event: L7Event, { version }: TextStyle): string {
  const end = ({ endpoint, labels }: L7Event['from']) => `${endpoint} ([${labels.join(' ')}])`;
  const isRequest = event.flow === 'Request';
  const [first, second] = isRequest || !version.since(12) ? [event.from, event.to] : [event.to, event.from];
  const words = isRequest ? ['from', 'to'] : ['to', 'from'];
  const arrow = event.direction === 'ingress' ? '<-' : '->';
  const patched = version.dialect === 'accuknox' ? ` auditMode:false PolicyName ${event.policyName}` : '';
  return `${arrow} ${event.flow} http ${words[0]} ${end(first)} ${words[1]} ${end(second)}, identity ${event.from.identity}->${event.to.identity}, verdict ${event.verdict}${patched} ${event.method} ${event.url} => ${event.code}\n`;
}

/** Cilium pkg/monitor/datapath_sock_trace.go, from 1.13 on and with `-v`; what it is about is followed by a blank. */
function sockTraceText({ point, cgroupId, socketCookie, destination, protocol }: SockTraceEvent, style: TextStyle) {
  if (!style.version.since(13) || style.verbosity === 0) return '';
  const ends = `cgroup_id: ${cgroupId} sock_cookie: ${socketCookie}, dst [${destination.ip}]:${destination.port}`;
  return `CPU 01: [${point}] ${ends} ${protocol.toLowerCase()} \n`;
}

export function eventText(event: DemoEvent, style: TextStyle): string {
  switch (event.type) {
    case 'policy-verdict':
      return verdictLine(event, style);
    case 'drop':
      return dropText(event, style);
    case 'trace':
      return traceText(event, style);
    case 'l7':
      return l7Text(event, style);
    case 'trace-sock':
      return sockTraceText(event, style);
    case 'agent':
      return `>> ${event.notice}: ${JSON.stringify(event.message)}\n`;
    case 'lost':
      return `CPU ${String(event.cpu).padStart(2, '0')}: Lost ${event.events} events\n`;
  }
}

export const DROP_SOURCE = DROP_FILE;
