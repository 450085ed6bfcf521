/** How much an aggregator may remember; what does not fit is counted in an entry named `other`. */
export interface Limits {
  /** Rows, besides one `other` row for each direction. */
  readonly rows: number;
  readonly peersPerRow: number;
  readonly portsPerRow: number;
  /** Where groups are asked for; besides one that folds the rest for each direction. */
  readonly groups: number;
  /** Denied flows that are told apart; beyond it `attempts` stays where it is, a lower bound. */
  readonly flows: number;
}

export const DEFAULT_LIMITS: Limits = {
  rows: 2_000,
  peersPerRow: 1_000,
  portsPerRow: 500,
  groups: 10_000,
  flows: 250_000,
};
