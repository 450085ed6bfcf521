/** What is left of a line that was cut or ran into another: no record where anything in it cannot be whole. */
import { describe, expect, test } from 'vitest';
import type { MonitorRecord } from '../../src/model/event.ts';
import { readRecords } from './corpus.ts';

function read(...lines: readonly string[]): MonitorRecord[] {
  return readRecords([new TextEncoder().encode(`${lines.join('\n')}\n`)]).filter(({ type }) => type !== 'ignored');
}

const DROP = 'CPU 01: MARK 0x0 FROM 1042 DROP: 62 bytes, reason Policy denied, identity 41823->';
const TRACE = 'CPU 01: MARK 0x0 FROM 88 to-host: 66 bytes (66 captured), state ';
const TEXT_TRACE = '-> stack flow 0x0 , identity 2->41823 state reply ifindex 0 orig-ip';
const QUERY =
  '-> Request dns from 1042 ([k8s:app=a]) to 0 ([reserved:world]), identity 41823->2, verdict Forwarded DNS proxy: a.example. ';
const GENERIC =
  '<- Request cassandra from 1042 ([k8s:app=a]) to 317 ([k8s:app=b]), identity 41823->28911, verdict Forwarded query_action:';
const DASHES = '-'.repeat(78);

describe('refused', () => {
  test.each([
    ["a reserved identity's name", `${DROP}kube-apiserv`],
    ['a name that ends in a dash', `${DROP}remote-`],
    ['dashes after a name', `${DROP}he${DASHES}`],
    ['a state', `${TRACE}establi`],
    ['dashes after a state', `${TRACE}new${DASHES}`],
    ['dashes after a message', `CPU 02: MARK 0x5eed FROM 1042 DEBUG: Matched L4${DASHES}`],
    ['an address in the head of a block', `${TRACE}new, , identity 41823->6, orig-ip 0.0.0`],
    ['an address in a line', `${TEXT_TRACE} 10.96.0: 10.0.1.4:80 -> 8.8.8.8:53 udp`],
    ['the point of a capture', 'CPU 02: MARK 0xcafe FROM 1042 DEBUG: 66 bytes, De'],
    ['a notice that ran into another', '>> Policy updated: >> Policy deleted: {"revision":2}'],
    ['words of another program in a notice', '>> Endpoint created: {"id":3,"x":"command terminated with exit code 1"}'],
    ['a notice in JSON', '{"type":"agent","subtype":"Message","message":{"a":1}'],
    ['a capture at a proxy', 'CPU 02: MARK 0xcafe FROM 1042 DEBUG: 66 bytes, Packet to proxy port 256'],
    ['a query for two types', `${QUERY}A,A`],
    ['the words before a status', `${GENERIC}select =>`],
    ['a status', `${GENERIC}select => stat`],
    ['a status without a word', `${GENERIC}select => status:`],
    ["a capture's length", 'CPU 02: MARK 0xcafe FROM 1042 DEBUG: 66 byt'],
    [
      'where a packet goes',
      'CPU 02: MARK 0x0 FROM 2963 to-endpoint: 86 bytes (86 captured), state new, identity 5219->16',
    ],
    ['a request that ran into a capture', `${GENERIC}s-> lo: 203.0.113.77:47622 -> 10.244.1.23:80 tcp SYN`],
  ])('%s', (_, line) => {
    expect(read(line)).toMatchObject([{ type: 'unparsed', reason: 'truncated' }]);
  });

  test("an address at the open end of a trace that is the beginning of an endpoint's", () => {
    const whole =
      'Policy verdict log: flow 0x0 local EP ID 7, remote ID 2, proto 6, ingress, action allow, auth: disabled, match all, 8.8.8.8:53 -> 10.244.1.23:80 tcp SYN';
    const drop = (end: string) =>
      `xx drop (Policy denied) flow 0x0 to endpoint 0, identity 2->41823: 8.8.8.8 -> ${end}`;
    const trace = (end: string) => `${TEXT_TRACE} 0.0.0.0: 8.8.8.8 -> ${end}`;
    expect(
      read(whole, trace('10.244.1.2'), trace('10.244.1.23'), trace('10.244.1.3'), drop('10.244.1.2')),
    ).toMatchObject([
      { type: 'policy-verdict' },
      { type: 'unparsed', reason: 'truncated' },
      { type: 'trace', destination: { ip: '10.244.1.23', port: null } },
      { type: 'trace', destination: { ip: '10.244.1.3', port: null } },
      { type: 'unparsed', reason: 'truncated' },
    ]);
  });
});

