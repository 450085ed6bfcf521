/** Single lines: those of manuals and rare variants as verdicts, and what each other line is taken for. */
import { describe, expect, test } from 'vitest';
import type { MonitorRecord, Verdict } from '../../src/model/event.ts';
import { readRecords } from './corpus.ts';

function readLine(line: string): MonitorRecord | undefined {
  const records = readRecords([new TextEncoder().encode(`${line}\n`)]);
  expect(records.length).toBe(1);
  return records[0];
}

const PATCHED = 'Policy verdict log: flow 0x0, PolicyName rule1, local EP ID 262, remote ID 3884, proto 6, ingress';
const STOCK = 'Policy verdict log: flow 0x0 local EP ID 262, remote ID world, proto 6, egress';
const ENDS = '10.0.0.1:40000 -> 10.0.0.2:80 tcp SYN';

const VERDICTS: readonly (readonly [name: string, line: string, fields: Partial<Verdict>])[] = [
  [
    "the guide's allowed connection, its addresses taken out",
    `${PATCHED}, action ALLOW auditMode:false, match all, -> tcp SYN`,
    {
      policyName: 'rule1',
      action: 'allow',
      audit: false,
      source: null,
      destinationPort: null,
      flowKey: 0,
      tcpFlags: ['SYN'],
    },
  ],
  [
    "the guide's refused connection with its second comma",
    'Policy verdict log: flow 0x0, PolicyName implicit-default-deny,, local EP ID 262, remote ID 30448, proto 6, ingress, action DENY auditMode:true, match all, -> tcp SYN',
    { policyName: 'implicit-default-deny', action: 'deny', audit: true, remoteIdentity: 30448, dialect: 'accuknox' },
  ],
  ['an older patched allow', `${PATCHED}, action audit(allow), match all, ${ENDS}`, { action: 'allow', audit: true }],
  ['an older patched deny', `${PATCHED}, action audit(deny), match all, ${ENDS}`, { action: 'deny', audit: true }],
  [
    'an older patched redirect',
    `${PATCHED}, action redirect, match all, ${ENDS}`,
    { action: 'redirect', audit: false },
  ],
  [
    'no name',
    `${PATCHED.replace(', PolicyName rule1', '')}, action ALLOW auditMode:false, match all, ${ENDS}`,
    { policyName: null, dialect: 'accuknox' },
  ],
  [
    'an empty name',
    `${PATCHED.replace('rule1', '')}, action ALLOW auditMode:false, match all, ${ENDS}`,
    { policyName: '' },
  ],
  [
    'a name with the words of the grammar',
    `${PATCHED.replace('rule1', 'a, local EP ID 7, remote ID 9, proto 6, ingress')}, action ALLOW auditMode:false, match all, ${ENDS}`,
    { policyName: 'a, local EP ID 7, remote ID 9, proto 6, ingress', endpoint: 262 },
  ],
  [
    'audit',
    `${STOCK}, action audit, auth: disabled, match none, ${ENDS}`,
    { action: 'audit', audit: true, auth: 'disabled' },
  ],
  [
    'an authentication that is newer',
    `${STOCK}, action deny, auth: Unknown-auth-type-9, match all, ${ENDS}`,
    { auth: 'Unknown-auth-type-9' },
  ],
  [
    '1.8',
    'Policy verdict log: flow 0x1f local EP ID 1, remote ID 2, dst port 53, proto 17, ingress false, action allow, match L4-Only, 10.0.0.1:4 -> 10.0.0.2:53 udp',
    { direction: 'egress', destinationPort: 53, remoteIdentity: 2, flow: '0x1f', protocol: 'UDP' },
  ],
  [
    'before 1.8',
    `Policy verdict log: flow 0x0 local EP ID 1, remote ID 2, ingress true, action allow, match all, ${ENDS}`,
    { direction: 'ingress', protocol: 'TCP', destinationPort: 80 },
  ],
  [
    'a packet nobody could read',
    `${STOCK}, action allow, match all, [error]`,
    { source: null, flowKey: 0, protocol: 'TCP' },
  ],
  [
    'a reserved identity with its prefix',
    `${STOCK.replace('world', 'reserved:world')}, action allow, match all, ${ENDS}`,
    { remoteIdentity: 2 },
  ],
  [
    'a reserved name that this version does not print as such',
    `${STOCK.replace('world', 'encrypted-overlay')}, action allow, match all, ${ENDS}`,
    { remoteIdentity: 11 },
  ],
  [
    'an ICMP code without a name',
    `${STOCK.replace('proto 6', 'proto 1')}, action allow, match all, 10.0.0.1 -> 10.0.0.2 icmp EchoRequest(Code: 3)`,
    { protocol: 'ICMP', icmp: { text: 'EchoRequest(Code: 3)', type: 8, code: 3 }, destinationPort: null },
  ],
  [
    'IGMP',
    `${STOCK.replace('proto 6', 'proto 2')}, action allow, match all, 10.0.0.1 -> 224.0.0.22 igmp 34 224.0.0.22`,
    { protocol: '2', destination: { ip: '224.0.0.22', port: null } },
  ],
  [
    'all of an IPv6 address',
    `${STOCK}, action allow, match all, [::]:1 -> [2001:db8:1:2:3:4:5:6]:65535 tcp `,
    { source: { ip: '::', port: 1 }, destination: { ip: '2001:db8:1:2:3:4:5:6', port: 65535 }, tcpFlags: [] },
  ],
];

