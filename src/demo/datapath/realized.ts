/** An endpoint's realized policy, and the look-up that the datapath does in it for every new packet. */
import type { Direction, MatchType } from '../../model/event.ts';
import type { NamedPort } from './endpoint.ts';
import type { HttpRule, PolicyOrigin, Spec } from './rule.ts';
import { EVERYONE, type Label, reservedSelector, type Selector } from './selector.ts';

export interface SelectorEntry {
  readonly selector: Selector;
  readonly deny: boolean;
  readonly http: readonly HttpRule[] | null;
  /** Those that decide: where one denies, none that allows. */
  readonly origins: readonly PolicyOrigin[];
  /** All that name it, as the agent tells of them (Cilium pkg/policy/l4.go, RuleOrigin). */
  readonly makers: readonly PolicyOrigin[];
}

/** What holds for one protocol and port. */
export interface PolicyEntry {
  readonly protocol: string;
  readonly port: number;
  readonly endPort: number;
  /** Then the port is 0 here: the pod that it belongs to says which one it is. */
  readonly portName: string | null;
  readonly selectors: readonly SelectorEntry[];
}

export interface RealizedPolicy {
  readonly enforced: Readonly<Record<Direction, boolean>>;
  readonly entries: Readonly<Record<Direction, readonly PolicyEntry[]>>;
}

export interface Decision {
  readonly action: 'allow' | 'deny' | 'redirect';
  readonly match: MatchType;
  readonly origins: readonly PolicyOrigin[];
  readonly http: readonly HttpRule[] | null;
  /** The policy map's key that decided: counted there. */
  readonly key: string;
}

/** A port without a protocol means both (Cilium pkg/policy/l4.go); SCTP is switched off as it is by default. */
function protocolsOf(protocol: string, port: number | string): readonly string[] {
  return protocol === 'ANY' && port !== 0 ? ['TCP', 'UDP'] : [protocol];
}

function entriesOf(specs: readonly Spec[], direction: Direction): PolicyEntry[] {
  const flat = specs.flatMap(({ origin, rules }) =>
    rules
      .filter((rule) => rule.direction === direction)
      .flatMap((rule) =>
        rule.ports.flatMap((port) =>
          protocolsOf(port.protocol, port.name ?? port.port).flatMap((protocol) =>
            rule.peers.map((selector) => ({ origin, selector, protocol, port, deny: rule.deny })),
          ),
        ),
      ),
  );
  const byPort = Map.groupBy(
    flat,
    ({ protocol, port }) => `${protocol} ${port.port} ${port.endPort} ${port.name ?? ''}`,
  );
  return [...byPort.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const bySelector = Map.groupBy(same, ({ selector }) => selector.text);
    const selectors = [...bySelector.values()].flatMap((alike): SelectorEntry[] => {
      const [one] = alike;
      if (one === undefined) return [];
      const makers = [...new Set(alike.map(({ origin }) => origin))];
      const denying = alike.filter(({ deny }) => deny);
      if (denying.length > 0) {
        const origins = [...new Set(denying.map(({ origin }) => origin))];
        return [{ selector: one.selector, deny: true, http: null, origins, makers }];
      }
      const http = alike.flatMap(({ port }) => port.http ?? []);
      return [{ selector: one.selector, deny: false, http: http.length > 0 ? http : null, origins: makers, makers }];
    });
    const { port, endPort, name: portName } = first.port;
    return [{ protocol: first.protocol, port, endPort, portName, selectors }];
  });
}

const ALLOW_ALL: PolicyEntry = {
  protocol: 'ANY',
  port: 0,
  endPort: 0,
  portName: null,
  selectors: [{ selector: EVERYONE, deny: false, http: null, origins: [], makers: [] }],
};

export function realize(specs: readonly Spec[], labels: readonly Label[]): RealizedPolicy {
  const selecting = specs.filter(({ subject }) => subject.selects(labels));
  const isEnforced = (direction: Direction) => selecting.some(({ enforced }) => enforced.includes(direction));
  const entries = (direction: Direction) => {
    const isolated = selecting.some((spec) => spec.isolated.includes(direction));
    const own = entriesOf(selecting, direction);
    return isolated || !isEnforced(direction) ? own : [...own, ALLOW_ALL];
  };
  return {
    enforced: { ingress: isEnforced('ingress'), egress: isEnforced('egress') },
    entries: { ingress: entries('ingress'), egress: entries('egress') },
  };
}

interface Candidate {
  /** 2 for a port, 1 for a protocol, 0 for all traffic. */
  readonly width: 0 | 1 | 2;
  /** Bits of the key that it is found by: of the protocol, and of the port. */
  readonly prefix: number;
  readonly everyone: boolean;
  readonly entry: PolicyEntry;
  readonly selector: SelectorEntry;
}

