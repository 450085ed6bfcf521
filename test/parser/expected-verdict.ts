/** What a verdict's line tells, by the truth about it. */
import type { Truth } from './corpus.ts';
import { type Fields, printedFlags } from './expected-packet.ts';

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6', 132: 'SCTP' };

export function expectedVerdict(truth: Truth, line: string): Fields {
  // Before 1.13 SCTP is printed without ports; later fragments have none.
  const portless = truth.fragment === true || (truth.proto === 132 && !/\bsctp\b/.test(line));
  const sourcePort = portless ? null : (truth.src_port ?? null);
  const printedPort = portless ? null : (truth.dst_port ?? null);
  const headerPort = /, dst port (\d+), /.exec(line)?.[1];
  const hasPorts = truth.proto === 6 || truth.proto === 17 || truth.proto === 132;
  const destinationPort =
    printedPort ?? (hasPorts && headerPort !== undefined && headerPort !== '0' ? Number(headerPort) : null);
  const { src_ip: source, dst_ip: destination, icmp_type: type, icmp_code: code } = truth;
  return {
    type: 'policy-verdict',
    dialect: 'policy_name' in truth ? 'accuknox' : 'cilium',
    endpoint: truth.endpoint_id,
    direction: truth.direction,
    action: truth.action,
    audit: truth.audit,
    remoteIdentity: truth.remote_id,
    protocol: PROTOCOLS[truth.proto ?? -1] ?? String(truth.proto),
    match: truth.match_text,
    auth: truth.auth ?? null,
    ...(source === undefined || destination === undefined
      ? damagedEnds(line)
      : { source: { ip: source, port: sourcePort }, destination: { ip: destination, port: printedPort } }),
    destinationPort,
    tcpFlags: portless ? [] : printedFlags(truth),
    icmp: type === undefined ? null : { type, code },
    flow: `0x${(truth.hash ?? 0).toString(16)}`,
    policyName: truth.policy_name ?? null,
  };
}

/** Packets that were damaged on purpose: the truth tells no addresses, some versions print those that were left. */
function damagedEnds(line: string): Fields {
  const [, source, destination] = / (\d[\d.]+) -> (\d[\d.]+)\s*$/.exec(line) ?? [];
  return {
    source: source === undefined ? null : { ip: source, port: null },
    destination: destination === undefined ? null : { ip: destination, port: null },
  };
}
