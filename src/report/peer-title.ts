/** Owns how a peer is told from others: its name, and labels where the name alone does not say enough. */
import type { GroupPeer } from '../model/groups.ts';
import { printable } from './printable.ts';

const MOST_LABELS = 4;

/** Labels that Cilium, Kubernetes and their tools add: they say nothing that the name does not. */
const MACHINE_MADE =
  /^(?:io\.(?:cilium|kubernetes)\.|(?:[\w.-]+\.)?(?:kubernetes\.io|k8s\.io|helm\.sh)\/|pod-template-hash$)/;

export function peerName({ name, identity, node }: Pick<GroupPeer, 'name' | 'identity' | 'node'>): string {
  if (name !== null && name !== '') return printable(name);
  if (identity === null) return 'unknown';
  return node === undefined ? `identity ${identity}` : `identity ${identity} on ${printable(node)}`;
}

/** `default/tiefighter (class=tiefighter, org=empire)`. */
function peerTitle(peer: GroupPeer): string {
  const labels = ownLabels(peer.labels);
  // A pod without another label is called by the one that it has.
  if (labels.length === 0 || (labels.length === 1 && peer.name?.endsWith(`/${labels[0] ?? ''}`) === true))
    return peerName(peer);
  const more = labels.length > MOST_LABELS ? `, +${labels.length - MOST_LABELS}` : '';
  const shown = labels.slice(0, MOST_LABELS).map((label) => printable(label));
  return withMore(peerName(peer), shown.join(', ') + more);
}

function ownLabels(labels: readonly string[]): readonly string[] {
  const own = labels.flatMap((label) => (label.startsWith('k8s:') ? [label.slice('k8s:'.length)] : []));
  return own.filter((label) => !MACHINE_MADE.test(label));
}

/** Whether there is more to tell of any of them than a name. */
export function hasLabels(peers: readonly GroupPeer[]): boolean {
  return peers.some((peer) => peerTitle(peer) !== peerName(peer));
}

/** Labels only where several of them have the same name and are not the same, or where there is room for all. */
export function peerTitles(peers: readonly GroupPeer[], withLabels: boolean): (peer: GroupPeer) => string {
  const called = new Map<string, string>();
  const twice = new Set<string>();
  for (const { name, labels } of peers) {
    if (name === null) continue;
    const own = labels.join();
    if ((called.get(name) ?? own) !== own) twice.add(name);
    called.set(name, own);
  }
  return (peer) => (withLabels || (peer.name !== null && twice.has(peer.name)) ? peerTitle(peer) : peerName(peer));
}

/** What is said of a name, in one pair of brackets however much there is. */
export function withMore(title: string, more: string): string {
  return title.endsWith(')') ? `${title.slice(0, -1)}; ${more})` : `${title} (${more})`;
}
