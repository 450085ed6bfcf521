/** Owns what would be denied as rows: one for each policy, peer and port, with the columns that programs get and the words that people read. */
import type { Audit, AuditEndpoints, AuditPeer, AuditRow } from '../model/audit.ts';
import { peerTitles } from './peer-title.ts';
import { plural, policyText, portText } from './phrases.ts';
import { printable } from './printable.ts';

/** What one policy would deny to one peer on one port. */
export interface AuditLine {
  readonly row: AuditRow;
  readonly peer: AuditPeer;
}

export function auditLines({ wouldDeny }: Audit): readonly AuditLine[] {
  return wouldDeny.flatMap((row) => row.peers.map((peer) => ({ row, peer })));
}

type Cell = string | number;

export const AUDIT_COLUMNS: readonly (readonly [name: string, cell: (line: AuditLine) => Cell])[] = [
  ['policy', ({ row }) => row.policy.name],
  ['namespace', ({ row }) => row.policy.namespace ?? ''],
  ['kind', ({ row }) => row.policy.kind ?? ''],
  ['direction', ({ row }) => row.direction],
  ['attribution', ({ row }) => row.attribution],
  ['reason', ({ row }) => row.reason ?? ''],
  ['isolatedBy', ({ row }) => row.isolatedBy.map(policyText).join('; ')],
  ['peer', ({ peer }) => peer.name ?? ''],
  ['identity', ({ peer }) => peer.identity ?? ''],
  ['peerNode', ({ peer }) => peer.node ?? ''],
  ['port', ({ peer }) => peer.port?.port ?? ''],
  ['protocol', ({ peer }) => peer.port?.protocol ?? ''],
  ['connections', ({ peer }) => peer.connections],
  ['refused', ({ peer }) => peer.refused],
  ['firstSeen', ({ peer }) => peer.firstSeen ?? ''],
  ['lastSeen', ({ peer }) => peer.lastSeen ?? ''],
];

/** `default/rule1 (CNP)`, `implicit-default-deny ← default/rule1 (CNP)`. */
export function auditTitle({ policy, isolatedBy }: AuditRow): string {
  const title = policyText(policy);
  return isolatedBy.length === 0 ? title : `${title} ← ${isolatedBy.map(policyText).join(', ')}`;
}

/** Told apart where several have the same name. */
export function auditPeerTitles(lines: readonly AuditLine[], withLabels: boolean): (peer: AuditPeer) => string {
  return peerTitles(
    lines.map(({ peer }) => peer),
    withLabels,
  );
}

export function auditPortText({ port }: AuditPeer): string {
  return port === null ? '' : portText(port);
}

const MOST_ENDPOINTS = 6;

/** Where audit mode is on, and where it is not. */
export function auditEndpointsText(endpoints: AuditEndpoints | null): string {
  if (endpoints === null) return 'files do not say where audit mode is on';
  const { audited, enforced, open, unknown } = endpoints;
  const shown = audited.slice(0, MOST_ENDPOINTS).map(({ namespace, pod, node, endpoint, directions }) => {
    const name = pod === null ? `endpoint ${endpoint} on ${node}` : namespace === null ? pod : `${namespace}/${pod}`;
    return `${printable(name)} (${directions.join(', ')})`;
  });
  const more = audited.length - shown.length;
  const on =
    audited.length === 0
      ? 'audit mode is off everywhere here'
      : `audit mode is on at ${plural(audited.length, 'endpoint')}: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const others = [
    enforced > 0 ? `policy is enforced at ${enforced}` : '',
    open > 0 ? `no policy isolates ${open}` : '',
    unknown > 0 ? `no agent reported on ${unknown}` : '',
  ];
  return [on, ...others.filter((text) => text !== '')].join('; ');
}
