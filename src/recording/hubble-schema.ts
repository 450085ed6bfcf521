/** What Hubble added to a record, inside a recording. */
import * as v from 'valibot';
import { NumberOrNull, PolicyRef, TextOrNull, Texts, TimeMs } from './words.ts';

const HubbleEndpoint = v.object({
  endpoint: NumberOrNull,
  identity: NumberOrNull,
  namespace: TextOrNull,
  pod: TextOrNull,
  labels: Texts,
  workloads: v.array(v.object({ kind: v.string(), name: v.string() })),
  cluster: TextOrNull,
  names: Texts,
  service: v.nullable(v.object({ namespace: v.string(), name: v.string() })),
});

export const HubbleFlow = v.object({
  time: TextOrNull,
  timeMs: v.nullable(TimeMs),
  node: TextOrNull,
  uuid: TextOrNull,
  isReply: v.nullable(v.boolean()),
  source: v.nullable(HubbleEndpoint),
  destination: v.nullable(HubbleEndpoint),
  policies: v.array(PolicyRef),
  policyRevision: v.optional(NumberOrNull, null),
  byAgentItself: v.optional(v.boolean(), false),
});
