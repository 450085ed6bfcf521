/** The published form of a summary: `summary -o json`, `watch -o jsonl`. */
import * as v from 'valibot';
import type { Audit } from '../model/audit.ts';
import { GROUP_FIELDS, type Groups } from '../model/groups.ts';
import type { Summary } from '../model/summary.ts';
import {
  action,
  amount,
  apiVersion,
  completeness,
  count,
  counts,
  direction,
  grade,
  match,
  policyRef,
  records,
  source,
  targets,
  text,
  texts,
  time,
  unattributedReason,
  window,
} from './words.ts';

const seen = { firstSeen: v.nullable(time), lastSeen: v.nullable(time) };
const named = { identity: v.nullable(count), name: v.nullable(text) };
const peer = { ...named, labels: texts, node: v.exactOptional(text) };

export const traffic = v.nullable(
  v.object({ packets: count, bytes: count, shared: v.boolean(), lowerBound: v.boolean() }),
);

export const policyRow = v.object({
  policy: policyRef,
  direction,
  attribution: grade,
  reason: v.nullable(unattributedReason),
  ambiguous: v.boolean(),
  isolatedBy: v.array(policyRef),
  ...counts,
  shared: count,
  deniedInAuditMode: count,
  drops: v.array(v.object({ reason: text, code: v.nullable(count), packets: count })),
  ratePerSecond: amount,
  recentPerSecond: amount,
  ...seen,
  nodes: texts,
  peers: v.array(v.object({ ...peer, allowed: count, denied: count })),
  ports: v.array(v.object({ protocol: text, port: v.nullable(count), allowed: count, denied: count })),
  traffic: v.exactOptional(traffic),
});

const groups = v.object({
  by: v.array(v.picklist(GROUP_FIELDS)),
  rows: v.array(
    v.object({
      direction,
      policy: v.exactOptional(v.nullable(policyRef)),
      peer: v.exactOptional(v.nullable(v.object(peer))),
      port: v.exactOptional(v.nullable(v.object({ protocol: text, port: v.nullable(count) }))),
      action: v.exactOptional(v.nullable(action)),
      match: v.exactOptional(v.nullable(match)),
      node: v.exactOptional(v.nullable(text)),
      pod: v.exactOptional(
        v.nullable(
          v.object({ namespace: v.nullable(text), name: v.nullable(text), node: v.nullable(text), endpoint: count }),
        ),
      ),
      other: v.boolean(),
      ...counts,
      shared: count,
      ambiguous: count,
      ratePerSecond: amount,
      ...seen,
    }),
  ),
}) satisfies v.GenericSchema<Groups>;

const audited = { connections: count, refused: count, ...seen };

const audit = v.object({
  endpoints: v.nullable(
    v.object({
      audited: v.array(
        v.object({
          namespace: v.nullable(text),
          pod: v.nullable(text),
          node: text,
          endpoint: count,
          directions: v.array(direction),
        }),
      ),
      enforced: count,
      open: count,
      unknown: count,
    }),
  ),
  wouldDeny: v.array(
    v.object({
      policy: policyRef,
      direction,
      attribution: grade,
      reason: v.nullable(unattributedReason),
      isolatedBy: v.array(policyRef),
      ...audited,
      peers: v.array(
        v.object({
          ...peer,
          port: v.nullable(v.object({ protocol: text, port: v.nullable(count) })),
          ...audited,
        }),
      ),
    }),
  ),
}) satisfies v.GenericSchema<Audit>;

export const SummarySchema = v.object({
  apiVersion,
  kind: v.literal('Summary'),
  window,
  source,
  targets,
  completeness,
  records,
  totals: v.object({ ingress: v.object(counts), egress: v.object(counts) }),
  policies: v.array(policyRow),
  groups: v.nullable(groups),
  audit: v.exactOptional(audit),
  omittedRows: v.exactOptional(count),
  drops: v.array(
    v.object({
      reason: text,
      code: v.nullable(count),
      direction: v.nullable(direction),
      packets: count,
      alsoDenied: count,
      peers: v.array(v.object({ ...named, packets: count })),
      ...seen,
    }),
  ),
  l7: v.array(
    v.object({
      policy: v.nullable(policyRef),
      direction: v.nullable(direction),
      protocol: text,
      forwarded: count,
      denied: count,
      errors: count,
      redirected: count,
      responses: count,
      ...seen,
    }),
  ),
}) satisfies v.GenericSchema<Summary>;
