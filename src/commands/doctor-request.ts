/** What the flags of `doctor` hold once they are read. */
import type { RoleMode } from '../doctor/needs.ts';
import type { ClusterFlags, MessageFlags, TargetFlags } from './options.ts';

export const DOCTOR_OUTPUTS = ['table', 'json', 'yaml'] as const;

export interface DoctorFlags extends ClusterFlags, TargetFlags, Omit<MessageFlags, 'strict'> {
  readonly output: (typeof DOCTOR_OUTPUTS)[number];
  readonly role?: RoleMode;
}
