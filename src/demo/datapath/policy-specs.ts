/** Reads a policy object of any kind into the specs that the agent would import. */
import * as v from 'valibot';
import type { PolicyKind } from '../../model/policy.ts';
import type { KubeObject } from '../ports.ts';
import { ciliumSpec } from './cilium-policy.ts';
import { networkSpec } from './network-policy.ts';
import type { PolicyOrigin, Spec } from './rule.ts';

const HasSpecs = v.object({ spec: v.nullish(v.unknown()), specs: v.nullish(v.array(v.unknown())) });
const Refused = v.object({
  status: v.object({ conditions: v.array(v.object({ type: v.string(), status: v.string() })) }),
});

/** The specs of one policy object; none where the agent would not understand it, or is said to refuse it. */
export function specsOf(object: KubeObject, kind: PolicyKind, local: boolean): Spec[] {
  const origin: PolicyOrigin = {
    kind,
    namespace: object.metadata.namespace ?? null,
    name: object.metadata.name,
    uid: object.metadata.uid ?? '',
  };
  if (isRefused(object)) return [];
  try {
    const { spec, specs } = v.parse(HasSpecs, object);
    const raw = [...(spec === null || spec === undefined ? [] : [spec]), ...(specs ?? [])];
    return raw.map((one) =>
      kind === 'NetworkPolicy' ? networkSpec(one, origin, local) : ciliumSpec(one, origin, local),
    );
  } catch (error) {
    if (v.isValiError(error)) return [];
    throw error;
  }
}

function isRefused(object: KubeObject): boolean {
  const read = v.safeParse(Refused, object);
  return (
    read.success && read.output.status.conditions.some(({ type, status }) => type === 'Valid' && status === 'False')
  );
}
