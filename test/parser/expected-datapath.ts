/** What the datapath's events tell where they are printed, by the truth about them: drops, traces, captures and the like. */
import type { Truth } from './corpus.ts';
import { expectedPacket, type Fields, type Printed } from './expected-packet.ts';

/** Cilium pkg/monitor/api/files.go; 1.12 gave the first numbers to other files. */
const FILES: Readonly<Record<number, readonly string[]>> = {
  1: ['bpf_host.c', 'bpf_network.c'],
  2: ['bpf_lxc.c', 'bpf_sock.c'],
  3: ['bpf_overlay.c', 'bpf_host.c'],
  104: ['icmp6.h'],
  106: ['lb.h'],
};
/** Cilium pkg/monitor/api/types.go. */
const POINTS = [
  ...['to-endpoint', 'to-proxy', 'to-host', 'to-stack', 'to-overlay', 'from-endpoint', 'from-proxy'],
  ...['from-host', 'from-stack', 'from-overlay', 'from-network', 'to-network', 'from-crypto', 'to-crypto'],
];
const STATES = [
  ...['new', 'established', 'reply', 'related', 'reopened', 'unknown', 'srv6-encap', 'srv6-decap'],
  'encrypt-overlay',
];
const ENCRYPTED = 0x80;
/** As the machine calls them on which the corpus was made. */
const INTERFACES: Readonly<Record<number, string>> = { 0: '0', 1: 'lo', 2: 'ifb0' };

export function expectedDrop(truth: Truth, printed: Printed): Fields {
  const { reason, reason_code: code, endpoint_id: from = 0, dst_endpoint_id: to = 0 } = truth;
  const { isJson, isDissected, text } = printed;
  const tellsSource = isJson || isDissected;
  const extended = truth.ext_error ?? null;
  const word = expectedReason(String(reason), code ?? -1, text);
  return {
    type: 'drop',
    reason: word,
    reasonCode: code,
    // A dissection's head says nothing where it is 0, but for codes without a name.
    extError: isDissected && extended === 0 && !text.includes(`reason ${word}, 0`) ? null : extended,
    endpoint: to,
    sourceEndpoint: tellsSource && from !== 0 ? from : null,
    direction: to !== 0 ? 'ingress' : tellsSource && from !== 0 ? 'egress' : null,
    sourceIdentity: truth.src_identity,
    destinationIdentity: truth.dst_identity,
    file: isDissected ? null : expectedFile(truth, printed),
    fileLine: isDissected ? null : (truth.line_no ?? null),
    interface: isDissected || truth.ifindex === undefined ? null : String(truth.ifindex),
    flow: `0x${(truth.hash ?? 0).toString(16)}`,
    ipTraceId: truth.ip_trace_id === 0 ? null : (truth.ip_trace_id ?? null),
    hubble: null,
    ...expectedPacket(truth, printed),
  };
}

/** A code without a name is printed as its number, and the truth has no name for 0. */
function expectedReason(name: string, code: number, text: string): string {
  if (code === 0 && text.includes('Success')) return 'Success';
  // Up to 1.6.
  if (text.includes(`${name} (L3)`)) return `${name} (L3)`;
  return name !== '' && text.includes(name) ? name : String(code);
}

/** 1.12 prints the names that it knows after the word alone, 1.13 numbers, 1.14 names, and JSON always numbers. */
function expectedFile({ file }: Truth, { isJson, text }: Printed): string | null {
  if (file === undefined || text.includes('file unknown line')) return null;
  if (isJson || !/, file [a-z_0-9]+\.[ch]\b/.test(text)) return String(file);
  return FILES[file]?.find((name) => text.includes(`, file ${name}`)) ?? null;
}

