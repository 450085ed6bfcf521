/** What `doctor` finds: checks, and what it knows of each agent. Its JSON form is a contract (`apiVersion: policystat/v1`). */
import type { Dialect } from './event.ts';

export type CheckStatus = 'ok' | 'warning' | 'failed' | 'unknown';

/** In the order in which they are shown. */
export const CHECK_NAMES = [
  'cluster',
  'user',
  'permissions',
  'targets',
  'agents',
  'version',
  'event-types',
  'enforcement',
  'audit-mode',
  'verdict-events',
  'rate-limit',
  'aggregation',
  'hubble',
  'hubble-names',
  'clock',
  'leftovers',
  'cost',
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

export interface Check {
  readonly check: CheckName;
  readonly status: CheckStatus;
  /** Whose agent it is about; null for the cluster. */
  readonly node: string | null;
  readonly text: string;
  /** What to do; null where there is nothing to do. */
  readonly advice: string | null;
}

/** One verdict of which Hubble and attribution name other policies. */
export interface NamedOtherwise {
  readonly verdict: string;
  readonly hubble: string;
  readonly derived: string;
}

export interface DoctorAgent {
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  readonly version: string | null;
  readonly dialect: Dialect | null;
  /** `cilium-dbg` in newer images, `cilium` in older ones. */
  readonly program: string | null;
  readonly eventTypes: readonly string[] | null;
  readonly hubble: { readonly state: string; readonly bufferFlows: number | null } | null;
  /** How many recent verdicts that Hubble named were held against attribution; null where none could be. */
  readonly hubbleNames: {
    readonly compared: number;
    /** Verdicts that Hubble has no name for: default denies, audit, and some that it does not cover. */
    readonly unnamed: number;
    readonly differ: number;
    /** At most 20 of those that differ. */
    readonly differing: readonly NamedOtherwise[];
  } | null;
  /** The agent's clock against ours, in seconds: at least so much later; negative: earlier; 0 where it may be the same. */
  readonly clockSeconds: number | null;
  /** Running in its container; null where it could not be looked. */
  readonly monitors: { readonly policystat: number; readonly others: number; readonly zombies: number } | null;
}

export interface DoctorReport {
  readonly apiVersion: 'policystat/v1';
  readonly kind: 'DoctorReport';
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly context: string | null;
  readonly server: string;
  readonly checks: readonly Check[];
  readonly agents: readonly DoctorAgent[];
  /** The smallest roles for what is missing, as YAML; null where nothing is. */
  readonly roles: string | null;
}
