/** The endpoints of a soak and the verdicts that their agents tell: for each of them the row is known in which it has to be counted. */
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';

export const NODES = ['k8s-node1', 'k8s-node2'] as const;
export type Node = (typeof NODES)[number];

type Verdict = Extract<Parameters<DemoCluster['emit']>[1], { type: 'policy-verdict' }>;

/** What is sent to whom, and the policy that decides. */
interface Kind {
  readonly row: string;
  readonly class: 'deathstar' | 'tiefighter';
  readonly decision: Pick<Verdict, 'direction' | 'remoteIdentity' | 'action' | 'match' | 'policyName'>;
  readonly port: number;
}

interface Member {
  readonly node: Node;
  readonly class: Kind['class'];
  readonly endpoint: number;
}

const IDENTITY = { deathstar: 18_031, tiefighter: 12_530, xwing: 2371 };
/** Endpoints of the demo as it starts, besides the xwing's. */
const FIRST: readonly Member[] = [
  { node: 'k8s-node1', class: 'deathstar', endpoint: 733 },
  { node: 'k8s-node2', class: 'deathstar', endpoint: 425 },
  { node: 'k8s-node1', class: 'tiefighter', endpoint: 1995 },
];
const LIKE = { deathstar: 'deathstar-77dd4fb786-pjs8v', tiefighter: 'tiefighter' };
const FIRST_NUMBER = 5000;
const DENY = 'implicit-default-deny';

const KINDS: readonly Kind[] = [
  {
    row: 'rule1 ingress',
    class: 'deathstar',
    decision: {
      direction: 'ingress',
      remoteIdentity: IDENTITY.tiefighter,
      action: 'allow',
      match: 'L3-L4',
      policyName: 'rule1',
    },
    port: 80,
  },
  {
    row: `${DENY} ingress`,
    class: 'deathstar',
    decision: { direction: 'ingress', remoteIdentity: IDENTITY.xwing, action: 'deny', match: 'none', policyName: DENY },
    port: 80,
  },
  {
    row: 'fleet egress',
    class: 'tiefighter',
    decision: {
      direction: 'egress',
      remoteIdentity: IDENTITY.deathstar,
      action: 'allow',
      match: 'L3-L4',
      policyName: 'fleet',
    },
    port: 80,
  },
  {
    row: `${DENY} egress`,
    class: 'tiefighter',
    decision: {
      direction: 'egress',
      remoteIdentity: IDENTITY.deathstar,
      action: 'deny',
      match: 'none',
      policyName: DENY,
    },
    port: 8080,
  },
];

export interface Shot {
  readonly node: Node;
  readonly row: string;
  readonly event: Verdict;
}

/** Puts up so many endpoints, on both nodes, and the policy that their egress is held to. */
export function raiseFleet(demo: DemoCluster, endpoints: number): (index: number) => Shot {
  demo.apply({
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name: 'fleet', namespace: 'default' },
    spec: {
      endpointSelector: { matchLabels: { class: 'tiefighter' } },
      egress: [
        {
          toEndpoints: [{ matchLabels: { class: 'deathstar' } }],
          toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }] }],
        },
      ],
    },
  });
  const fleet = [...FIRST];
  for (let index = 0; fleet.length < endpoints - 1; index += 1) {
    const of = index % 2 === 0 ? 'deathstar' : 'tiefighter';
    const member: Member = { node: NODES[index % 4 < 2 ? 1 : 0], class: of, endpoint: FIRST_NUMBER + index };
    demo.faults.addPod(LIKE[of], `${LIKE[of]}-${index}`, member.node, member.endpoint);
    fleet.push(member);
  }
  const members = { deathstar: of(fleet, 'deathstar'), tiefighter: of(fleet, 'tiefighter') };
  return (index) => {
    const kind = at(KINDS, index);
    const member = at(members[kind.class], Math.floor(index / KINDS.length));
    return { node: member.node, row: kind.row, event: toEvent(kind, member, index) };
  };
}

function of(fleet: readonly Member[], name: Kind['class']): Member[] {
  return fleet.filter((member) => member.class === name);
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index % list.length];
  if (item === undefined) throw new RangeError('there is nothing to choose from');
  return item;
}

function toEvent({ decision, port }: Kind, { endpoint }: Member, index: number): Verdict {
  return {
    type: 'policy-verdict',
    endpoint,
    ...decision,
    packet: {
      protocol: 'TCP',
      source: { ip: '10.244.1.116', port: 1024 + (index % 64_000) },
      destination: { ip: '10.244.0.94', port },
      flags: 'SYN',
      hash: 1 + (index % 0xffff_fffe),
    },
  };
}
