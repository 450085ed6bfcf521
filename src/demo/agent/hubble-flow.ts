/** Events of the datapath as an agent's Hubble makes flows of them: with names, and with the gaps that each version has. */
import type { DemoEvent, DropEvent, L7Event, Packet, PolicyVerdictEvent, TraceEvent } from '../datapath/event.ts';
import type { PolicyOrigin } from '../datapath/rule.ts';
import { originLabels, type World } from '../datapath/world.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The type's number in a flow (Cilium pkg/monitor/api/types.go). */
const TYPES = { 'policy-verdict': 5, drop: 1, trace: 4, l7: 129 } as const;
const MATCHES = ['none', 'L3-Only', 'L3-L4', 'L4-Only', 'all', 'L3-Proto', 'Proto-Only'];
const VERDICTS = { allow: 'FORWARDED', deny: 'DROPPED', audit: 'AUDIT', redirect: 'REDIRECTED' } as const;
const DROP_NAMES = { 133: 'POLICY_DENIED', 181: 'POLICY_DENY' } as const;
const ICMP_ECHO = 8;

/** A field that is zero is not there, as in protobuf's JSON. */
function nonZero(name: string, value: number): Fields {
  return value === 0 ? {} : { [name]: value };
}

export function flowOf(event: DemoEvent, node: string, world: World): Fields | null {
  switch (event.type) {
    case 'policy-verdict':
      return verdictFlow(event, node, world);
    case 'drop':
      return dropFlow(event, node, world);
    case 'trace':
      return traceFlow(event, node, world);
    case 'l7':
      return l7Flow(event, world);
    default:
      return null;
  }
}

function verdictFlow(event: PolicyVerdictEvent, node: string, world: World): Fields {
  const { version } = world;
  const { action, match, direction, origins = [] } = event;
  const refused = action === 'deny';
  const code = match === 'none' ? 133 : 181;
  const patched = version.dialect === 'accuknox';
  const audited = action === 'audit';
  const verdict =
    action === 'redirect' && !version.since(11) ? 'FORWARDED' : VERDICTS[patched && audited ? 'allow' : action];
  return {
    verdict,
    ...(refused ? { drop_reason: code } : {}),
    ...packetFields(event.packet),
    ...endFields(event.packet, node, world),
    Type: 'L3_L4',
    event_type: { type: TYPES['policy-verdict'] },
    traffic_direction: direction.toUpperCase(),
    // The patched datapath reports no other match than these two.
    ...nonZero('policy_match_type', match === 'none' ? 0 : patched ? 4 : MATCHES.indexOf(match)),
    ...(refused ? { drop_reason_desc: DROP_NAMES[code] } : { is_reply: false }),
    ...(patched ? { policy_name: event.policyName, ...(audited ? { audit_mode: true } : {}) } : {}),
    ...(isCorrelated(event, world)
      ? namesField(`${direction}_${refused ? 'denied' : 'allowed'}_by`, origins, world)
      : {}),
  };
}

/** Cilium pkg/policy/correlation: no audit, no default deny, no port range, and before 1.17 less still. */
function isCorrelated({ action, match, isRange = false }: PolicyVerdictEvent, { version }: World): boolean {
  if (!version.since(15) || action === 'audit' || match === 'none' || isRange) return false;
  if (action === 'deny' && !version.since(16)) return false;
  return version.since(17) || match !== 'L4-Only';
}

/** Before 1.17 without the kind, and clusterwide policies with nothing but their labels. */
function namesField(field: string, origins: readonly PolicyOrigin[], world: World): Fields {
  const { version } = world;
  if (origins.length === 0) return {};
  const named = origins.map(({ kind, namespace, name, ...origin }) => ({
    ...(namespace !== null || version.since(17) ? { name } : {}),
    ...(namespace === null ? {} : { namespace }),
    labels: originLabels({ kind, namespace, name, ...origin }),
    revision: String(world.revision()),
    ...(version.since(17) ? { kind } : {}),
  }));
  return { [field]: named };
}

