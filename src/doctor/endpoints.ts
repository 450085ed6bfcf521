/** Reads from `endpoint list -o json` which options are in force for each endpoint. */
import * as v from 'valibot';
import type { EndpointFacts } from './facts.ts';

const text = v.nullish(v.string(), '');

const Options = v.nullish(v.object({ options: v.nullish(v.record(v.string(), v.string()), {}) }), { options: {} });

const EndpointSchema = v.object({
  id: v.number(),
  spec: Options,
  status: v.object({
    realized: Options,
    // What was done to it, with the time.
    log: v.nullish(v.array(v.object({ timestamp: text })), []),
    policy: v.nullish(v.object({ realized: v.nullish(v.object({ 'policy-enabled': v.nullish(v.string()) })) })),
    'external-identifiers': v.nullish(v.object({ 'k8s-namespace': text, 'k8s-pod-name': text, 'pod-name': text }), {}),
  }),
});

/** The agent writes whole seconds, cut off: it was at any time of that second. */
function endOf(timestamp: string): number {
  return Date.parse(timestamp) + (timestamp.includes('.') ? 0 : 999);
}

/** Null for what is no list of endpoints. */
export function readEndpointFacts(printed: string): EndpointFacts[] | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(printed);
  } catch {
    return null;
  }
  if (!Array.isArray(parsed)) return null;
  return parsed.flatMap((each: unknown) => {
    const read = v.safeParse(EndpointSchema, each);
    if (!read.success) return [];
    const { id, spec, status } = read.output;
    const identifiers = status['external-identifiers'];
    const pod =
      identifiers['k8s-pod-name'] === ''
        ? identifiers['pod-name']
        : `${identifiers['k8s-namespace']}/${identifiers['k8s-pod-name']}`;
    // What is realized is in force, what is in the spec is wanted.
    const options = { ...spec.options, ...status.realized.options };
    const enforced = status.policy?.realized?.['policy-enabled'] ?? null;
    const times = status.log.map(({ timestamp }) => endOf(timestamp)).filter((atMs) => !Number.isNaN(atMs));
    const changedMs = times.length === 0 ? null : Math.max(...times);
    return [{ endpoint: id, pod: pod.length > 1 ? pod : null, options, enforced, changedMs }];
  });
}
