/** Owns the names of policies in the labels that the agent puts on each rule. */
import { POLICY_KINDS, type PolicyKind, type PolicyRef } from '../model/policy.ts';
import { parseLabel } from './label-selector.ts';

const PREFIX = 'io.cilium.k8s.policy.';

const KINDS: ReadonlyMap<string, PolicyKind> = new Map(POLICY_KINDS.map((kind) => [kind, kind]));

/** Null for the agent's own rules (allow-localhost and the like), which are nobody's policy. */
export function policyFromLabels(labels: readonly string[]): PolicyRef | null {
  const parsed = labels.map(parseLabel);
  const value = (name: string) => parsed.find(({ source, key }) => source === 'k8s' && key === PREFIX + name)?.value;
  const name = value('name');
  if (name !== undefined && name !== '') {
    const namespace = value('namespace') ?? '';
    const kind = KINDS.get(value('derived-from') ?? '') ?? null;
    return { kind, namespace: namespace === '' ? null : namespace, name };
  }
  // A rule that was given to the agent without Kubernetes goes by its labels.
  const own = labels.filter((label) => !label.startsWith('reserved:'));
  return own.length === 0 ? null : { kind: null, namespace: null, name: own.join(',') };
}
