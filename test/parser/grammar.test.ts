/** Lines made from the grammar of every version, those without a corpus too: each record has the fields that its line was made of. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MonitorRecord } from '../../src/model/event.ts';
import { readRecords } from './corpus.ts';

const encoder = new TextEncoder();

function read(lines: readonly string[]): MonitorRecord[] {
  const records = readRecords([encoder.encode(`${lines.join('\n')}\n`)]);
  return records.filter(({ type }) => type !== 'ignored');
}

interface Packet {
  readonly text: string;
  readonly fields: object;
}

const port = fc.nat({ max: 65_535 });
const ip = fc.constantFrom(
  ...([
    ['10.0.1.4', '192.168.255.1'],
    ['0.0.0.0', '8.8.8.8'],
    ['fd00::1', '2001:db8:1::2:3'],
  ] as const),
);
const flags = fc.subarray(['SYN', 'ACK', 'RST', 'FIN']);
const WIRE = ['FIN', 'SYN', 'RST', 'ACK'];

function withPort(address: string, number: number): string {
  return address.includes(':') ? `[${address}]:${number}` : `${address}:${number}`;
}

const tcp = fc.tuple(ip, port, port, flags).map(([[from, to], sourcePort, port, set]): Packet => {
  const source = { ip: from, port: sourcePort };
  const destination = { ip: to, port };
  return {
    text: `${withPort(from, sourcePort)} -> ${withPort(to, port)} tcp ${set.join(', ')}`,
    fields: { protocol: 'TCP', source, destination, tcpFlags: WIRE.filter((flag) => set.includes(flag)), icmp: null },
  };
});
const datagram = fc
  .tuple(ip, port, port, fc.constantFrom('udp', 'sctp'))
  .map(([[from, to], sourcePort, port, word]): Packet => {
    const source = { ip: from, port: sourcePort };
    return {
      text: `${withPort(from, sourcePort)} -> ${withPort(to, port)} ${word}`,
      fields: { protocol: word.toUpperCase(), source, destination: { ip: to, port }, tcpFlags: [], icmp: null },
    };
  });
/** 1.18 on says `icmp` before the type. */
const icmp = fc
  .tuple(fc.constantFrom('', 'icmp '), fc.constantFrom('EchoRequest', 'TimeExceeded(TTLExceeded)'))
  .map(([word, text]): Packet => {
    const [from, to] = ['10.0.1.4', '8.8.8.8'];
    const number = text === 'EchoRequest' ? 8 : 11;
    const ends = { source: { ip: from, port: null }, destination: { ip: to, port: null } };
    return {
      text: `${from} -> ${to} ${word}${text}`,
      fields: { protocol: 'ICMP', ...ends, tcpFlags: [], icmp: { text, type: number, code: 0 } },
    };
  });
const nothing = fc.constantFrom('[unknown]', '[error]').map((text): Packet => {
  return { text, fields: { protocol: null, source: null, destination: null, tcpFlags: [], icmp: null } };
});
const packet = fc.oneof(tcp, datagram, icmp, nothing);
const tunnel = fc.constantFrom(
  '',
  ' [tunnel 192.168.49.2:47511 -> 192.168.49.3:8472 vxlan]',
  ' [tunnel 1.1.1.1:1 -> 2.2.2.2:6081 geneve]',
);

const NAMES = { world: 2, host: 1, 'remote-node': 6, 'kube-apiserver': 7, unknown: 0, 'world-ipv6': 10 };
const identity = fc.oneof(
  fc.nat({ max: 0xffff_ffff }).map((number) => [String(number), number] as const),
  fc.constantFrom(...Object.entries(NAMES)),
);
const hash = fc.nat({ max: 0xffff_ffff }).map((number) => `0x${number.toString(16)}`);
const endpoint = fc.nat({ max: 65_535 });
const traceId = fc.option(fc.nat());

interface Place {
  readonly ifindex: number;
  readonly file: number;
  readonly line: number;
  readonly id: number | null;
}

