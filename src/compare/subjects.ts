/** Owns who a summary tells of: peers, ports and proxied requests per direction, over all policies that decided about them. */
import { FIRST_LOCAL_IDENTITY } from '../model/cluster.ts';
import type { ComparedRow, CompareInput, Credit, Subject } from '../model/compare.ts';
import type { Direction } from '../model/event.ts';
import { OTHER, type PeerCount, type PortCount } from '../model/summary.ts';
import type { Signs } from './match.ts';

export interface Sighting {
  readonly subject: Subject;
  readonly direction: Direction | null;
  readonly credits: readonly Credit[];
}

/** Whether a summary tells which peer used which port. */
export function tellsPeerPorts({ groups = null }: CompareInput): boolean {
  return groups !== null && ['peer', 'port'].every((field) => groups.by.includes(field));
}

/** Whether some of those are missing from it. */
export function hidesPeerPorts({ groups = null, omittedRows = 0 }: CompareInput): boolean {
  return omittedRows > 0 || groups?.rows.some(({ other }) => other) === true;
}

/** `byPeerPort`: which peer used which port is known of both sides, so that ports alone say nothing more. */
export function sightingsOf({ policies, groups = null, l7 }: CompareInput, byPeerPort: boolean): readonly Sighting[] {
  const sightings = new Map<string, { subject: Subject; direction: Direction | null; credits: Map<string, Credit> }>();
  const add = (subject: Subject, direction: Direction | null, credit: Credit, by: string) => {
    if (credit.allowed + credit.audited + credit.denied === 0) return;
    const key = `${direction} ${subjectKey(subject)}`;
    const known = sightings.get(key) ?? { subject, direction, credits: new Map<string, Credit>() };
    known.subject = joined(known.subject, subject);
    addCredit(known.credits, credit, by);
    sightings.set(key, known);
  };
  for (const row of policies) {
    const by = creditKey(row);
    for (const peer of row.peers) {
      const { identity, name, labels } = peer;
      if (!isFoldedPeer(peer)) add({ kind: 'peer', identity, name, labels }, row.direction, creditOf(row, peer), by);
    }
    for (const port of byPeerPort ? [] : row.ports) {
      const { protocol, port: number } = port;
      if (!isFoldedPort(port)) add({ kind: 'port', protocol, port: number }, row.direction, creditOf(row, port), by);
    }
  }
  const rows = byPeerPort && groups !== null ? groups.rows : [];
  for (const { policy = null, direction, peer = null, port = null, other, ...counts } of rows) {
    if (other || peer === null || port === null) continue;
    const { identity, name, labels } = peer;
    const subject: Subject = { kind: 'peer-port', identity, name, labels, ...port };
    const { allowed, redirected, audited, denied } = counts;
    const credit: Credit = { policy, isolatedBy: [], allowed: allowed + redirected, audited, denied };
    add(subject, direction, credit, creditKey(credit));
  }
  for (const { policy, direction, protocol, forwarded, redirected, denied } of l7) {
    const credit: Credit = {
      policy,
      isolatedBy: [],
      allowed: forwarded + redirected,
      audited: 0,
      denied,
    };
    add({ kind: 'requests', protocol }, direction, credit, creditKey(credit));
  }
  return [...sightings.values()].map((each) => ({ ...each, credits: [...each.credits.values()] }));
}

/** Whether some peers or ports are not told apart, so that one that is missing may be among them. */
export function hasFolded({ policies }: CompareInput): boolean {
  return policies.some(({ peers, ports }) => peers.some(isFoldedPeer) || ports.some(isFoldedPort));
}

function isFoldedPeer({ identity, name }: PeerCount): boolean {
  return identity === null && name === OTHER;
}

function isFoldedPort({ protocol, port }: PortCount): boolean {
  return port === null && protocol === OTHER;
}

/** A row's peers and ports tell only what was let through: where the row let through in audit mode alone, so did they. */
function creditOf(row: ComparedRow, { allowed, denied }: Pick<PeerCount, 'allowed' | 'denied'>): Credit {
  const { policy, isolatedBy } = row;
  const isAudit = row.audited > 0 && row.allowed + row.redirected === 0;
  return { policy, isolatedBy, allowed: isAudit ? 0 : allowed, audited: isAudit ? allowed : 0, denied };
}

/** Rows that differ only in how they are known are one policy's. */
function addCredit(credits: Map<string, Credit>, credit: Credit, by: string): void {
  const known = credits.get(by);
  credits.set(
    by,
    known === undefined
      ? credit
      : {
          ...known,
          allowed: known.allowed + credit.allowed,
          audited: known.audited + credit.audited,
          denied: known.denied + credit.denied,
        },
  );
}

function creditKey({ policy, isolatedBy }: Pick<Credit, 'policy' | 'isolatedBy'>): string {
  return JSON.stringify([policy, isolatedBy]);
}

/** Several numbers with one name and the same labels: nodes number address ranges each for itself. */
function joined(known: Subject, other: Subject): Subject {
  if (!isPeer(known) || !isPeer(other) || known.identity === other.identity) return known;
  return { ...known, identity: null };
}

type PeerSubject = Extract<Subject, { readonly identity: unknown }>;

function isPeer(subject: Subject): subject is PeerSubject {
  return subject.kind === 'peer' || subject.kind === 'peer-port';
}

/** The part of a sign that is no person: the direction, and the port where it is known. */
function placeOf({ subject, direction }: Sighting): string {
  return subject.kind === 'peer-port' ? `${direction} ${subject.port}/${subject.protocol}` : `${direction}`;
}

function subjectKey(subject: Subject): string {
  switch (subject.kind) {
    case 'peer':
      return peerKey(subject);
    case 'peer-port':
      return `${subject.port}/${subject.protocol} ${peerKey(subject)}`;
    case 'port':
      return `port ${subject.port}/${subject.protocol}`;
    case 'requests':
      return `requests ${subject.protocol}`;
  }
}

function peerKey({ name, identity, labels }: PeerSubject): string {
  return name === null ? `peer #${identity}` : `peer ${JSON.stringify([name, labels.toSorted()])}`;
}

function signKey({ subject, direction }: Sighting): string {
  return `${direction} ${subjectKey(subject)}`;
}

function nameOf(sighting: Sighting): string | null {
  const { subject } = sighting;
  return isPeer(subject) && subject.name !== null ? `${subject.kind} ${placeOf(sighting)} ${subject.name}` : null;
}

function numberOf(isNamed: boolean): (sighting: Sighting) => string | null {
  return (sighting) => {
    const { subject } = sighting;
    if (!isPeer(subject) || subject.identity === null || subject.identity >= FIRST_LOCAL_IDENTITY) return null;
    return (subject.name !== null) === isNamed ? `${subject.kind} ${placeOf(sighting)} ${subject.identity}` : null;
  };
}

/** A rollout changes labels and numbers, and a kept output of monitor has numbers only. */
export const SUBJECT_SIGNS: readonly Signs<Sighting>[] = [
  [signKey, signKey],
  [nameOf, nameOf],
  [numberOf(true), numberOf(false)],
  [numberOf(false), numberOf(true)],
];