describe('verdicts', () => {
  test.each(VERDICTS)('%s', (_, line, fields) => {
    expect(readLine(line)).toMatchObject({ type: 'policy-verdict', ...fields });
  });

  test.each([
    ['colours', `\u001b[32m${STOCK}\u001b[0m, action allow, match all, ${ENDS}\u001b[K`],
    ['kubectl logs --timestamps', `2026-11-22T18:42:16.177543667Z ${STOCK}, action allow, match all, ${ENDS}`],
    ['kubectl logs --prefix', `[pod/cilium-abcde/cilium-agent] ${STOCK}, action allow, match all, ${ENDS}`],
    ['stern', `cilium-abcde cilium-agent ${STOCK}, action allow, match all, ${ENDS}`],
    ['stern -A', `kube-system cilium-abcde cilium-agent ${STOCK}, action allow, match all, ${ENDS}`],
    ['the container runtime', `2026-11-22T18:42:16.177543667Z stdout F ${STOCK}, action allow, match all, ${ENDS}`],
    ['a byte order mark', `\ufeff${STOCK}, action allow, match all, ${ENDS}`],
    ['indentation and a carriage return', `\t ${STOCK}, action allow, match all, ${ENDS}\r`],
  ])('under %s', (_, line) => {
    expect(readLine(line)).toMatchObject({ type: 'policy-verdict', endpoint: 262, destinationPort: 80 });
  });

  test('the key of a flow is the same for the same packet ends only', () => {
    const keyOf = (line: string): number => {
      const record = readLine(line);
      return record?.type === 'policy-verdict' ? record.flowKey : Number.NaN;
    };
    const key = keyOf(`${STOCK}, action allow, match all, ${ENDS}`);
    expect(key).toBe(keyOf(`${PATCHED}, action DENY auditMode:false, match none, ${ENDS}, ACK`));
    expect(key).toBeGreaterThan(0);
    expect(key).toBeLessThan(2 ** 52);
    const others = ['10.0.0.1:40001 -> 10.0.0.2:80', '10.0.0.1:40000 -> 10.0.0.2:81', '10.0.0.2:40000 -> 10.0.0.1:80'];
    const keys = others.map((ends) => keyOf(`${STOCK}, action allow, match all, ${ends} tcp SYN`));
    expect(new Set([key, ...keys]).size).toBe(4);
  });
});

