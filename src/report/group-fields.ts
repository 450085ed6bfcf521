/** Owns what a group says of itself: as one text for people, as cells for programs, as labels for metrics. */

import type { GroupField, GroupPeer, GroupPod, GroupRow } from '../model/groups.ts';
import { namespacedName } from '../model/kubernetes.ts';
import { OTHER } from '../model/summary.ts';
import { peerName, peerTitles } from './peer-title.ts';
import { policyText, portText } from './phrases.ts';
import { printable } from './printable.ts';

/** What a person reads; `titleOf` tells peers apart that have the same name. */
export function groupFieldText(field: GroupField, row: GroupRow, titleOf: (peer: GroupPeer) => string): string {
  if (field === 'direction') return row.direction;
  if (row.other) return OTHER;
  switch (field) {
    case 'policy':
      return row.policy ? policyText(row.policy) : '';
    case 'peer':
      return row.peer ? titleOf(row.peer) : '';
    case 'port':
      return row.port ? portText(row.port) : '';
    case 'action':
      return row.action ?? '';
    case 'match':
      return row.match ?? '';
    case 'node':
      return printable(row.node ?? 'unknown');
    case 'pod':
      return row.pod ? podText(row.pod) : '';
  }
}

export function groupPeerTitles(rows: readonly GroupRow[], withLabels: boolean): (peer: GroupPeer) => string {
  return peerTitles(
    rows.flatMap(({ peer }) => peer ?? []),
    withLabels,
  );
}

export function groupText(row: GroupRow): string {
  const fields = (['policy', 'peer', 'port', 'action', 'match', 'node', 'pod'] as const).filter(
    (field) => field in row,
  );
  return [...fields, 'direction' as const].map((field) => groupFieldText(field, row, peerName)).join(' ');
}

function podText({ namespace, name, endpoint }: GroupPod): string {
  if (name === null) return `endpoint ${endpoint}`;
  return printable(namespacedName({ namespace, name }));
}

type Cell = string | number;

/** What a program reads: one column for each fact. */
const COLUMNS: Readonly<Record<GroupField, readonly (readonly [name: string, cell: (row: GroupRow) => Cell])[]>> = {
  policy: [
    ['policy', ({ policy, other }) => policy?.name ?? rest(other)],
    ['namespace', ({ policy }) => policy?.namespace ?? ''],
    ['kind', ({ policy }) => policy?.kind ?? ''],
  ],
  direction: [['direction', ({ direction }) => direction]],
  peer: [
    ['peer', ({ peer, other }) => peerCell(peer) ?? rest(other)],
    ['identity', ({ peer }) => peer?.identity ?? ''],
    // Of a number that means nothing without it.
    ['peerNode', ({ peer }) => peer?.node ?? ''],
  ],
  port: [
    ['port', ({ port }) => port?.port ?? ''],
    ['protocol', ({ port, other }) => port?.protocol ?? rest(other)],
  ],
  action: [['action', ({ action, other }) => action ?? rest(other)]],
  match: [['match', ({ match, other }) => match ?? rest(other)]],
  node: [['node', ({ node, other }) => node ?? rest(other)]],
  pod: [
    ['pod', ({ pod, other }) => podCell(pod) ?? rest(other)],
    ['endpoint', ({ pod }) => pod?.endpoint ?? ''],
  ],
};

function rest(other: boolean): string {
  return other ? OTHER : '';
}

function peerCell(peer: GroupPeer | null | undefined): string | null {
  return peer?.name ?? null;
}

function podCell(pod: GroupPod | null | undefined): string | null {
  const name = pod?.name ?? null;
  if (name === null) return null;
  return namespacedName({ namespace: pod?.namespace ?? null, name });
}

/** Columns in the order of the fields; the direction is always among them. */
export function groupColumns(by: readonly GroupField[]): readonly (readonly [string, (row: GroupRow) => Cell])[] {
  return withDirection(by).flatMap((field) => COLUMNS[field]);
}

/** The two verdicts on one connection are told apart whatever was asked for. */
export function withDirection(by: readonly GroupField[]): readonly GroupField[] {
  return by.includes('direction') ? by : [...by, 'direction'];
}