describe('believed', () => {
  test.each([
    ['a name that nobody knows yet', `${DROP}other-world`, { type: 'drop', destinationIdentity: null }],
    ['a state without a name', `${TRACE}77`, { type: 'trace', state: '77' }],
    [
      'words of the grammar in whole JSON',
      '>> Endpoint created: {"labels":["k8s:a=xx drop (","CPU 03: "]}',
      { type: 'agent', notice: 'Endpoint created' },
    ],
    [
      'a loss that came with an unknown payload',
      'Unknown payload type: 7, CPU 03: Lost 9 events',
      { type: 'lost', events: 9, cpu: 3, where: 'unknown' },
    ],
    ['an unknown payload', 'Unknown payload type: 7, CPU 03: Lost 0 events', { type: 'unknown-event' }],
    [
      'VRRP, which has no ports',
      `${TEXT_TRACE} ::: 10.0.0.1 -> 224.0.0.18 vrrp VRRPv2 Advertisement 51 100`,
      { type: 'trace', protocol: '112' },
    ],
    [
      'IGMP',
      `${TEXT_TRACE} ::: 10.0.0.1 -> 224.0.0.22 igmp MembershipReportV2 239.1.1.1`,
      { type: 'trace', protocol: '2' },
    ],
    [
      'plain text that was put into JSON as it is',
      '{"type":"agent","subtype":"Message","message":hello: world}',
      { type: 'agent', notice: 'Message', text: 'hello: world' },
    ],
    [
      'an ICMP code without a name, which has a blank',
      '{"cpu":"CPU 01:","type":"drop","mark":"0x0","reason":"Policy denied","source":7,"bytes":66,"srcLabel":1,"dstLabel":2,"dstID":0,"summary":{"ipv4":"IPv4\\t{Contents=[..20..] Version=4 FragOffset=0 TTL=63 Protocol=ICMPv4 Checksum=0 SrcIP=10.0.0.1 DstIP=10.0.0.2 Options=[]}","icmpv4":"ICMPv4\\t{Contents=[..8..] TypeCode=EchoRequest(Code: 3) Checksum=0 Id=77 Seq=1}"}}',
      { type: 'drop', protocol: 'ICMP', icmp: { type: 8, code: 3 } },
    ],
    [
      'an address without a last group in JSON, which is not cut',
      '{"cpu":"CPU 02:","type":"capture","mark":"0x0","message":"Delivery to ifindex 1","prefix":"-> lo","source":7,"bytes":66,"summary":"fd00::1 -> fd00:1::"}',
      { type: 'capture', destination: { ip: 'fd00:1::', port: null } },
    ],
  ])('%s', (_, line, record) => {
    expect(read(line)).toMatchObject([record]);
  });
});

test.each([
  '2024-05-17T09:12:00.385386916Z ',
  '[pod/cilium-9qlwd/cilium-agent] ',
  'kube-system cilium-x7k2p cilium-agent ',
  '2024-05-17T09:12:00.385386916Z stdout F \r',
])('a blank line after the prefix %j is blank', (line) => {
  expect(readRecords([new TextEncoder().encode(`${line}\n`)])).toEqual([{ type: 'ignored', reason: 'blank' }]);
});
