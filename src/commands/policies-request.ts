/** What the flags of `policies` hold once they are read. */
import type { ClusterFlags, MessageFlags, TargetFlags } from './options.ts';

export const POLICIES_OUTPUTS = ['table', 'wide', 'json', 'jsonl', 'yaml', 'csv', 'markdown'] as const;

export interface PoliciesFlags extends ClusterFlags, TargetFlags, MessageFlags {
  readonly output: (typeof POLICIES_OUTPUTS)[number];
  readonly duration: number;
  readonly input?: readonly string[];
}
