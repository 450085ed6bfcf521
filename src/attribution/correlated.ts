/** Owns what Hubble itself says of a verdict: the policies that it named in the flow. */
import type { Verdict } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';
import type { Answers } from './answers.ts';

/**
 * Null where Hubble names nobody: default denies, audit, port ranges, ICMP type 0, and every verdict before 1.15
 * (Cilium pkg/policy/correlation, 1.19).
 */
export function namedByHubble({ hubble }: Verdict, answers: Answers): Attribution | null {
  if (hubble === null || hubble.policies.length === 0) return null;
  return answers.correlated(hubble.policies);
}
