/** Owns the question which policies a selector of an entry came from, where the agent tells it for the whole entry only, or for allow and deny together. */
import { isSamePolicy, type PolicyRef } from '../model/policy.ts';
import type { OwnedRule } from './isolation.ts';
import type { Requirement } from './label-selector.ts';
import { isNetworkOf } from './network.ts';
import { isOfCluster, type Peer } from './policy-peer.ts';
import type { PolicyRule, RulePort } from './policy-rule.ts';
import type { RealizedEntry, RealizedSelector } from './realized-policy.ts';
import type { SelectorMeaning } from './selectors.ts';

export interface Origins {
  readonly policies: readonly PolicyRef[];
  /** False where the policies are those that it may have come from, and not all of them need have made it. */
  readonly certain: boolean;
}

/** How sure it is that a rule made a selector of an entry. */
const NO = 0;
const MAYBE = 1;
const YES = 2;
type Certainty = typeof NO | typeof MAYBE | typeof YES;

/** Whatever nobody's rules explain leaves all of them standing: each did make the entry. */
export function originsOf(entry: RealizedEntry, selector: RealizedSelector, rules: readonly OwnedRule[]): Origins {
  const makers = selector.policies ?? entry.policies;
  // What only allows is told for each selector, where anything is (1.14 on, ingress).
  if (makers.length < 2 || (selector.policies !== null && !selector.deny)) return { policies: makers, certain: true };
  const known = makers.map((policy): [PolicyRef, Certainty] => [policy, certaintyOf(policy, entry, selector, rules)]);
  const sure = known.flatMap(([policy, certainty]) => (certainty === YES ? [policy] : []));
  const possible = known.flatMap(([policy, certainty]) => (certainty === NO ? [] : [policy]));
  if (possible.length === 0) return { policies: makers, certain: false };
  // Somebody did make it: the only one that can have is the one that has.
  return { policies: possible, certain: possible.length === Math.max(1, sure.length) };
}

function certaintyOf(
  policy: PolicyRef,
  entry: RealizedEntry,
  selector: RealizedSelector,
  rules: readonly OwnedRule[],
): Certainty {
  const own = rules.filter((owned) => isSamePolicy(owned.policy, policy));
  // Gone or made between two questions to the agent, or never in Kubernetes.
  if (own.length === 0) return MAYBE;
  return most(own.map(({ rule }) => explains(rule, entry, selector)));
}

function explains(rule: PolicyRule, entry: RealizedEntry, { deny, meaning }: RealizedSelector): Certainty {
  if (rule.deny !== deny) return NO;
  const port = rule.ports === null ? MAYBE : most(rule.ports.map((one) => isPortOf(one, entry)));
  return least(port, most(rule.peers.map((peer) => isPeerOf(peer, meaning, entry))));
}

function isPortOf({ protocol, port, endPort }: RulePort, entry: RealizedEntry): Certainty {
  if (protocol !== 'ANY' && protocol !== entry.protocol) return NO;
  if (typeof port === 'string') {
    // The type of an ICMP rule may be written as a word.
    return protocol.startsWith('ICMP') ? MAYBE : sure(port === entry.portName);
  }
  // A rule for every protocol and port is an entry of its own, not one among those of single protocols.
  if (port === 0 && protocol === 'ANY') return sure(entry.port === 0 && entry.protocol === 'ANY');
  if (port !== entry.port || entry.portName !== null) return NO;
  // Where the agent tells no ends, the entry may be any of those that begin there.
  return entry.ruledEnd === undefined ? sure(endPort === entry.endPort) : MAYBE;
}

function isPeerOf(peer: Peer, meaning: SelectorMeaning, entry: RealizedEntry): Certainty {
  if (meaning.kind === 'unknown' || peer.kind === 'unreadable') return MAYBE;
  if (peer.kind === 'everyone' || meaning.kind === 'everyone') return sure(peer.kind === meaning.kind);
  if (peer.kind === 'resolved') return MAYBE;
  if (peer.kind === 'fqdn') {
    return sure(meaning.kind === 'fqdn' && peer.name === meaning.name && peer.pattern === meaning.pattern);
  }
  if (meaning.kind === 'fqdn') return NO;
  const { requirements } = meaning;
  if (peer.kind === 'cidr') return sure(isNetworkOf(peer, requirements));
  if (peer.kind === 'own-cluster') return sure(requirements.every(isOfCluster));
  if (isSameSelector(peer.requirements, requirements)) return YES;
  const isOfAnyCluster = !peer.requirements.some(isOfCluster);
  const elsewhere = requirements.filter((one) => !isOfCluster(one));
  if (!isOfAnyCluster || !isSameSelector(peer.requirements, elsewhere)) return NO;
  // The agent added its cluster, unless the peer is there without it.
  return sure(!entry.selectors.some((other) => isWrittenAs(peer.requirements, other.meaning)));
}

function isWrittenAs(own: readonly Requirement[], meaning: SelectorMeaning): boolean {
  return meaning.kind === 'labels' && isSameSelector(own, meaning.requirements);
}

function isSameSelector(own: readonly Requirement[], agents: readonly Requirement[]): boolean {
  const written = new Set(own.map(textOf));
  const printed = new Set(agents.map(textOf));
  return written.size === printed.size && [...written].every((text) => printed.has(text));
}

function textOf({ source, key, operator, values }: Requirement): string {
  return JSON.stringify([source, key, operator, values]);
}

function sure(is: boolean): Certainty {
  return is ? YES : NO;
}

function most(some: readonly Certainty[]): Certainty {
  return some.includes(YES) ? YES : some.includes(MAYBE) ? MAYBE : NO;
}

function least(a: Certainty, b: Certainty): Certainty {
  return a < b ? a : b;
}
