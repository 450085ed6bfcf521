/** Owns ranges of ports: how wide the datapath's key for one is, and where one ends that the agent prints without its end. */
import { isSamePolicy } from '../model/policy.ts';
import type { OwnedRule } from './isolation.ts';
import type { RealizedEntry } from './realized-policy.ts';

const PORT_BITS = 16;

/**
 * The prefix length of the key that a port is looked up by: a range is as many keys as it takes prefixes
 * (pkg/policy, PortRangeToMaskedPorts).
 */
export function portPrefix({ port: first, endPort, portName }: RealizedEntry, port: number): number {
  if (portName !== null) return PORT_BITS;
  let bits = PORT_BITS;
  for (let size = 2; bits > 0; size *= 2) {
    const begin = port - (port % size);
    if (begin < first || begin + size - 1 > endPort) break;
    bits -= 1;
  }
  return bits;
}

interface Ended {
  readonly rules: readonly OwnedRule[];
  readonly entries: readonly RealizedEntry[];
}

/** By the entries as they were told: each is asked for by every verdict that is new. */
const known = new WeakMap<readonly RealizedEntry[], Ended>();

/** The entries with the ends that their policies' own rules give them: 1.16 knows ranges, and may tell only where they begin. */
export function withEnds(entries: readonly RealizedEntry[], rules: readonly OwnedRule[]): readonly RealizedEntry[] {
  const old = known.get(entries);
  if (old?.rules === rules) return old.entries;
  const ended = endedBy(entries, rules);
  known.set(entries, { rules, entries: ended });
  return ended;
}

function endedBy(entries: readonly RealizedEntry[], rules: readonly OwnedRule[]): readonly RealizedEntry[] {
  const ranges = rules.flatMap(({ policy, rule }) =>
    (rule.ports ?? []).filter(isRange).map((range) => ({ policy, range })),
  );
  if (ranges.length === 0 || entries.some(isRange)) return entries;
  return entries.map((entry) => {
    const own = ranges.filter(
      ({ policy, range: { protocol, port } }) =>
        port === entry.port &&
        (protocol === 'ANY' || protocol === entry.protocol) &&
        entry.policies.some((one) => isSamePolicy(one, policy)),
    );
    if (own.length === 0) return entry;
    return { ...entry, ruledEnd: Math.max(entry.endPort, ...own.map(({ range }) => range.endPort)) };
  });
}

function isRange({ port, endPort }: { readonly port: number | string; readonly endPort: number }): boolean {
  return typeof port === 'number' && endPort > port;
}
