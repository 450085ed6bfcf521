/** Owns whether a policy is enforced: what the agents' realized policies hold of it, and what Cilium says in its status. */
import type { PolicySpec } from '../attribution/policy-object.ts';
import type { PolicyStatus } from '../attribution/policy-status.ts';
import { type RealizedPolicy, realizes } from '../attribution/realized-policy.ts';
import type { Direction } from '../model/event.ts';
import type { PolicyRef } from '../model/policy.ts';
import type { Enforcement, NotEnforcedReason } from '../model/policy-report.ts';
import { ruledDirections, type Selected } from './selection.ts';

interface AtEndpoint {
  readonly isFull: boolean;
  readonly isAny: boolean;
  readonly audits: boolean;
  readonly reasons: readonly NotEnforcedReason[];
}

export function judgeEnforcement(
  policy: PolicyRef,
  specs: readonly PolicySpec[],
  selected: readonly Selected[],
  { rejection, isRefused }: PolicyStatus,
): Enforcement {
  const judged = selected.flatMap(({ endpoint, specs: selecting }) =>
    endpoint.realized === null ? [] : [atEndpoint({ policy, specs: selecting, isRefused }, endpoint.realized)],
  );
  const enforced = judged.filter(({ isFull, audits }) => isFull && !audits).length;
  const reasons = new Set(judged.flatMap((each) => each.reasons));
  if (ruledDirections(specs).length === 0) reasons.clear();
  if (ruledDirections(specs).length === 0) reasons.add('no-rules');
  if (rejection !== null) reasons.add('rejected');
  return {
    status: statusOf(judged, enforced, reasons),
    enforced,
    known: judged.length,
    reasons: [...reasons],
    message: rejection,
  };
}

function statusOf(
  judged: readonly AtEndpoint[],
  enforced: number,
  reasons: ReadonlySet<NotEnforcedReason>,
): Enforcement['status'] {
  if (judged.length === 0) return reasons.size > 0 ? 'not-enforced' : 'unknown';
  if (enforced === judged.length) return 'enforced';
  if (!judged.some(({ isAny }) => isAny)) return 'not-enforced';
  return judged.every(({ isFull, audits }) => isFull && audits) ? 'audited' : 'partly';
}

interface Judged {
  readonly policy: PolicyRef;
  /** Those that select the endpoint. */
  readonly specs: readonly PolicySpec[];
  readonly isRefused: boolean;
}

function atEndpoint({ policy, specs, isRefused }: Judged, realized: RealizedPolicy): AtEndpoint {
  const directions = ruledDirections(specs);
  const missing = directions.flatMap((direction): NotEnforcedReason[] => {
    if (!realized.enforced[direction]) return ['enforcement-off'];
    const isTold = isRefused || makesEntries(specs, direction);
    return isTold && !realizes(realized, policy, direction) ? ['not-realized'] : [];
  });
  const isAny = missing.length < directions.length;
  return {
    isFull: directions.length > 0 && missing.length === 0,
    isAny,
    audits: realized.audits,
    reasons: realized.audits && isAny ? [...missing, 'audit-mode'] : missing,
  };
}

/** Rules with a port are always told of; what becomes of the others depends on their peers and on the version. */
function makesEntries(specs: readonly PolicySpec[], direction: Direction): boolean {
  return specs.some(({ rules }) =>
    rules[direction].some(
      ({ peers, ports }) =>
        peers.some(({ kind }) => kind !== 'resolved' && kind !== 'unreadable') &&
        ports?.some(({ port }) => port !== 0) === true,
    ),
  );
}