function dropFlow(event: DropEvent, node: string, world: World): Fields {
  return {
    verdict: 'DROPPED',
    drop_reason: event.reason,
    ...packetFields(event.packet),
    ...endFields(event.packet, node, world),
    Type: 'L3_L4',
    event_type: { type: TYPES.drop, sub_type: event.reason },
    traffic_direction: world.endpointAt(event.packet.source.ip)?.id === event.source ? 'EGRESS' : 'INGRESS',
    ...(world.version.since(12) ? { file: { name: 'bpf_lxc.c', line: 2086 } } : {}),
    drop_reason_desc: DROP_NAMES[event.reason],
  };
}

function traceFlow(event: TraceEvent, node: string, world: World): Fields {
  return {
    verdict: 'FORWARDED',
    ...packetFields(event.packet),
    ...endFields(event.packet, node, world),
    Type: 'L3_L4',
    event_type: { type: TYPES.trace },
    traffic_direction: 'INGRESS',
    trace_observation_point: 'TO_ENDPOINT',
    trace_reason: event.state.toUpperCase(),
    is_reply: event.state === 'reply',
  };
}

function l7Flow(event: L7Event, world: World): Fields {
  const end = ({ endpoint, identity, labels }: L7Event['from']) => {
    const owner = world.endpoints().find((one) => one.id === endpoint && one.identity === identity);
    const pod = owner?.pod ?? null;
    return { ID: endpoint, identity, labels, ...(pod === null ? {} : { namespace: owner?.namespace, pod_name: pod }) };
  };
  return {
    verdict: event.verdict === 'Denied' ? 'DROPPED' : 'FORWARDED',
    source: end(event.from),
    destination: end(event.to),
    Type: 'L7',
    event_type: { type: TYPES.l7 },
    traffic_direction: event.direction.toUpperCase(),
    l7: {
      type: event.flow.toUpperCase(),
      http: { ...nonZero('code', event.code), method: event.method, url: event.url, protocol: 'HTTP/1.1' },
    },
  };
}

function packetFields({ protocol, source, destination, flags }: Packet): Fields {
  const ports = { source_port: source.port, destination_port: destination.port };
  const set = Object.fromEntries(flags.split(', ').flatMap((flag) => (flag === '' ? [] : [[flag, true]])));
  const l4 =
    protocol === 'ICMP'
      ? { ICMPv4: { type: ICMP_ECHO } }
      : protocol === 'TCP'
        ? { TCP: { ...ports, ...(flags === '' ? {} : { flags: set }) } }
        : { UDP: ports };
  const Summary = protocol === 'TCP' ? `TCP Flags: ${flags}` : protocol === 'UDP' ? 'UDP' : 'ICMPv4 EchoRequest';
  return { IP: { source: source.ip, destination: destination.ip, ipVersion: 'IPv4' }, l4, Summary };
}

function endFields({ source, destination }: Packet, node: string, world: World): Fields {
  return { source: endOf(source.ip, node, world), destination: endOf(destination.ip, node, world) };
}

/** The endpoint's id only where it is on the node; pods and workloads everywhere. */
function endOf(ip: string, node: string, world: World): Fields {
  const { identity, labels } = world.identityOf(ip, node);
  const owner = world.endpointAt(ip);
  const pod = owner?.pod ?? null;
  const workload = pod === null ? null : (/^(.+)-[0-9a-f]+-[a-z0-9]{5}$/.exec(pod)?.[1] ?? null);
  return {
    ...(owner?.node === node ? { ID: owner.id } : {}),
    identity,
    ...(pod === null ? {} : { cluster_name: 'lab', namespace: owner?.namespace }),
    labels,
    ...(pod === null ? {} : { pod_name: pod }),
    ...(workload === null ? {} : { workloads: [{ name: workload, kind: 'Deployment' }] }),
  };
}
