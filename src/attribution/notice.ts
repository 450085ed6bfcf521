/** Owns what the agent's own notices mean for attribution (`>> Policy updated: {...}` and the like). */
import * as v from 'valibot';
import type { AgentNotice } from '../model/event.ts';
import type { PolicyRef } from '../model/policy.ts';
import { parseLabel } from './label-selector.ts';
import { policyFromLabels } from './policy-labels.ts';

export type News =
  | {
      readonly what: 'policy';
      readonly revision: number | null;
      /** Null where the labels are not those of exactly one. */
      readonly policy: PolicyRef | null;
    }
  | { readonly what: 'endpoint-labels'; readonly endpoint: number; readonly labels: readonly string[] }
  /** The number is no pod's any more, or, where `isMade`, another's. */
  | { readonly what: 'endpoint-gone'; readonly endpoint: number; readonly isMade: boolean };

const policyText = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ revision: v.number(), labels: v.nullish(v.array(v.string())) }),
);
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
      if (!read.success) return { what: 'policy', revision: null, policy: null };
      return { what: 'policy', revision: read.output.revision, policy: onlyPolicy(read.output.labels ?? []) };
    }
    case 'Endpoint regenerated': {
      const read = v.safeParse(endpointText, text);
      if (!read.success) return null;
      return { what: 'endpoint-labels', endpoint: read.output.id, labels: read.output.labels ?? [] };
    }
    case 'Endpoint created':
    case 'Endpoint deleted': {
      const read = v.safeParse(endpointText, text);
      if (!read.success) return null;
      return { what: 'endpoint-gone', endpoint: read.output.id, isMade: notice === 'Endpoint created' };
    }
    default:
      return null;
  }
}

/** The labels of several policies come in one list, so that nobody can tell which belong together. */
function onlyPolicy(labels: readonly string[]): PolicyRef | null {
  const keys = labels.map((label) => parseLabel(label).key);
  return new Set(keys).size === new Set(labels).size ? policyFromLabels([...new Set(labels)]) : null;
}
