/** Owns labels and label selectors as Cilium understands them: every key has a source, and `any` is every source. */
import * as v from 'valibot';

/** One `source:key=value`. */
export interface Label {
  readonly source: string;
  readonly key: string;
  readonly value: string;
}

export type Labels = readonly Label[];

export type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

/** `matchLabels` are requirements with the operator `In` and one value. */
export interface Requirement {
  readonly source: string;
  readonly key: string;
  readonly operator: Operator;
  /** Sorted. */
  readonly values: readonly string[];
}

export const selectorSchema = v.object({
  matchLabels: v.nullish(v.record(v.string(), v.string())),
  matchExpressions: v.nullish(
    v.array(
      v.object({
        key: v.string(),
        operator: v.picklist(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: v.nullish(v.array(v.string())),
      }),
    ),
  ),
});

export const NAMESPACE_KEY = 'io.kubernetes.pod.namespace';
/** Labels of a namespace are labels of its pods with this prefix (pkg/k8s/apis/cilium.io/const.go). */
export const NAMESPACE_LABELS = 'io.cilium.k8s.namespace.labels.';
export const CLUSTER_KEY = 'io.cilium.k8s.policy.cluster';

export function parseLabel(text: string): Label {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  return { ...splitKey(name, 'unspec'), value: equals < 0 ? '' : text.slice(equals + 1) };
}

/** `defaultSource` is `any` for Cilium's own policies and `k8s` for NetworkPolicy. */
export function requirementsOf(
  selector: v.InferOutput<typeof selectorSchema>,
  defaultSource: 'any' | 'k8s',
): Requirement[] {
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) =>
    requirement(splitKey(key, defaultSource), 'In', [value]),
  );
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) =>
    requirement(splitKey(key, defaultSource), operator, values ?? []),
  );
  return [...labels, ...expressions];
}

export function requirement(
  name: { readonly source: string; readonly key: string },
  operator: Operator,
  values: readonly string[],
): Requirement {
  return { source: name.source, key: name.key, operator, values: [...values].sort() };
}

export function matchesAll(requirements: readonly Requirement[], labels: Labels): boolean {
  return requirements.every((wanted) => matches(wanted, labels));
}

/** As in Kubernetes, a label that is not there fulfils `NotIn`. */
function matches(wanted: Requirement, labels: Labels): boolean {
  const found = labels.filter(
    (label) => label.key === wanted.key && (wanted.source === 'any' || wanted.source === label.source),
  );
  switch (wanted.operator) {
    case 'In':
      return found.some((label) => wanted.values.includes(label.value));
    case 'NotIn':
      return !found.some((label) => wanted.values.includes(label.value));
    case 'Exists':
      return found.length > 0;
    case 'DoesNotExist':
      return found.length === 0;
  }
}

function splitKey(text: string, defaultSource: string): { source: string; key: string } {
  const colon = text.indexOf(':');
  if (colon < 0) return { source: defaultSource, key: text };
  return { source: text.slice(0, colon), key: text.slice(colon + 1) };
}