describe('verdict lines that are not believed', () => {
  test.each([
    ['an octet beyond 255', `${STOCK}, action allow, match all, 10.0.0.256:1 -> 10.0.0.2:80 tcp SYN`],
    ['a port beyond 65535', `${STOCK}, action allow, match all, 10.0.0.1:1 -> 10.0.0.2:65536 tcp SYN`],
    ['two gaps in an IPv6 address', `${STOCK}, action allow, match all, [fd00::1::2]:1 -> [fd00::1]:80 tcp SYN`],
    ['families mixed', `${STOCK}, action allow, match all, 10.0.0.1:1 -> [fd00::1]:80 tcp SYN`],
    ['another protocol than its number', `${STOCK}, action allow, match all, 10.0.0.1:1 -> 10.0.0.2:80 udp`],
    ['flags out of order', `${STOCK}, action allow, match all, 10.0.0.1:1 -> 10.0.0.2:80 tcp ACK, SYN`],
    ['something behind the flags', `${STOCK}, action allow, match all, ${ENDS} x`],
    ['an unknown word', `${STOCK}, action permit, match all, ${ENDS}`],
    ["the patched action in stock Cilium's line", `${STOCK}, action ALLOW auditMode:false, match all, ${ENDS}`],
    ['an endpoint beyond 16 bits', `${STOCK.replace('262', '65536')}, action allow, match all, ${ENDS}`],
    ['an unknown identity name', `${STOCK.replace('world', 'wrld')}, action allow, match all, ${ENDS}`],
    [
      'two lines run together in a name',
      `${PATCHED.slice(0, 44)}${PATCHED}, action ALLOW auditMode:false, match all, ${ENDS}`,
    ],
    ['a foreign beginning', `xyz${STOCK}, action allow, match all, ${ENDS}`],
  ])('%s', (_, line) => {
    expect(readLine(line)?.type).toBe('unparsed');
  });
});

