/** Owns the look-up of one verdict in an endpoint's realized policy: which of its entries and selectors decided. */
import type { MatchType, Verdict } from '../model/event.ts';
import type { EndpointPolicies } from './isolation.ts';
import { portPrefix, withEnds } from './port-range.ts';
import type { RealizedEntry, RealizedPolicy, RealizedSelector } from './realized-policy.ts';
import { type Origins, originsOf } from './rule-origin.ts';
import type { SelectorTable } from './selectors.ts';

export interface LookupState {
  readonly endpoint: RealizedPolicy;
  readonly selectors: SelectorTable;
  readonly policies: EndpointPolicies;
}

/** How much of the packet an entry names: that is what the match type tells as well. */
type Width = 'port' | 'protocol' | 'any';

interface Hit {
  readonly width: Width;
  readonly entry: RealizedEntry;
  readonly selector: RealizedSelector;
  /** Whether the selector names the remote identity or takes everyone. */
  readonly everyone: boolean;
  /** A named port that is the remote pod's, whose number is not known here. */
  readonly assumed: boolean;
}

/** Null where nothing in the realized policy explains the verdict; without policies where what does is nobody's. */
export function lookUp(verdict: Verdict, state: LookupState): Origins | null {
  const ended = withRangeEnds(verdict, state);
  const isTold = ended === state;
  const covering = settled(decisive(verdict, ended));
  const hits = isTold ? ofPrefix(covering, verdict) : covering;
  const [only] = hits;
  if (only === undefined) return null;
  const rules = state.policies.rules[verdict.direction];
  const origins = ({ entry, selector }: Hit) => originsOf(entry, selector, rules);
  // The same list for the same entry, so that the answer to it is found by the list.
  if (hits.length === 1) return origins(only);
  const all = hits.map(origins);
  // Where ranges end only by the rules, nobody knows which of them decides.
  return { policies: all.flatMap(({ policies }) => policies), certain: isTold && all.every(({ certain }) => certain) };
}

/** An entry whose port is only assumed counts where it is the only explanation. */
function settled(hits: readonly Hit[]): readonly Hit[] {
  if (!hits.some(({ assumed }) => assumed)) return hits;
  const certain = hits.filter(({ assumed }) => !assumed);
  if (certain.length > 0) return certain;
  return new Set(hits.map(({ entry }) => entry)).size === 1 ? hits : [];
}

function decisive(verdict: Verdict, state: LookupState): readonly Hit[] {
  const { action, auth } = verdict;
  const refused = action === 'deny' || action === 'audit';
  // Refused for want of authentication: the rule that allows it is the one that asks for it.
  const denied = refused && (auth === null || auth === 'disabled');
  const exact = ofMatch(verdict, state, denied);
  if (denied) {
    // Up to 1.16 the agent writes a denial into narrower entries as well, so that the match type
    // is not the rule's own; but a denial that covers the packet always wins over what allows it.
    return exact.length > 0 ? exact : hitsOf(verdict, state, { deny: true });
  }
  const redirecting = action === 'redirect' ? exact.filter(({ selector }) => selector.redirects) : [];
  return redirecting.length > 0 ? redirecting : exact;
}

function withRangeEnds({ direction }: Verdict, state: LookupState): LookupState {
  const { endpoint, policies } = state;
  const told = endpoint.entries[direction];
  const ended = withEnds(told, policies.rules[direction]);
  return ended === told
    ? state
    : { ...state, endpoint: { ...endpoint, entries: { ...endpoint.entries, [direction]: ended } } };
}

/** Which of an entry's selectors are looked for; everything of what is absent. */
interface Kind {
  readonly deny: boolean;
  readonly width?: Width;
  readonly everyone?: boolean;
}

/** bpf/lib/policy.h: `L4-Only`, `Proto-Only` and `all` are entries for everyone, `L3-*` those that name the identity. */
const KINDS = {
  'L3-L4': { width: 'port', everyone: false },
  'L4-Only': { width: 'port', everyone: true },
  'L3-Proto': { width: 'protocol', everyone: false },
  'Proto-Only': { width: 'protocol', everyone: true },
  'L3-Only': { width: 'any', everyone: false },
  all: { width: 'any', everyone: true },
} as const satisfies Partial<Record<MatchType, Omit<Kind, 'deny'>>>;

