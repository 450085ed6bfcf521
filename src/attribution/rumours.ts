/** Owns the policies that an agent said to have come or gone: what there is to tell of a name before the state is read, and after. */
import { type PolicyRef, policyKey } from '../model/policy.ts';
import { createRecent } from './recent.ts';

export interface Rumours {
  add(policy: PolicyRef): void;
  /** Those of a name that can be about an endpoint of that namespace. */
  of(name: string, namespace: string | null): readonly PolicyRef[];
}

const MOST_KEPT = 256;

export function createRumours(): Rumours {
  const heard = createRecent<string, PolicyRef>(MOST_KEPT);

  return {
    add: (policy) => heard.set(policyKey(policy), policy),
    of: (name, namespace) =>
      [...heard.values()].filter(
        (policy) => policy.name === name && (policy.namespace === null || policy.namespace === namespace),
      ),
  };
}