/** The node itself is always let in to its pods (`allow-localhost`). */
const LOCALHOST: Candidate = {
  width: 0,
  prefix: 0,
  everyone: false,
  entry: ALLOW_ALL,
  selector: { selector: reservedSelector('host'), deny: false, http: null, origins: [], makers: [] },
};

function matchOf({ width, everyone }: Candidate, minor: number): MatchType {
  if (width === 2) return everyone ? 'L4-Only' : 'L3-L4';
  // The two names for a protocol without a port came with 1.13.
  if (width === 1 && minor >= 13) return everyone ? 'Proto-Only' : 'L3-Proto';
  return everyone ? 'all' : 'L3-Only';
}

/** A range is as many keys as it takes prefixes (Cilium pkg/policy, PortRangeToMaskedPorts). */
function prefixOf({ protocol, port: first, endPort }: PolicyEntry, port: number): number {
  if (first === 0) return protocol === 'ANY' ? 0 : 8;
  let bits = 0;
  const begin = (some: number) => Math.floor(port / 2 ** some) * 2 ** some;
  while (bits < 16 && begin(bits + 1) >= first && begin(bits + 1) + 2 ** (bits + 1) - 1 <= endPort) bits += 1;
  return 24 - bits;
}

/** The entry with the number that a named port has at the pod it belongs to; null where that pod has no such port. */
export function withNumber(entry: PolicyEntry, named: readonly NamedPort[]): PolicyEntry | null {
  if (entry.portName === null) return entry;
  const found = named.find(({ name, protocol }) => name === entry.portName && protocol === entry.protocol);
  return found === undefined ? null : { ...entry, port: found.port, endPort: found.port };
}

/** `port` is the type for ICMP; `named` are the named ports of the pod that the packet goes to. */
export function lookUp(
  policy: RealizedPolicy,
  direction: Direction,
  remote: { readonly identity: number; readonly parsedLabels: readonly Label[] },
  named: readonly NamedPort[],
  protocol: string,
  port: number,
  minor: number,
): Decision {
  const candidates = policy.entries[direction].flatMap((written): Candidate[] => {
    const entry = withNumber(written, named);
    if (entry === null) return [];
    if (entry.protocol !== 'ANY' && entry.protocol !== protocol) return [];
    if (entry.port !== 0 && (port < entry.port || port > entry.endPort)) return [];
    const width = entry.port !== 0 ? 2 : entry.protocol === 'ANY' ? 0 : 1;
    return entry.selectors
      .filter(({ selector }) => selector.everyone || selector.selects(remote.parsedLabels))
      .map((selector) => ({
        width,
        prefix: prefixOf(entry, port),
        everyone: selector.selector.everyone,
        entry,
        selector,
      }));
  });
  if (direction === 'ingress' && remote.identity === 1) candidates.push(LOCALHOST);
  const denies = candidates.filter(({ selector }) => selector.deny);
  const redirects = candidates.filter(({ selector }) => selector.http !== null);
  const pool =
    denies.length > 0
      ? minor >= 16
        ? denies.filter((deny) => !denies.some((other) => covers(other, deny)))
        : denies
      : minor >= 17 && redirects.length > 0
        ? redirects
        : candidates;
  const longest = Math.max(...pool.map(({ prefix }) => prefix));
  const narrow = pool.filter(({ prefix }) => prefix === longest);
  // Since 1.17 an entry for one identity is left out where one for everybody says the same.
  const order = minor >= 17 ? (narrow.includes(LOCALHOST) ? [false, true] : [true, false]) : [false, true];
  const best = order
    .map((everyone) => narrow.filter((candidate) => candidate.everyone === everyone))
    .find((some) => some.length > 0);
  const [first] = best ?? [];
  if (best === undefined || first === undefined) {
    return { action: 'deny', match: 'none', origins: [], http: null, key: '' };
  }
  const http = best.flatMap(({ selector }) => selector.http ?? []);
  const { entry } = first;
  return {
    action: first.selector.deny ? 'deny' : http.length > 0 ? 'redirect' : 'allow',
    match: matchOf(first, minor),
    origins: [...new Set(best.flatMap(({ selector }) => selector.origins))],
    http: http.length > 0 ? http : null,
    key: policyMapKey(direction, first.everyone ? 0 : remote.identity, entry.protocol, entry.port),
  };
}

/** Denials that another one covers are left out of the map (Cilium pkg/policy/mapstate.go, 1.16 on). */
function covers(broad: Candidate, narrow: Candidate): boolean {
  const isOther = broad.prefix !== narrow.prefix || broad.everyone !== narrow.everyone;
  return isOther && (broad.everyone || !narrow.everyone) && broad.prefix <= narrow.prefix;
}

export function policyMapKey(direction: Direction, identity: number, protocol: string, port: number): string {
  return `${direction} ${identity} ${protocol} ${port}`;
}
