/** Owns whether a verdict is the policy's that an expectation names. */
import { type Attribution, IMPLICIT_DEFAULT_DENY, UNATTRIBUTED } from '../model/policy.ts';
import type { Metric, PolicyPattern } from './expectation.ts';

/** Null where nobody can tell: the verdict has no policy, it may have been another one's, or its policy's namespace is not known. */
export function isOfPolicy(
  { namespace, name }: PolicyPattern,
  attribution: Attribution | null,
  metric: Metric,
): boolean | null {
  if (attribution === null || attribution.grade === 'unattributed') {
    if (namespace === null && name === UNATTRIBUTED) return true;
    const isRefused = metric !== 'allowed' && metric !== 'redirected';
    if (attribution?.reason === 'no-policy-applies' || (name === IMPLICIT_DEFAULT_DENY && !isRefused)) return false;
    return null;
  }
  if (attribution.grade === 'default-deny') return namespace === null && name === IMPLICIT_DEFAULT_DENY;
  const { policies, ambiguous } = attribution;
  const named = policies.filter((ref) => ref.name === name);
  // One of several candidates need not have decided; it has where all of them are meant.
  if (named.some((ref) => namespace === null || ref.namespace === namespace))
    return ambiguous && named.length < policies.length ? null : true;
  return named.some((ref) => ref.namespace === null && (ref.kind === null || ambiguous)) ? null : false;
}