function ofMatch(verdict: Verdict, state: LookupState, deny: boolean): readonly Hit[] {
  const { match } = verdict;
  if (match === 'none') return [];
  if (match !== 'unknown') {
    const { width, everyone } = KINDS[match];
    return hitsOf(verdict, state, { deny, width, everyone });
  }
  // A program older than its agent: only where there is no choice is there an answer.
  const hits = hitsOf(verdict, state, { deny });
  const kinds = new Set(hits.map(({ width, everyone }) => `${width} ${String(everyone)}`));
  return kinds.size === 1 ? hits : [];
}

/**
 * Of several ports and ranges that cover the packet the longest prefix decides, but of denials the shortest: the
 * agent leaves out what another one covers (pkg/policy/mapstate.go, insertWithChanges; ranges exist since 1.16).
 */
function ofPrefix(hits: readonly Hit[], { destinationPort }: Verdict): readonly Hit[] {
  const [first] = hits;
  if (first === undefined || hits.length === 1 || destinationPort === null) return hits;
  const lengths = hits.map(({ entry }) => portPrefix(entry, destinationPort));
  const deciding = first.selector.deny ? Math.min(...lengths) : Math.max(...lengths);
  return hits.filter((_, at) => lengths[at] === deciding);
}

/** Everything of that kind that covers the packet. */
function hitsOf(verdict: Verdict, { endpoint, selectors }: LookupState, kind: Kind): Hit[] {
  const { direction, remoteIdentity: remote } = verdict;
  const protocol = protocolOf(verdict);
  const hits: Hit[] = [];
  for (const entry of endpoint.entries[direction]) {
    if (entry.protocol !== 'ANY' && entry.protocol !== protocol) continue;
    const widths = widthsOf(entry, protocol, verdict, endpoint);
    if (widths.length === 0 || (kind.width !== undefined && !widths.includes(kind.width))) continue;
    const assumed = direction === 'egress' && entry.portName !== null && entry.port === 0;
    for (const selector of entry.selectors) {
      if (selector.deny !== kind.deny) continue;
      const everyone = selector.meaning.kind === 'everyone';
      if (kind.everyone !== undefined && everyone !== kind.everyone) continue;
      if (!everyone && (remote === null || !selectors.selects(selector.text, remote))) continue;
      if (kind.width !== undefined) hits.push({ width: kind.width, entry, selector, everyone, assumed });
      else for (const width of widths) hits.push({ width, entry, selector, everyone, assumed });
    }
  }
  return hits;
}

const PORT: readonly Width[] = ['port'];
const PROTOCOL: readonly Width[] = ['protocol'];
const PORT_OR_PROTOCOL: readonly Width[] = ['port', 'protocol'];
const ANY: readonly Width[] = ['any'];
const NONE: readonly Width[] = [];

/** None where the entry does not cover the packet. */
function widthsOf(
  entry: RealizedEntry,
  protocol: string,
  verdict: Verdict,
  endpoint: RealizedPolicy,
): readonly Width[] {
  if (protocol === 'ICMP' || protocol === 'ICMPV6') return icmpWidths(entry, verdict);
  if (entry.portName !== null) return isNamedPort(entry, entry.portName, verdict, endpoint) ? PORT : NONE;
  if (entry.port === 0) return entry.protocol === 'ANY' ? ANY : PROTOCOL;
  const port = verdict.destinationPort;
  return port !== null && entry.port <= port && port <= (entry.ruledEnd ?? entry.endPort) ? PORT : NONE;
}

/** Type 0, the echo reply, is written like "every type": such an entry may match in either way. */
function icmpWidths(entry: RealizedEntry, { icmp }: Verdict): readonly Width[] {
  if (entry.protocol === 'ANY') return entry.port === 0 && entry.portName === null ? ANY : NONE;
  if (entry.port === 0) return icmp?.type === 0 ? PORT_OR_PROTOCOL : PROTOCOL;
  return icmp !== null && icmp.type === entry.port ? PORT : NONE;
}

/** On egress the name is the remote pod's, which its own agent knows. */
function isNamedPort(entry: RealizedEntry, name: string, verdict: Verdict, endpoint: RealizedPolicy): boolean {
  if (verdict.destinationPort === null) return false;
  if (entry.port !== 0) return entry.port === verdict.destinationPort;
  return verdict.direction === 'egress' || endpoint.namedPorts.get(name) === verdict.destinationPort;
}

/** Cilium has rules for some by name (pkg/policy/api/l4.go), and prints two of them by number. */
function protocolOf({ protocol }: Verdict): string {
  switch (protocol) {
    case 'ICMPv6':
      return 'ICMPV6';
    case '112':
      return 'VRRP';
    case '2':
      return 'IGMP';
    default:
      return protocol;
  }
}
