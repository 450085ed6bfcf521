/** The words for `-t`: Cilium's names, repeated or comma separated, and what manuals call them. */
import { InvalidArgumentError } from 'commander';
import type { MonitorRecord } from '../model/event.ts';

/** What people know from manuals, though no Cilium takes it. */
const ALSO_KNOWN_AS: ReadonlyMap<string, string> = new Map([
  ['policy', 'policy-verdict'],
  ['nat', 'trace-sock'],
]);

/** A parser for an option that takes any of `known`; what it gives holds each of them once. */
export function eventTypes(
  known: readonly string[],
): (value: string, before: readonly string[] | undefined) => readonly string[] {
  return (value, before = []) => {
    const types = value.split(',').map((word) => {
      const type = ALSO_KNOWN_AS.get(word.trim()) ?? word.trim();
      if (!known.includes(type)) throw new InvalidArgumentError(`Give ${known.join(', ')}, repeated or with commas.`);
      return type;
    });
    return [...new Set([...before, ...types])];
  };
}

/** Cilium pkg/monitor/api/types.go, 1.0 to 1.19. */
const CILIUM_TYPES: readonly string[] = [
  'policy-verdict',
  'drop',
  'l7',
  'trace',
  'capture',
  'debug',
  'agent',
  'recorder',
  'trace-sock',
];

/** Which events are printed, in Cilium's words. */
export interface EventTypes {
  readonly wanted: ReadonlySet<string>;
  /** `nat`, as manuals call it: both phases of a translation as one record. */
  readonly joinsTranslations: boolean;
}

export function collectEventTypes(value: string, before: EventTypes | undefined): EventTypes {
  const wanted = eventTypes(CILIUM_TYPES)(value, [...(before?.wanted ?? [])]);
  const isNat = value.split(',').some((word) => word.trim() === 'nat');
  return { wanted: new Set(wanted), joinsTranslations: isNat || before?.joinsTranslations === true };
}

/** Null for what is no event of Cilium's: losses, gaps, lines that are not understood. */
export function ciliumTypeOf(type: MonitorRecord['type'] | 'gap'): string | null {
  if (type === 'nat') return 'trace-sock';
  return CILIUM_TYPES.includes(type) ? type : null;
}

/** Printed with `-v` only (Cilium pkg/monitor/format, 1.8 on). */
export function needsVerbose({ wanted }: EventTypes): boolean {
  return wanted.has('trace-sock') || wanted.has('debug');
}
