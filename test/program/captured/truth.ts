/** What each captured scenario comes to: Hubble's own names of its flows, and by hand what Hubble does not tell. */
import * as v from 'valibot';
import { capturedStream, NODES } from './scenario.ts';

/** One verdict, as Hubble told it. */
export interface TrueVerdict {
  readonly node: string;
  readonly pod: string;
  readonly endpoint: number;
  readonly direction: 'ingress' | 'egress';
  readonly outcome: 'allowed' | 'audited' | 'denied';
  /** `CiliumNetworkPolicy/default/rule1`: those that Hubble names, or `default deny ← ` and those that isolate, or `no policy`. */
  readonly by: readonly string[];
  /** Of a default deny. */
  readonly isolatedBy: readonly string[];
  readonly isNamed: boolean;
  readonly peer: string;
  /** `80/TCP`, `ICMP`. */
  readonly port: string;
  readonly flow: string;
}

/** What isolates whom, by the policies that were applied there; Hubble names no default deny. */
const ISOLATING: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  '01-rule1': { 'deathstar ingress': ['CiliumNetworkPolicy/default/rule1'] },
  '02-ingress-deny': {},
  '03-egress': { 'tiefighter egress': ['CiliumNetworkPolicy/default/tiefighter-egress'] },
  '04-audit': { 'deathstar ingress': ['CiliumNetworkPolicy/default/rule1'] },
  '07-ccnp': { 'deathstar ingress': ['CiliumClusterwideNetworkPolicy//clusterwide-empire-only'] },
  '08-netpol': {
    'deathstar ingress': ['NetworkPolicy/default/k8s-np-empire-only'],
    'xwing egress': ['NetworkPolicy/default/k8s-np-xwing-egress'],
  },
  '10-shared-key': {
    'deathstar ingress': [
      'CiliumNetworkPolicy/default/landing-a',
      'CiliumNetworkPolicy/default/landing-any',
      'CiliumNetworkPolicy/default/landing-b',
    ],
    'tiefighter ingress': ['CiliumNetworkPolicy/default/landing-b'],
  },
  '12-no-default-deny': {},
};

/** Packets and bytes of each policy: what `bpf policy get` counted after the traffic, less what it had before. */
export const TRAFFIC: Readonly<Record<string, Readonly<Record<string, readonly [packets: number, bytes: number]>>>> = {
  // One landing: six packets from tiefighter.
  '01-rule1': { rule1: [6, 522] },
  // Everyone: 5 and 310 at node 1, 17 and 1329 at node 2; refused of xwing: 2 and 148.
  '02-ingress-deny': { 'deny-alliance': [24, 1787] },
  // Everyone: 13 and 1095; refused to deathstar: 6 and 324.
  '03-egress': { 'tiefighter-egress': [6, 522], 'xwing-egress-deny': [19, 1419] },
  '04-audit': { rule1: [6, 522] },
  '07-ccnp': { 'clusterwide-empire-only': [6, 522] },
  '08-netpol': { 'k8s-np-empire-only': [6, 522], 'k8s-np-xwing-egress': [6, 497] },
  // Of the host 6 and 499 at node 1; of three others 18 and 1541 at node 2.
  '10-shared-key': { 'landing-any': [24, 2040] },
  // The landing 6 and 522; refused of xwing at each node 1 and 44.
  '12-no-default-deny': { 'observe-only': [8, 610] },
};

/** Whose identities the numbers are; the last one is node 2's for the network of a policy. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'host',
  2: 'world',
  6: 'remote-node',
  2371: 'default/xwing',
  12530: 'default/tiefighter',
  18031: 'default/deathstar',
  16777220: 'cidr:192.0.2.0/24',
};

/** What the agent allows by itself has labels, and no name. */
const Names = v.optional(
  v.array(v.object({ kind: v.optional(v.string()), namespace: v.optional(v.string()), name: v.optional(v.string()) })),
);
const End = v.object({ ID: v.optional(v.number(), 0), identity: v.number(), pod_name: v.optional(v.string()) });
const Ports = v.object({ source_port: v.number(), destination_port: v.number() });
const Flow = v.object({
  flow: v.object({
    verdict: v.picklist(['FORWARDED', 'DROPPED', 'AUDIT']),
    event_type: v.object({ type: v.number() }),
    traffic_direction: v.picklist(['INGRESS', 'EGRESS']),
    policy_match_type: v.optional(v.number(), 0),
    source: End,
    destination: End,
    IP: v.object({ source: v.string(), destination: v.string() }),
    l4: v.object({ TCP: v.optional(Ports), UDP: v.optional(Ports) }),
    ingress_allowed_by: Names,
    egress_allowed_by: Names,
    ingress_denied_by: Names,
    egress_denied_by: Names,
  }),
});

const OUTCOMES = { FORWARDED: 'allowed', DROPPED: 'denied', AUDIT: 'audited' } as const;

