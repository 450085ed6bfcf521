/** Owns who a summary tells of: peers, ports and proxied requests per direction, over all policies that decided about them. */
import type { ComparedRow, CompareInput, Credit, Subject } from '../model/compare.ts';
import type { Direction } from '../model/event.ts';
import { UNATTRIBUTED } from '../model/policy.ts';
import type { PeerCount, PortCount } from '../model/summary.ts';
import type { Signs } from './match.ts';

export interface Sighting {
  readonly subject: Subject;
  readonly direction: Direction | null;
  readonly credits: readonly Credit[];
}

/** The entry that counts what did not fit in memory. */
const FOLDED = 'other';
/** Numbers from here on are given by each node for itself (Cilium pkg/identity/numericidentity.go). */
const FIRST_LOCAL_IDENTITY = 1 << 24;

export function sightingsOf({ policies, l7 }: CompareInput): readonly Sighting[] {
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
    for (const port of row.ports) {
      const { protocol, port: number } = port;
      if (!isFoldedPort(port)) add({ kind: 'port', protocol, port: number }, row.direction, creditOf(row, port), by);
    }
  }
  for (const { policy, direction, protocol, forwarded, redirected, denied } of l7) {
    const credit: Credit = {
      policy: policy ?? { kind: null, namespace: null, name: UNATTRIBUTED },
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
  return identity === null && name === FOLDED;
}

function isFoldedPort({ protocol, port }: PortCount): boolean {
  return port === null && protocol === FOLDED;
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
  if (known.kind !== 'peer' || other.kind !== 'peer' || known.identity === other.identity) return known;
  return { ...known, identity: null };
}

function subjectKey(subject: Subject): string {
  switch (subject.kind) {
    case 'peer':
      return subject.name === null
        ? `peer #${subject.identity}`
        : `peer ${JSON.stringify([subject.name, subject.labels.toSorted()])}`;
    case 'port':
      return `port ${subject.port}/${subject.protocol}`;
    case 'requests':
      return `requests ${subject.protocol}`;
  }
}

function signKey({ subject, direction }: Sighting): string {
  return `${direction} ${subjectKey(subject)}`;
}

function nameOf({ subject, direction }: Sighting): string | null {
  return subject.kind === 'peer' && subject.name !== null ? `${direction} ${subject.name}` : null;
}

function numberOf(isNamed: boolean): (sighting: Sighting) => string | null {
  return ({ subject, direction }) => {
    if (subject.kind !== 'peer' || subject.identity === null || subject.identity >= FIRST_LOCAL_IDENTITY) return null;
    return (subject.name !== null) === isNamed ? `${direction} ${subject.identity}` : null;
  };
}

/** A rollout changes labels and numbers, and a kept output of monitor has numbers only. */
export const SUBJECT_SIGNS: readonly Signs<Sighting>[] = [
  [signKey, signKey],
  [nameOf, nameOf],
  [numberOf(true), numberOf(false)],
  [numberOf(false), numberOf(true)],
];