export function expectedTrace(truth: Truth, printed: Printed): Fields {
  const { isJson, isDissected, text } = printed;
  const { obs_point: number = -1, endpoint_id: from = 0, dst_endpoint_id: to = 0, ifindex = 0 } = truth;
  const reason = Number(truth.reason);
  const known = POINTS[number] ?? 'unknown';
  // Up to 1.6 a program knows eleven points and calls the others unknown.
  const point = /^unknown trace|"traceSummary":"unknown|FROM \d+ \d+: /m.test(text) ? 'unknown' : known;
  const state = STATES[reason & ~ENCRYPTED] ?? '';
  const proxyPort = text.includes('proxy port ') || text.includes('to proxy-port ') ? to : null;
  return {
    type: 'trace',
    observationPoint: point,
    endpoint: point === 'to-endpoint' ? to : point === 'from-endpoint' ? from : null,
    sourceEndpoint: isJson || isDissected || point === 'from-endpoint' ? from : null,
    proxyPort: point === 'to-proxy' ? proxyPort : null,
    encrypted: isJson || isDissected ? null : (reason & ENCRYPTED) !== 0,
    sourceIdentity: truth.src_identity,
    destinationIdentity: truth.dst_identity,
    state: expectedState(text, state, reason),
    interface: isDissected && ifindex === 0 ? null : INTERFACES[ifindex],
    originalIp: null,
    flow: `0x${(truth.hash ?? 0).toString(16)}`,
    ipTraceId: truth.ip_trace_id === 0 ? null : (truth.ip_trace_id ?? null),
    hubble: null,
    ...expectedPacket(truth, printed),
  };
}

/** What a program has no word for it prints as a number or as `unknown`. */
function expectedState(text: string, word: string, reason: number): string {
  if (text.includes(`state ${word}`) || text.includes(`"state":"${word}"`)) return word;
  return /state"?[: ]"?unknown/.test(text) ? 'unknown' : String(reason);
}

export function expectedCapture(truth: Truth, printed: Printed): Fields {
  const { isJson, isDissected, text } = printed;
  const word = isJson
    ? (/"prefix":("[^"]*")/.exec(text)?.[1] ?? /"message":("[^"]*")/.exec(text)?.[1])
    : JSON.stringify((isDissected ? / bytes, (.*?)(?:Ethernet\t.*)?$/m : /((?:->|<-) [^:]*): \S+ -> /).exec(text)?.[1]);
  const point: unknown = JSON.parse(word ?? 'null');
  const endpoint = isJson || isDissected ? truth.endpoint_id : null;
  return { type: 'capture', point, endpoint, ...expectedPacket(truth, printed) };
}

export function expectedDebug(truth: Truth, { isJson, text }: Printed): Fields {
  const message = isJson ? /"message":"(.*)"\}$/ : /DEBUG: (.*?) *$/;
  return {
    type: 'debug',
    cpu: printedCpu(text),
    endpoint: isJson ? null : truth.endpoint_id,
    text: message.exec(text)?.[1],
  };
}

/** The truth's is that of the feeder. */
export function printedCpu(text: string): number {
  return Number(/CPU (\d+):/.exec(text)?.[1]);
}

export function expectedRecorder(truth: Truth, printed: Printed): Fields {
  const [, direction, captured, bytes] = /dir:(\w+) .*caplen:(\d+) len:(\d+)/.exec(printed.text) ?? [];
  const lengths = { capturedBytes: Number(captured), bytes: Number(bytes) };
  return { type: 'recorder', ruleId: truth.rule, direction, ...lengths, ...expectedPacket(truth, printed) };
}

/** The truth of these holds nothing but their type. */
export function expectedTranslation(printed: Printed): Fields {
  const [, phase, cgroupId, socketCookie, ip, port, protocol] =
    /\[(pre|post)-xlate-fwd\] cgroup_id: (\d+) sock_cookie: (\d+), dst \[(.*)\]:(\d+) (\w+)/.exec(printed.text) ?? [];
  const end = { ip, port: Number(port), service: null };
  return {
    type: 'nat',
    phase,
    translation: 'forward',
    cgroupId: Number(cgroupId),
    socketCookie,
    protocol: protocol?.toUpperCase(),
    from: phase === 'pre' ? end : null,
    to: phase === 'pre' ? null : end,
    hubble: null,
  };
}
