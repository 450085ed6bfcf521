/** Filters of records, compiled once into a predicate: any word of a flag, and all of the flags. */
import type { RecordFilter, StreamGap } from '../model/attributed.ts';
import type { IdentityLookup } from '../model/cluster.ts';
import type { Action, Direction, MonitorRecord } from '../model/event.ts';
import { type Attribution, IMPLICIT_DEFAULT_DENY, type PolicyRef } from '../model/policy.ts';
import { type Ends, endsOf, type PeerEnd } from './ends.ts';
import { type FilterFlags, type PeerWord, type PolicyWord, plainReason, readWanted } from './words.ts';

type Test = (
  record: MonitorRecord | StreamGap,
  attribution: Attribution | null,
  ends: Ends,
  node: string | null,
) => boolean;

/** What the names of a filter are held against. */
export interface Names {
  readonly identityName: IdentityLookup;
  /** The addresses of a pod (`namespace/name`), where the cluster tells them. */
  readonly podAddresses: (pod: string) => readonly string[];
}

/** Null where no flag was given. Throws `Failure` USAGE for a word that means nothing. */
export function compileFilter(flags: FilterFlags, names: Names): RecordFilter | null {
  const { directions, actions, policies, peers, ports, protocols, reasons } = readWanted(flags);
  const tests: Test[] = [];
  if (directions.length > 0) tests.push((_, __, { direction }) => isOneOf(direction, directions));
  if (actions.length > 0) tests.push((record) => isOneOf(actionOf(record), actions));
  if (policies.length > 0) tests.push((record, attribution) => policies.some(policyTest(record, attribution)));
  if (ports.length > 0) tests.push((_, __, ends) => ends.ports.some((port) => ports.includes(port)));
  if (protocols.length > 0) {
    tests.push((_, __, ends) => ends.protocols.some((protocol) => protocols.includes(protocol.toLowerCase())));
  }
  if (reasons.length > 0) tests.push((record) => hasReason(record, reasons));
  const isPeer = peers.map((word) => peerTest(word, names));
  const needsName = peers.some(({ kind }) => kind === 'name' || kind === 'label');
  if (tests.length === 0 && isPeer.length === 0) return null;
  return (record, attribution, node) => {
    const ends = endsOf(record);
    if (!tests.every((test) => test(record, attribution, ends, node))) return false;
    if (isPeer.length === 0 || ends.peers.some((end) => isPeer.some((matches) => matches(end, node)))) return true;
    return needsName && ends.peers.some((end) => isUnnamed(end, node, names)) ? null : false;
  };
}

function isOneOf<T extends Action | Direction>(value: T | null, wanted: readonly T[]): boolean {
  return value !== null && wanted.includes(value);
}

/** In the sense of the counts: the patched Cilium's ALLOW in audit mode is audited, its DENY is denied. */
function actionOf(record: MonitorRecord | StreamGap): Action | null {
  switch (record.type) {
    case 'policy-verdict':
      return record.audit && record.action !== 'deny' ? 'audit' : record.action;
    case 'drop':
      return 'deny';
    case 'l7':
      if (record.verdict === 'Error') return null;
      if (record.verdict === 'Denied') return 'deny';
      if (record.audit === true) return 'audit';
      return record.verdict === 'Forwarded' ? 'allow' : 'redirect';
    default:
      return null;
  }
}

function policyTest(record: MonitorRecord | StreamGap, attribution: Attribution | null): (word: PolicyWord) => boolean {
  // Hubble's word goes as far as attribution takes it.
  const refs = attribution?.policies ?? ('hubble' in record ? (record.hubble?.policies ?? []) : []);
  const printed = record.type === 'l7' || record.type === 'policy-verdict' ? record.policyName : null;
  return ({ namespace, name, whole }) => {
    if (whole === IMPLICIT_DEFAULT_DENY) return attribution?.grade === 'default-deny';
    if (printed === whole) return true;
    return refs.some((ref: PolicyRef) => ref.name === name && (namespace === null || ref.namespace === namespace));
  };
}

/** What it is called may become known later; then it is too late for this record. */
function isUnnamed({ identity, pod, labels }: PeerEnd, node: string | null, { identityName }: Names): boolean {
  if (pod !== null || labels.length > 0) return false;
  return identity !== null && identityName(identity, node) === null;
}

function peerTest(
  word: PeerWord,
  { identityName, podAddresses }: Names,
): (end: PeerEnd, node: string | null) => boolean {
  switch (word.kind) {
    case 'identity':
      return ({ identity }) => identity === word.identity;
    case 'ip':
      return ({ ip }) => ip === word.ip;
    case 'name': {
      const addresses = podAddresses(word.name);
      return ({ identity, ip, pod, labels }, node) =>
        pod === word.name ||
        (ip !== null && addresses.includes(ip)) ||
        labels.includes(word.name) ||
        (identity !== null && identityName(identity, node)?.name === word.name);
    }
    case 'label':
      return ({ identity, labels }, node) =>
        [...labels, ...(identity === null ? [] : (identityName(identity, node)?.labels ?? []))].some((label) =>
          isLabel(label, word.label),
        );
  }
}

/** `k8s:class=deathstar` is meant by `class=deathstar` too. */
function isLabel(label: string, wanted: string): boolean {
  return label === wanted || label.slice(label.indexOf(':') + 1) === wanted;
}

function hasReason(record: MonitorRecord | StreamGap, reasons: readonly (string | number)[]): boolean {
  if (record.type !== 'drop') return false;
  const text = plainReason(record.reason);
  return reasons.some((reason) => (typeof reason === 'number' ? record.reasonCode === reason : text === reason));
}
