/** Owns the question which policies an entry's selector came from, where the agent tells it for the whole entry only. */
import type { PolicyRef } from '../model/policy.ts';
import type { OwnedRule } from './isolation.ts';
import { NAMESPACE_KEY, type Requirement } from './label-selector.ts';
import type { Peer, PolicyRule, RulePort } from './policy-rule.ts';
import type { RealizedEntry, RealizedSelector } from './realized-policy.ts';
import type { SelectorMeaning } from './selectors.ts';

/** The agent adds these to every selector of pods, by itself. */
const SCOPE_KEYS: readonly string[] = [NAMESPACE_KEY, 'io.cilium.k8s.policy.cluster'];

/**
 * The entry's policies, narrowed to those with a rule of their own that makes such a selector.
 *
 * Whatever cannot be confirmed leaves all of them standing: each did make the entry.
 */
export function originsOf(
  entry: RealizedEntry,
  selector: RealizedSelector,
  rules: readonly OwnedRule[],
): readonly PolicyRef[] {
  if (entry.policies.length < 2) return entry.policies;
  const confirmed = entry.policies.filter((policy) =>
    rules.some((owned) => isSame(owned.policy, policy) && explains(owned.rule, entry, selector)),
  );
  return confirmed.length > 0 ? confirmed : entry.policies;
}

function explains(rule: PolicyRule, entry: RealizedEntry, selector: RealizedSelector): boolean {
  return (
    rule.deny === selector.deny &&
    rule.ports.some((port) => isPortOf(port, entry)) &&
    rule.peers.some((peer) => isPeerOf(peer, selector.meaning))
  );
}

function isPortOf({ protocol, port }: RulePort, entry: RealizedEntry): boolean {
  if (protocol !== 'ANY' && protocol !== entry.protocol) return false;
  // The type of an ICMP rule may be written as a word, and then only the protocol is compared.
  if (typeof port === 'string') return protocol.startsWith('ICMP') || port === entry.portName;
  // A rule for every protocol and port is an entry of its own, not one among those of single protocols.
  if (port === 0 && protocol === 'ANY') return entry.port === 0 && entry.protocol === 'ANY';
  return port === entry.port && entry.portName === null;
}

function isPeerOf(peer: Peer, meaning: SelectorMeaning): boolean {
  if (peer.kind === 'everyone' || meaning.kind === 'everyone') return peer.kind === meaning.kind;
  if (peer.kind === 'unknown' || meaning.kind === 'unknown') return true;
  if (peer.kind === 'fqdn') {
    return meaning.kind === 'fqdn' && peer.name === meaning.name && peer.pattern === meaning.pattern;
  }
  if (meaning.kind === 'fqdn') return false;
  if (peer.kind === 'cidr') {
    // Cilium writes IPv6 in label keys with dashes for colons (pkg/labels/cidr.go).
    const key = peer.cidr.includes(':') ? peer.cidr.replaceAll(':', '-') : peer.cidr;
    return meaning.requirements.some((wanted) => wanted.source === 'cidr' && sameCidr(wanted.key, key));
  }
  const wanted = new Set(meaning.requirements.map(textOf));
  const own = new Set(peer.requirements.map(textOf));
  return (
    [...own].every((text) => wanted.has(text)) &&
    meaning.requirements.every((item) => own.has(textOf(item)) || SCOPE_KEYS.includes(item.key))
  );
}

/** A single address is a prefix of full length for the agent. */
function sameCidr(agent: string, written: string): boolean {
  return agent === written || (!written.includes('/') && agent.startsWith(`${written}/`));
}

function textOf({ source, key, operator, values }: Requirement): string {
  return JSON.stringify([source, key, operator, values]);
}

function isSame(a: PolicyRef, b: PolicyRef): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}