function verdictOf(scenario: string, node: string, line: string): TrueVerdict {
  const { flow } = v.parse(Flow, JSON.parse(line));
  const direction = flow.traffic_direction === 'INGRESS' ? 'ingress' : 'egress';
  const [near, far] = direction === 'ingress' ? [flow.destination, flow.source] : [flow.source, flow.destination];
  const outcome = OUTCOMES[flow.verdict];
  const pod = near.pod_name ?? '';
  const isDefault = outcome !== 'allowed' && flow.policy_match_type === 0;
  const { ingress_allowed_by, egress_allowed_by, ingress_denied_by, egress_denied_by } = flow;
  const lists = [ingress_allowed_by, egress_allowed_by, ingress_denied_by, egress_denied_by];
  const named = lists
    .flatMap((list) => list ?? [])
    .flatMap(({ kind = '', namespace = '', name }) => (name === undefined ? [] : [`${kind}/${namespace}/${name}`]));
  const isolating = ISOLATING[scenario]?.[`${/^[a-z]+/.exec(pod)?.[0] ?? ''} ${direction}`] ?? [];
  const ports = flow.l4.TCP ?? flow.l4.UDP;
  const protocol = flow.l4.TCP ? 'TCP' : flow.l4.UDP ? 'UDP' : 'ICMP';
  return {
    node: `k8s-${node}`,
    pod,
    endpoint: near.ID,
    direction,
    outcome,
    by: isDefault ? [defaultDeny(isolating)] : named.length > 0 ? named.sort() : [NO_POLICY],
    isolatedBy: isDefault ? isolating : [],
    isNamed: named.length > 0,
    peer: NAMES[far.identity] ?? `identity ${far.identity}`,
    port: ports ? `${ports.destination_port}/${protocol}` : protocol,
    flow: `${protocol} ${flow.IP.source}:${ports?.source_port ?? ''} -> ${flow.IP.destination}:${ports?.destination_port ?? ''}`,
  };
}

export const NO_POLICY = 'no policy';

export function defaultDeny(isolating: readonly string[]): string {
  return `default deny ← ${[...isolating].sort().join(', ')}`;
}

/** How many lines that are none of what is asked for come with it: logs, and what the agents say of themselves. */
export function otherLines(scenario: string, source: 'monitor' | 'hubble'): number {
  const lines = NODES.flatMap((node) => capturedStream(scenario, node, 'monitor'));
  const notices = lines.filter((line) => line.startsWith('>> '));
  const logs = source === 'monitor' ? lines.filter((line) => line.startsWith('time=')) : [];
  return notices.length + logs.length;
}

/** All verdicts of both nodes. */
export function trueVerdicts(scenario: string): readonly TrueVerdict[] {
  return NODES.flatMap((node) =>
    capturedStream(scenario, node, 'hubble')
      .filter((line) => line.includes('"event_type":{"type":5'))
      .map((line) => verdictOf(scenario, node, line)),
  );
}

export interface TrueRow {
  readonly by: string;
  readonly direction: string;
  readonly isNamed: boolean;
  readonly allowed: number;
  readonly audited: number;
  readonly denied: number;
  readonly attempts: number;
  readonly shared: number;
  readonly nodes: readonly string[];
  /** `default/xwing: 1 let through, 2 denied`, in the order of their names. */
  readonly peers: readonly string[];
  readonly ports: readonly string[];
}

function countOf(verdicts: readonly TrueVerdict[], outcome: TrueVerdict['outcome']): number {
  return verdicts.filter((one) => one.outcome === outcome).length;
}

export function amount(name: string, letThrough: number, denied: number): string {
  return `${name}: ${letThrough} let through, ${denied} denied`;
}

function amounts(verdicts: readonly TrueVerdict[], field: 'peer' | 'port'): readonly string[] {
  const names = [...new Set(verdicts.map((one) => one[field]))];
  return names
    .map((name) => {
      const own = verdicts.filter((one) => one[field] === name);
      const denied = countOf(own, 'denied');
      return amount(name, own.length - denied, denied);
    })
    .sort();
}

/** A verdict of several policies is each of theirs; in the order of their names. */
export function trueRows(verdicts: readonly TrueVerdict[]): readonly TrueRow[] {
  const keys = new Set(verdicts.flatMap(({ by, direction }) => by.map((name) => `${direction} ${name}`)));
  return [...keys].sort().map((key) => {
    const own = verdicts.filter(({ by, direction }) => by.some((name) => `${direction} ${name}` === key));
    const [direction = '', ...words] = key.split(' ');
    return {
      by: words.join(' '),
      direction,
      isNamed: own.some(({ isNamed }) => isNamed),
      allowed: countOf(own, 'allowed'),
      audited: countOf(own, 'audited'),
      denied: countOf(own, 'denied'),
      attempts: new Set(own.flatMap(({ outcome, node, flow }) => (outcome === 'denied' ? [`${node} ${flow}`] : [])))
        .size,
      shared: own.filter(({ by }) => by.length > 1).length,
      nodes: [...new Set(own.map(({ node }) => node))].sort(),
      peers: amounts(own, 'peer'),
      ports: amounts(own, 'port'),
    };
  });
}
