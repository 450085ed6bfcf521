/** The fields of API objects that discovery reads; objects that lack them are left out. */
import * as v from 'valibot';

const text = v.nullish(v.string(), '');
const labels = v.nullish(v.record(v.string(), v.string()), {});

const Owners = v.nullish(
  v.array(v.object({ kind: v.string(), name: v.string(), uid: text, controller: v.nullish(v.boolean(), false) })),
  [],
);

const Metadata = v.object({
  name: v.string(),
  namespace: text,
  uid: text,
  labels,
  creationTimestamp: text,
  deletionTimestamp: v.nullish(v.string(), null),
  ownerReferences: Owners,
});

const ContainerStatus = v.object({
  name: v.string(),
  ready: v.nullish(v.boolean(), false),
  state: v.nullish(
    v.object({
      waiting: v.nullish(v.object({ reason: text })),
      terminated: v.nullish(v.object({ reason: text })),
    }),
    {},
  ),
});

export const PodSchema = v.object({
  metadata: Metadata,
  spec: v.object({
    nodeName: text,
    hostNetwork: v.nullish(v.boolean(), false),
    containers: v.nullish(v.array(v.object({ name: v.string() })), []),
  }),
  status: v.nullish(
    v.object({
      phase: text,
      hostIP: text,
      podIPs: v.nullish(v.array(v.object({ ip: text })), []),
      containerStatuses: v.nullish(v.array(ContainerStatus), []),
      conditions: v.nullish(v.array(v.object({ type: v.string(), status: v.string() })), []),
    }),
    {},
  ),
});

export type Pod = v.InferOutput<typeof PodSchema>;

/** Any object of which only its name and owners matter. */
export const NamedSchema = v.object({ metadata: Metadata });

export const WorkloadSchema = v.object({
  metadata: Metadata,
  spec: v.nullish(v.object({ selector: v.unknown() }), { selector: null }),
});

export type Workload = v.InferOutput<typeof WorkloadSchema>;

export const LabelSelectorSchema = v.object({
  matchLabels: labels,
  matchExpressions: v.nullish(
    v.array(v.object({ key: v.string(), operator: v.string(), values: v.nullish(v.array(v.string()), []) })),
    [],
  ),
});

/** A ReplicationController's selector. */
export const PlainSelectorSchema = v.record(v.string(), v.string());

const IdentityOf = v.object({ id: v.number(), labels: v.nullish(v.array(v.string()), []) });

export const CiliumEndpointSchema = v.object({
  metadata: Metadata,
  status: v.nullish(
    v.object({
      id: v.nullish(v.number(), null),
      identity: v.nullish(IdentityOf, null),
      networking: v.nullish(v.object({ node: text }), null),
    }),
    {},
  ),
});

export type CiliumEndpoint = v.InferOutput<typeof CiliumEndpointSchema>;

export const CiliumIdentitySchema = v.object({
  metadata: v.object({ name: v.string() }),
  'security-labels': v.nullish(v.record(v.string(), v.string()), {}),
});

/** `cilium-dbg endpoint list -o json`: an endpoint's pod is named in one or the other way, by version. */
export const AgentEndpointSchema = v.object({
  id: v.number(),
  status: v.object({
    'external-identifiers': v.nullish(v.object({ 'pod-name': text, 'k8s-namespace': text, 'k8s-pod-name': text }), {}),
    identity: v.nullish(IdentityOf, null),
  }),
});

export type AgentEndpoint = v.InferOutput<typeof AgentEndpointSchema>;

/** `cilium-dbg identity list -o json`. */
export const AgentIdentitySchema = v.object({
  id: v.number(),
  labels: v.nullish(v.array(v.string()), []),
});

export function readAll<T extends v.GenericSchema>(schema: T, objects: readonly unknown[]): v.InferOutput<T>[] {
  return objects.flatMap((object) => {
    const result = v.safeParse(schema, object);
    return result.success ? [result.output] : [];
  });
}

export function readOne<T extends v.GenericSchema>(schema: T, object: unknown): v.InferOutput<T> | null {
  return readAll(schema, [object])[0] ?? null;
}

/** Agents may print a warning before their JSON; anything that is no array gives nothing. */
export function readPrinted<T extends v.GenericSchema>(schema: T, stdout: string): v.InferOutput<T>[] {
  try {
    const parsed: unknown = JSON.parse(stdout);
    return Array.isArray(parsed) ? readAll(schema, parsed) : [];
  } catch {
    return [];
  }
}