describe('drops', () => {
  const reason = fc.constantFrom(
    ...([
      ['Policy denied', 133],
      ['Policy denied (L4)', 159],
      ['No tunnel/encapsulation endpoint (datapath BUG!)', 160],
      ["CT: Can't create entry from packet", 138],
      ['LB, sock cgroup: No backend entry found', 6],
      ['250', 250],
      ['A reason of tomorrow, (in parentheses)', null],
    ] as const),
  );
  const place = fc.record({ ifindex: fc.nat({ max: 9_999 }), file: fc.nat({ max: 250 }), line: port, id: traceId });
  /** What each version prints between the endpoint and the identities, and what of it a record has. */
  const VERSIONS: Readonly<Record<string, (at: Place) => readonly [text: string, fields: object]>> = {
    '1.0 to 1.10': () => [', ', { file: null, fileLine: null, interface: null, ipTraceId: null }],
    '1.11': () => [', , ', { file: null, fileLine: null, interface: null, ipTraceId: null }],
    '1.12': ({ line }) => [`, file bpf_lxc.c line ${line}, , `, { file: 'bpf_lxc.c', fileLine: line, interface: null }],
    '1.12, a file without a name': ({ line }) => [`, file unknown line ${line}, , `, { file: null, fileLine: line }],
    '1.13': ({ ifindex, file, line }) => [
      `, ifindex ${ifindex}, file ${file}:${line}, , `,
      { file: String(file), fileLine: line, interface: String(ifindex) },
    ],
    '1.14': ({ ifindex, file, line }) => [
      `, ifindex ${ifindex}, file <unknown-id-${file}>:${line}, , `,
      { file: String(file), fileLine: line, interface: String(ifindex) },
    ],
    '1.15 to 1.18': ({ ifindex, line }) => [
      `, ifindex ${ifindex}, file nodeport.h:${line}, , `,
      { file: 'nodeport.h', fileLine: line, interface: String(ifindex) },
    ],
    '1.19': ({ ifindex, file, line, id }) => [
      `, ifindex ${ifindex}, file unknown(${file}):${line}, ${id === null ? '' : ` [ ip-trace-id = ${id} ]`}, `,
      { file: String(file), fileLine: line, interface: String(ifindex), ipTraceId: id },
    ],
  };

  test.each(Object.entries(VERSIONS))('%s', (version, print) => {
    const extended =
      version.startsWith('1.0') || version === '1.11' ? fc.constant(0) : fc.integer({ min: -128, max: 127 });
    const ends = fc.tuple(identity, identity, packet, tunnel);
    fc.assert(
      fc.property(reason, extended, hash, endpoint, place, ends, ([word, code], error, flow, to, at, rest) => {
        const [[fromText, from], [toText, towards], { text, fields }, around] = rest;
        const [middle, told] = print(at);
        const printed = error === 0 ? word : `${word}, ${error}`;
        const line = `xx drop (${printed}) flow ${flow} to endpoint ${to}${middle}identity ${fromText}->${toText}: ${text}${around}`;
        expect(read([line])).toMatchObject([
          {
            ...{ type: 'drop', reason: word, reasonCode: code, flow, endpoint: to, ...fields, ...told },
            ...{ sourceIdentity: from, destinationIdentity: towards },
            ...(error === 0 ? {} : { extError: error }),
          },
        ]);
      }),
    );
  });
});

