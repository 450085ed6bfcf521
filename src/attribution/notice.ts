/** Owns what the agent's own notices mean for attribution (`>> Policy updated: {...}` and the like). */
import * as v from 'valibot';
import type { AgentNotice } from '../model/event.ts';

export type News =
  | { readonly what: 'policy'; readonly revision: number | null }
  | { readonly what: 'endpoint-labels'; readonly endpoint: number; readonly labels: readonly string[] }
  | { readonly what: 'endpoint-gone'; readonly endpoint: number };

const policyText = v.pipe(v.string(), v.parseJson(), v.object({ revision: v.number() }));
const endpointText = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ id: v.number(), labels: v.nullish(v.array(v.string())) }),
);

/** Null for what changes nothing that attribution knows of. */
export function readNotice({ notice, text }: AgentNotice): News | null {
  switch (notice) {
    case 'Policy updated':
    case 'Policy deleted': {
      // Before 1.2 the text is no JSON: that something changed is known all the same.
      const read = v.safeParse(policyText, text);
      return { what: 'policy', revision: read.success ? read.output.revision : null };
    }
    case 'Endpoint regenerated': {
      const read = v.safeParse(endpointText, text);
      if (!read.success) return null;
      return { what: 'endpoint-labels', endpoint: read.output.id, labels: read.output.labels ?? [] };
    }
    case 'Endpoint created':
    case 'Endpoint deleted': {
      const read = v.safeParse(endpointText, text);
      return read.success ? { what: 'endpoint-gone', endpoint: read.output.id } : null;
    }
    default:
      return null;
  }
}
