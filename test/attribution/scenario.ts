/** Reads one captured scenario: the state of each endpoint, the policies that were applied, and what Hubble said of each verdict. */
import { readdirSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { EndpointState } from '../../src/attribution/attribute.ts';
import { policiesOfEndpoint } from '../../src/attribution/isolation.ts';
import { readPolicyObject } from '../../src/attribution/policy-object.ts';
import { readRealizedPolicies } from '../../src/attribution/realized-policy.ts';
import { readSelectors } from '../../src/attribution/selectors.ts';
import type { Action, MatchType, Verdict } from '../../src/model/event.ts';
import { verdictOf } from './verdict.ts';

const ROOT = new URL('../../fixtures/captures/scenarios/', import.meta.url);
const MATCHES: readonly MatchType[] = ['none', 'L3-Only', 'L3-L4', 'L4-Only', 'all', 'L3-Proto', 'Proto-Only'];
const ACTIONS: ReadonlyMap<string, Action> = new Map([
  ['FORWARDED', 'allow'],
  ['DROPPED', 'deny'],
  ['AUDIT', 'audit'],
  ['REDIRECTED', 'redirect'],
]);

const names = v.optional(
  v.array(v.object({ kind: v.optional(v.string()), namespace: v.optional(v.string()), name: v.optional(v.string()) })),
  [],
);
const end = v.object({ ID: v.optional(v.number(), 0), identity: v.number() });
const port = v.object({ source_port: v.number(), destination_port: v.number() });
const flowSchema = v.object({
  flow: v.object({
    verdict: v.string(),
    event_type: v.object({ type: v.number() }),
    traffic_direction: v.string(),
    policy_match_type: v.optional(v.number(), 0),
    drop_reason_desc: v.optional(v.string()),
    source: end,
    destination: end,
    IP: v.object({ source: v.string(), destination: v.string() }),
    l4: v.object({
      TCP: v.optional(port),
      UDP: v.optional(port),
      ICMPv4: v.optional(v.object({ type: v.optional(v.number(), 0) })),
    }),
    ingress_allowed_by: names,
    egress_allowed_by: names,
    ingress_denied_by: names,
    egress_denied_by: names,
  }),
});

interface Observed {
  readonly verdict: Verdict;
  /** `kind/namespace/name`, as Hubble has them. */
  readonly named: readonly string[];
}

export interface Scenario {
  readonly states: ReadonlyMap<number, EndpointState>;
  readonly observed: readonly Observed[];
  /** The verdicts that `monitor` printed over the same seconds. */
  readonly monitored: readonly Verdict[];
}

export function scenarioNames(): string[] {
  return readdirSync(ROOT).sort();
}

export function readScenario(name: string, node: string): Scenario {
  const read = (file: string) => readFileSync(new URL(`${name}/${file}`, ROOT), 'utf8');
  const selectors = readSelectors(read(`${node}--policy_selectors.json`));
  const endpoints = readRealizedPolicies(read(`${node}--endpoint_list.json`));
  if (selectors === null || endpoints === null) throw new Error(`${name} of ${node} is not readable`);
  const list = v.parse(
    v.pipe(v.string(), v.parseJson(), v.object({ items: v.array(v.unknown()) })),
    read('policies.json'),
  );
  const policies = list.items.flatMap((item) => readPolicyObject(item) ?? []);
  const states = endpoints.map((endpoint): [number, EndpointState] => [
    endpoint.endpoint,
    { endpoint, selectors, policies: policiesOfEndpoint(policies, endpoint) },
  ]);
  const observed = read(`${node}--hubble.stdout`)
    .split('\n')
    .flatMap((line) => observedOf(line) ?? []);
  const monitored = read(`${node}--monitor.stdout`)
    .split('\n')
    .flatMap((line) => monitoredOf(line) ?? []);
  return { states: new Map(states), observed, monitored };
}

const LINE =
  /^Policy verdict log: .* local EP ID (\d+), remote ID ([\w-]+), proto (\d+), (ingress|egress), action (\w+), auth: disabled, match ([\w-]+), \S+ -> (\S+) (\w+) ?(\w*)/;
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ['host', 1],
  ['world', 2],
  ['remote-node', 6],
]);
const PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ['6', 'TCP'],
  ['17', 'UDP'],
  ['1', 'ICMP'],
]);

/** As much of the line as attribution needs; the parser's own tests read the rest. */
function monitoredOf(line: string): Verdict | null {
  const [, endpoint, remote = '', proto = '', direction, action, match, destination = '', , type] =
    LINE.exec(line) ?? [];
  if (endpoint === undefined) {
    if (line.startsWith('Policy verdict log')) throw new Error(line);
    return null;
  }
  const port = Number(/:(\d+)$/.exec(destination)?.[1] ?? Number.NaN);
  return verdictOf({
    endpoint: Number(endpoint),
    direction: direction === 'egress' ? 'egress' : 'ingress',
    action: [...ACTIONS.values()].find((known) => known === action) ?? 'allow',
    audit: action === 'audit',
    remoteIdentity: NUMBERS.get(remote) ?? Number(remote),
    protocol: PROTOCOLS.get(proto) ?? proto,
    match: MATCHES.find((known) => known === match) ?? 'unknown',
    destinationPort: Number.isNaN(port) ? null : port,
    icmp: type === 'EchoRequest' ? { text: type, type: 8, code: 0 } : null,
  });
}

function observedOf(line: string): Observed | null {
  const read = v.safeParse(v.pipe(v.string(), v.parseJson(), flowSchema), line);
  if (!read.success || read.output.flow.event_type.type !== 5) return null;
  const { flow } = read.output;
  const isIngress = flow.traffic_direction === 'INGRESS';
  const l4 = flow.l4.TCP ?? flow.l4.UDP;
  const type = flow.l4.ICMPv4?.type ?? null;
  const named = [
    ...flow.ingress_allowed_by,
    ...flow.egress_allowed_by,
    ...flow.ingress_denied_by,
    ...flow.egress_denied_by,
  ];
  return {
    verdict: verdictOf({
      endpoint: isIngress ? flow.destination.ID : flow.source.ID,
      direction: isIngress ? 'ingress' : 'egress',
      action: ACTIONS.get(flow.verdict) ?? 'allow',
      audit: flow.verdict === 'AUDIT',
      remoteIdentity: isIngress ? flow.source.identity : flow.destination.identity,
      protocol: flow.l4.TCP ? 'TCP' : flow.l4.UDP ? 'UDP' : 'ICMP',
      match: MATCHES[flow.policy_match_type] ?? 'unknown',
      source: { ip: flow.IP.source, port: l4?.source_port ?? null },
      destination: { ip: flow.IP.destination, port: l4?.destination_port ?? null },
      destinationPort: l4?.destination_port ?? null,
      icmp: type === null ? null : { text: `type ${type}`, type, code: 0 },
    }),
    named: named
      .filter((policy) => policy.name !== undefined)
      .map((policy) => `${policy.kind ?? ''}/${policy.namespace ?? ''}/${policy.name ?? ''}`),
  };
}