describe('other lines', () => {
  test.each([
    ['Defaulted container "cilium-agent" out of: cilium-agent, config (init)', 'log'],
    ['command terminated with exit code 137', 'log'],
    ['time=2026-11-22T18:47:15.5Z level=warn msg="connection closed" subsys=cilium-dbg error=EOF', 'log'],
    [
      'time=2026-11-22T19:05:01.853Z level=WARN msg="Hubble CLI version is lower than Hubble Server, API compatibility is not guaranteed, updating to a matching or higher version is recommended" hubble-cli-version=1.18.3 hubble-server-version=1.19.0-dev+ge8aa78a5e4',
      'log',
    ],
    ['Error while creating client:  could not connect', 'log'],
    [
      'time=2026-11-22T18:47:15.5Z level=info source=/go/src/monitor.go:12 msg="Initializing dissection cache..."',
      'log',
    ],
    ['panic: runtime error: invalid memory address or nil pointer dereference', 'log'],
    ['[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1d2f4a5]', 'log'],
    ['\t/go/src/github.com/cilium/cilium/pkg/monitor/logrecord.go:74 +0x5f', 'log'],
    ['+ cilium-abcde › cilium-agent', 'log'],
    ['xx drop (Policy denied) flow 0x0 to endpoint 0, identity 1->2: 10.0.0.1 -> 10.0.0.', 'truncated'],
    ['{"type":"trace","cpu":"CPU 01:"}', 'other-record'],
    ['{"type":"logRecord","verdict":"Denied"}', 'other-record'],
    ['{"flow":{"verdict":"FORWARDED"},"node_name":"n1"}', 'other-record'],
    ['{"flow":{"verdict":"FORW', 'truncated'],
    ['   ', 'blank'],
    ['\u001b[0m', 'blank'],
  ])('%s', (line, reason) => {
    expect(readLine(line)).toMatchObject({ reason });
  });

  test.each([
    'time=2026-11-22T19:22:46.758655074Z level=warn msg="connection closed" subsys=cilium-dbg error=EOF',
    'time="2026-11-22T19:22:46Z" level=warning msg="connection closed" error=EOF',
    'rpc error: code = Unavailable desc = error reading from server: EOF',
  ])('%s tells that the agent has gone', (line) => {
    expect(readLine(line)).toEqual({ type: 'ignored', reason: 'log', agentGone: true });
  });

  test.each([
    ['CPU 01: Lost 9379 events', { events: 9379, where: 'kernel-ring', cpu: 1 }],
    [
      'CPU 00: Lost 18446744073709551615 events',
      { events: 2 ** 64, exactEvents: '18446744073709551615', where: 'kernel-ring', cpu: 0 },
    ],
    ['CPU 128: Lost 1 events', { events: 1, where: 'kernel-ring', cpu: 128 }],
    [
      '{"lost_events":{"source":"OBSERVER_EVENTS_QUEUE","num_events_lost":"492","cpu":0}}',
      { events: 492, where: 'hubble-queue', cpu: 0 },
    ],
    ['{"lost_events":{"source":"HUBBLE_RING_BUFFER","num_events_lost":"2"}}', { events: 2, where: 'hubble-ring' }],
    ['{"lost_events":{"source":"HUBBLE_RING_BUFFER","num_events_lost":-2}}', { events: 0, where: 'hubble-ring' }],
    [
      '{"lost_events":{"source":"PERF_EVENT_RING_BUFFER","num_events_lost":"18446744073709551615"}}',
      { events: Number('18446744073709551615'), exactEvents: '18446744073709551615', where: 'kernel-ring' },
    ],
  ])('%s', (line, fields) => {
    expect(readLine(line)).toEqual({ type: 'lost', cpu: null, ...fields });
  });

  test.each([
    ['>> Policy updated: {"labels":["a"],"revision":2}', 'Policy updated', '{"labels":["a"],"revision":2}'],
    ['>> Endpoint regenerated: plain text of 1.0', 'Endpoint regenerated', 'plain text of 1.0'],
    ['>> 9: {"id":1}', '9', '{"id":1}'],
    ['{"type":"agent","subtype":"Policy deleted","message":{"revision":3}}', 'Policy deleted', '{"revision":3}'],
  ])('%s', (line, notice, text) => {
    expect(readLine(line)).toEqual({ type: 'agent', notice, text });
  });
});

describe('a dialect that is told', () => {
  const l7 =
    '<- Request http from 1042 ([k8s:app=a]) to 317 ([k8s:app=b]), identity 41823->28911, verdict Denied auditMode:true PolicyName l7-rules GET http://b/ => 403';
  const patched = `${PATCHED}, action DENY auditMode:false, match none, ${ENDS}`;
  const unnamed = patched.replace(/, PolicyName [^,]*,/, ',');
  const stock = `${STOCK}, action allow, match all, ${ENDS}`;

  test.each([
    ['accuknox', stock, 'other-dialect'],
    ['accuknox', patched, 'policy-verdict'],
    ['accuknox', unnamed, 'policy-verdict'],
    ['accuknox', l7, 'l7'],
    ['cilium', stock, 'policy-verdict'],
    ['cilium', patched, 'other-dialect'],
    ['cilium', unnamed, 'other-dialect'],
    ['cilium', l7, 'other-dialect'],
    ['cilium', stock.slice(0, -2), 'truncated'],
    ['accuknox', stock.slice(0, -2), 'truncated'],
    [null, stock, 'policy-verdict'],
    [null, patched, 'policy-verdict'],
    [null, unnamed, 'policy-verdict'],
    [null, l7, 'l7'],
  ] as const)('%s: %s', (dialect, line, kind) => {
    const [record] = readRecords([new TextEncoder().encode(`${line}\n`)], { dialect });
    expect(record?.type === 'unparsed' ? record.reason : record?.type).toBe(kind);
  });
});
