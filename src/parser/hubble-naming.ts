/** The policies that Hubble names in a flow of its JSON, and how far its word goes (Cilium pkg/policy/correlation, 1.15 to 1.19). */
import type { HubbleFlow } from '../model/hubble.ts';
import type { Direction } from '../model/packet.ts';
import { POLICY_KINDS, type PolicyKind, type PolicyRef } from '../model/policy.ts';
import { type JsonObject, numberOf, objectsOf, textOf, textsOf } from './json-fields.ts';

type Naming = Pick<HubbleFlow, 'policies' | 'policyRevision' | 'byAgentItself'>;

const NOBODY: Naming = { policies: [], policyRevision: null, byAgentItself: false };

/**
 * `L4-Only`, `L3-Proto` and `Proto-Only`: before 1.17 Hubble looks none of them up by the key that matched. 1.15 takes
 * the first of the exact key, the identity's and everybody's, 1.16 the identity's own port for `L4-Only`: what they find
 * is another rule.
 */
const LOOKED_UP_SINCE_KINDS: readonly (number | null)[] = [3, 5, 6];

/** 1.15 has those that allow, 1.16 those that deny as well; there is never more than one kind of them for a verdict. */
export function readNaming(flow: JsonObject, direction: Direction | null): Naming {
  if (direction === null) return NOBODY;
  const told = [...objectsOf(flow, `${direction}_allowed_by`), ...objectsOf(flow, `${direction}_denied_by`)];
  if (told.length === 0) return NOBODY;
  const hasKinds = told.some((policy) => textOf(policy, 'kind') !== null);
  if (!hasKinds && LOOKED_UP_SINCE_KINDS.includes(numberOf(flow, 'policy_match_type'))) return NOBODY;
  const policies = told.flatMap((policy) => policyOf(policy) ?? []);
  return {
    policies,
    policyRevision: newestOf(told),
    byAgentItself: policies.length === 0 && told.every(isOfAgentItself),
  };
}

/** pkg/policy/mapstate.go: allow-localhost-ingress, allow-any-ingress, allow-any-egress. */
const AGENT_ITSELF = 'reserved:io.cilium.policy.derived-from=';

function isOfAgentItself(policy: JsonObject): boolean {
  return textsOf(policy, 'labels').some((label) => label.startsWith(AGENT_ITSELF));
}

const KINDS: ReadonlyMap<string | null, PolicyKind> = new Map(POLICY_KINDS.map((kind) => [kind, kind]));
const LABEL = 'k8s:io.cilium.k8s.policy.';

/** Null for what the agent allows by itself. The kind is a field from 1.17 on, and a label before. */
function policyOf(policy: JsonObject): PolicyRef | null {
  const labels = textsOf(policy, 'labels');
  const labelled = (key: string) => {
    const start = `${LABEL}${key}=`;
    return labels.find((label) => label.startsWith(start))?.slice(start.length) ?? null;
  };
  const name = textOf(policy, 'name') ?? labelled('name') ?? '';
  if (name === '') {
    // A rule that was given to the agent without Kubernetes goes by its labels.
    const own = labels.filter((label) => !label.startsWith('reserved:'));
    return own.length === 0 ? null : { kind: null, namespace: null, name: own.join(',') };
  }
  const namespace = textOf(policy, 'namespace') ?? labelled('namespace') ?? '';
  const kind = KINDS.get(textOf(policy, 'kind')) ?? KINDS.get(labelled('derived-from')) ?? null;
  return { kind, namespace: namespace === '' ? null : namespace, name };
}

/** protobuf's JSON writes 64-bit numbers as strings, and leaves zeros out. */
function newestOf(told: readonly JsonObject[]): number | null {
  const revisions = told.map((policy) => numberOf(policy, 'revision') ?? Number(textOf(policy, 'revision') ?? 0));
  const newest = Math.max(...revisions);
  return Number.isSafeInteger(newest) && newest > 0 ? newest : null;
}
