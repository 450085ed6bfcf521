/** Owns which drops are a policy's doing, so that each has a verdict of its own. */
import type { Drop } from '../model/event.ts';

/** Cilium pkg/monitor/api/drop.go: policy denied (159 and 162 up to 1.6), by a deny rule, authentication required. */
const POLICY_CODES: ReadonlySet<number> = new Set([133, 181, 189]);
const POLICY_REASON = /^(?:Policy denied\b|Authentication required$)/;

export function isPolicyDrop({ reason, reasonCode }: Pick<Drop, 'reason' | 'reasonCode'>): boolean {
  return (reasonCode !== null && POLICY_CODES.has(reasonCode)) || POLICY_REASON.test(reason);
}
