/** What the flags of `policies` hold once they are read. */
import type { Jsonpath } from '../model/order.ts';
import type { ClusterFlags, MessageFlags, TargetFlags } from './options.ts';
import type { RowsFlags } from './rows-flags.ts';

export const POLICIES_OUTPUTS = ['table', 'wide', 'json', 'jsonl', 'yaml', 'csv', 'markdown'] as const;

export interface PoliciesFlags extends ClusterFlags, TargetFlags, MessageFlags, RowsFlags {
  readonly output: (typeof POLICIES_OUTPUTS)[number] | Jsonpath;
  readonly duration: number;
  readonly traffic?: boolean;
  readonly input?: readonly string[];
}