describe('traces', () => {
  const point = fc.constantFrom(
    ...([
      ['-> endpoint 317', { observationPoint: 'to-endpoint', endpoint: 317, proxyPort: null }],
      ['-> proxy', { observationPoint: 'to-proxy', endpoint: null, proxyPort: null }],
      ['-> proxy port 15001', { observationPoint: 'to-proxy', endpoint: null, proxyPort: 15_001 }],
      ['-> host from', { observationPoint: 'to-host' }],
      ['<- endpoint 88', { observationPoint: 'from-endpoint', endpoint: 88, sourceEndpoint: 88 }],
      ['<- network', { observationPoint: 'from-network' }],
      ['-> crypto', { observationPoint: 'to-crypto' }],
      ['unknown trace', { observationPoint: 'unknown' }],
    ] as const),
  );
  const state = fc.constantFrom('new', 'established', 'reply', 'reopened', 'srv6-encap', 'unknown', '129');
  const original = fc.constantFrom('', ' orig-ip 0.0.0.0', ' orig-ip ::', ' orig-ip 10.96.0.10', ' orig-ip fd00::9');
  const ifname = fc.constantFrom('0', 'eth0', 'lxc1a2b3c4d5e6f', 'cilium_host', 'bond0.100', '42');

  test('of all versions', () => {
    const head = fc.tuple(point, fc.constantFrom('', ' encrypted '), hash, fc.constantFrom('', ', '), traceId);
    const tail = fc.tuple(state, ifname, original, packet, tunnel);
    fc.assert(
      fc.property(head, identity, identity, tail, (begin, [fromText, from], [toText, to], end) => {
        const [[summary, told], encrypted, flow, separator, id] = begin;
        const [word, name, originally, { text, fields }, around] = end;
        const traced = id === null ? '' : `[ ip-trace-id = ${id} ] `;
        const line = `${summary}${encrypted} flow ${flow} ${separator}identity ${fromText}->${toText} ${traced}state ${word} ifindex ${name}${originally}: ${text}${around}`;
        const address = originally.slice(' orig-ip '.length);
        expect(read([line])).toMatchObject([
          {
            ...{ type: 'trace', flow, state: word, interface: name, ipTraceId: id, encrypted: encrypted !== '' },
            ...{ sourceIdentity: from, destinationIdentity: to, ...told, ...fields },
            originalIp: ['', '0.0.0.0', '::'].includes(address) ? null : address,
          },
        ]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('dissections', () => {
  const dashes = '-'.repeat(78);
  const layers = [
    'Ethernet\t{Contents=[..14..] Payload=[..52..] SrcMAC=5e:1f:d2:3c:9b:01 DstMAC=0a:58:0a:00:00:17 EthernetType=IPv4 Length=0}',
    'IPv4\t{Contents=[..20..] Payload=[..32..] Version=4 IHL=5 TOS=0 Length=52 Id=1234 Flags=DF FragOffset=0 TTL=63 Protocol=TCP Checksum=0 SrcIP=10.0.1.4 DstIP=8.8.8.8 Options=[] Padding=[]}',
    'TCP\t{Contents=[..20..] Payload=[..12..] SrcPort=45220 DstPort=443(https) Seq=1 Ack=0 DataOffset=5 FIN=false SYN=true RST=false PSH=false ACK=true URG=false Options=[] Padding=[]}',
  ];
  const fields = {
    protocol: 'TCP',
    source: { ip: '10.0.1.4', port: 45_220 },
    destination: { ip: '8.8.8.8', port: 443 },
    tcpFlags: ['SYN', 'ACK'],
  };
  const separator = fc.constantFrom(', ', '', ', , ');
  const isFirst = fc.boolean();

  test('drops and traces, their heads before or after the layers', () => {
    fc.assert(
      fc.property(
        separator,
        identity,
        identity,
        endpoint,
        isFirst,
        (glue, [fromText, from], [toText, to], id, first) => {
          const drop = `CPU 03: MARK 0x5eed FROM ${id} DROP: 66 bytes, reason Policy denied${glue}identity ${fromText}->${toText}, to endpoint 317`;
          const trace = `CPU 128: MARK 0x0 FROM ${id} to-stack: 66 bytes (66 captured), state reply, interface eth0${glue}identity ${fromText}->${toText}, orig-ip 10.96.0.10`;
          const lines = [drop, trace].flatMap((head) => [dashes, ...(first ? [head, ...layers] : [...layers, head])]);
          const told = {
            sourceIdentity: from,
            destinationIdentity: to,
            sourceEndpoint: id === 0 ? null : id,
            ...fields,
          };
          expect(read(lines)).toMatchObject([
            { type: 'drop', reason: 'Policy denied', endpoint: 317, flow: '0x5eed', ...told },
            { type: 'trace', observationPoint: 'to-stack', state: 'reply', originalIp: '10.96.0.10', ...told },
          ]);
        },
      ),
    );
  });

  test('a block whose dashes are missing keeps its head and claims no packet', () => {
    const head = 'CPU 03: MARK 0x5eed FROM 1 DROP: 66 bytes, reason Policy denied, identity 1->2';
    expect(read([...layers, head, ...layers])).toMatchObject([{ type: 'drop', protocol: null, source: null }]);
  });
});

describe('requests', () => {
  const ends =
    'from 1042 ([k8s:app=a k8s:io.kubernetes.pod.namespace=shop]) to 0 ([reserved:world]), identity 41823->2, verdict';

  test.each([
    ['stock', '', { audit: null, policyName: null }],
    ['patched', ' auditMode:true PolicyName l7-rules', { audit: true, policyName: 'l7-rules' }],
    ['patched otherwise', ', auditMode false, policyName l7-rules', { audit: false, policyName: 'l7-rules' }],
    ['a name with blanks', ' auditMode:true PolicyName GET http://a/ => 200', { policyName: 'GET http://a/ => 200' }],
    ['an empty name', ' auditMode:false PolicyName ', { audit: false, policyName: '' }],
  ])('%s', (_, patch, fields) => {
    const line = `-> Request http ${ends} Denied${patch} POST http://b.shop:8080/x?y=%20 => 403`;
    const l7 = { protocol: 'http', method: 'POST', url: 'http://b.shop:8080/x?y=%20', status: 403 };
    const source = { sourceEndpoint: 1042, sourceIdentity: 41_823, destinationIdentity: 2, destinationEndpoint: 0 };
    expect(read([line])).toMatchObject([
      { type: 'l7', direction: 'egress', verdict: 'Denied', l7, ...source, ...fields },
    ]);
  });

  test.each([
    ['1.11 and older', 'to 1042 ([k8s:app=a]) from 0 ([reserved:world])'],
    ['1.12 and newer', 'to 0 ([reserved:world]) from 1042 ([k8s:app=a])'],
  ])('the sides of a response, %s', (_, sides) => {
    const line = `-> Response http ${sides}, identity 41823->2, verdict Forwarded GET http://b/ => 200`;
    const labels = { sourceLabels: ['k8s:app=a'], destinationLabels: ['reserved:world'] };
    expect(read([line])).toMatchObject([{ sourceEndpoint: 1042, destinationEndpoint: 0, ...labels }]);
  });
});
