/** What the flags of `check` hold once they are read. */
import type { Jsonpath } from '../model/order.ts';
import type { ClusterFlags, MessageFlags, TargetFlags } from './options.ts';

export const CHECK_OUTPUTS = ['table', 'json', 'junit'] as const;

export interface CheckFlags extends ClusterFlags, TargetFlags, MessageFlags {
  readonly expect?: readonly string[];
  readonly file?: readonly string[];
  readonly output: (typeof CHECK_OUTPUTS)[number] | Jsonpath;
  readonly duration?: number;
  readonly settle: number;
  readonly summaryFile?: string;
  readonly input?: readonly string[];
}
