/** Owns how policies, peers, times and amounts are put into words in tables. */
import { namespacedName } from '../model/kubernetes.ts';
import type { PolicyKind, PolicyRef, UnattributedReason } from '../model/policy.ts';
import type { PeerCount, PolicyRow, PortCount, Summary } from '../model/summary.ts';
import { peerTitles, withMore } from './peer-title.ts';
import { printable } from './printable.ts';

/** The resources' own short names; two resources are called cnp. */
const KIND_SHORT: Readonly<Record<PolicyKind, string>> = {
  CiliumNetworkPolicy: 'CNP',
  CiliumClusterwideNetworkPolicy: 'CCNP',
  NetworkPolicy: 'NP',
  ClusterNetworkPolicy: 'ClusterNP',
  AdminNetworkPolicy: 'ANP',
  BaselineAdminNetworkPolicy: 'BANP',
};

/** `default/rule1 (CNP)`; a bare name where nothing else is known. */
export function policyText({ kind, namespace, name }: PolicyRef): string {
  const path = namespacedName({ namespace, name });
  return printable(kind === null ? path : `${path} (${KIND_SHORT[kind]})`);
}

export function kindText(kind: PolicyKind | null): string {
  return kind === null ? '' : KIND_SHORT[kind];
}

/** What isolates is named in short, the full names are in a note. */
export function rowTitle({ policy, isolatedBy, ambiguous }: PolicyRow): string {
  const [first, ...others] = isolatedBy;
  const title = policyText(policy) + (ambiguous ? ' (ambiguous)' : '');
  if (first === undefined) return title;
  return `${title} ← ${printable(first.name)}${others.length === 0 ? '' : ` +${others.length}`}`;
}

const REASON: Readonly<Record<UnattributedReason, string>> = {
  'name-not-printed': 'nothing in its line names the policy, and a file has no agent to ask',
  'name-not-found': 'the agent found no name for the rule that matched',
  'name-empty': 'the agent printed an empty name',
  'no-policy-applies': 'no rule needed: the pod is not isolated this way, or the peer is its own node',
  'no-state': "the endpoint's realized policy has not been read (yet)",
  'not-in-realized-policy': "no rule in the endpoint's realized policy explains it",
  'policy-changed': 'the policy was changing at that time, or has changed since',
};

export function reasonText(reason: UnattributedReason): string {
  return REASON[reason];
}

/** `default/xwing (20 denied)`: connections and packets are never one number. */
export function peersText(row: PeersOfRow, most: number, lowerBound: string, withLabels = false): string {
  const { peers } = row;
  const titleOf = peerTitles(peers, withLabels);
  const amountsText = ({ allowed, denied }: PeerCount) => {
    const amounts = [
      allowed > 0 ? `${lowerBound}${allowed} ${letThroughText(row)}` : '',
      denied > 0 ? `${lowerBound}${denied} denied` : '',
    ];
    return amounts.filter((amount) => amount !== '').join(', ');
  };
  const named = peers.slice(0, most).map((peer) => withMore(titleOf(peer), amountsText(peer)));
  return named.join(', ') + more(peers.length - named.length);
}

type PeersOfRow = Pick<PolicyRow, 'peers' | 'allowed' | 'redirected' | 'audited'>;

/** Peers are not counted apart by how they were let through: a word of the row's columns only where it is the only one. */
function letThroughText(row: PeersOfRow): string {
  const [only, ...others] = (['allowed', 'redirected', 'audited'] as const).filter((name) => row[name] > 0);
  return only === undefined || others.length > 0 ? 'let through' : only;
}

/** `80/TCP`, `ICMP`. */
export function portText({ protocol, port }: Pick<PortCount, 'protocol' | 'port'>): string {
  return printable(port === null ? protocol : `${port}/${protocol}`);
}

export function portsText(ports: readonly PortCount[], most: number): string {
  const named = ports.slice(0, most).map(portText);
  return named.join(', ') + more(ports.length - named.length);
}

function more(count: number): string {
  return count > 0 ? ` +${count} more` : '';
}

/** Never the sign of another number: two digits after the point only where they say something. */
export function rateText(perSecond: number): string {
  if (perSecond === 0) return '0';
  if (perSecond < 0.01) return '<0.01';
  return perSecond < 1 ? perSecond.toFixed(2) : perSecond < 100 ? perSecond.toFixed(1) : perSecond.toFixed(0);
}

export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** How long before the end of the window: `now`, `12s`, `5m`, `3h`, `2d`. */
export function agoText(time: string, end: string): string {
  const seconds = Math.floor((Date.parse(end) - Date.parse(time)) / 1000);
  if (seconds < 1) return 'now';
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

/** What stands before the numbers of a summary that is known to lack something. */
export function lowerBoundSign({ completeness }: Pick<Summary, 'completeness'>): string {
  return completeness.status === 'partial' ? '≥' : '';
}

/** The time of day, in UTC, with the date where it is not that of `near`. */
export function timeText(time: string, near: string): string {
  const clock = time.slice(11, 19);
  return time.slice(0, 10) === near.slice(0, 10) ? clock : `${time.slice(0, 10)} ${clock}`;
}

export const TRAFFIC_UNIT =
  'Packets and bytes are those of new and of open connections and of what a rule refused, in their own direction; what several policies allow is told for each.';

/** Whether packets and bytes were asked for. */
export function hasTraffic({ policies }: { readonly policies: readonly Pick<PolicyRow, 'traffic'>[] }): boolean {
  return policies.some(({ traffic }) => traffic !== undefined);
}

/** `12`, `≥12`; nothing where nobody counts it. */
export function trafficText(
  { traffic }: Pick<PolicyRow, 'traffic'>,
  name: 'packets' | 'bytes',
  lowerBound: string,
): string {
  if (traffic === null || traffic === undefined) return '';
  return (traffic.lowerBound ? '≥' : lowerBound) + String(traffic[name]);
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
