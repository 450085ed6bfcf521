/** Whose flow it is: the patched Cilium's Hubble has fields of its own, and stock Cilium's has some that came after the patch. */
import type { Dialect } from '../model/event.ts';
import { type JsonObject, numberOf, objectOf, textOf } from './json-fields.ts';

const POLICY_VERDICT = 5;
const L7 = 129;
/** Cilium api/v1/flow/flow.proto: since 1.15 and 1.16, 1.14, 1.19; the patched Cilium is a 1.10. */
const STOCK_FIELDS = [
  'ingress_allowed_by',
  'egress_allowed_by',
  'ingress_denied_by',
  'egress_denied_by',
  'auth_type',
  'emitter',
] as const;
/** The patched datapath reports no other match than all (bpf/lib/policy.h), and none with `implicit-default-deny` as the name. */
const ALL = 4;

/** The patched Cilium's own fields are left out where they are empty: one that has neither may be its as well. */
export function isPatchedFlow(flow: JsonObject): boolean {
  return textOf(flow, 'policy_name') !== null || typeof flow.audit_mode === 'boolean';
}

/** Whether it can only be another Cilium's than the one that was told. */
export function isForeignFlow(flow: JsonObject, told: Dialect | null): boolean {
  const type = numberOf(objectOf(flow, 'event_type') ?? {}, 'type');
  if (told === null || (type !== POLICY_VERDICT && type !== L7)) return false;
  if (told === 'cilium') return isPatchedFlow(flow);
  if (isPatchedFlow(flow)) return false;
  if (STOCK_FIELDS.some((field) => field in flow)) return true;
  return type === POLICY_VERDICT && numberOf(flow, 'policy_match_type') !== ALL;
}
