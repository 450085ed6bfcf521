/** The numbers that every row has. */

/** Verdicts on new connections, except `denied`, which are packets, and `attempts`, which are distinct denied flows. */
export interface Counts {
  readonly allowed: number;
  readonly redirected: number;
  readonly audited: number;
  readonly denied: number;
  readonly attempts: number;
}
