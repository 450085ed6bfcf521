/** The published forms of reports: `policies -o json` and `check -o json`. */
import * as v from 'valibot';
import { type CheckReport, JUDGEMENTS } from '../model/check.ts';
import { type PolicyReport, STANDINGS } from '../model/policy-report.ts';
import { policyRow, traffic } from './summary.ts';
import {
  amount,
  apiVersion,
  completeness,
  count,
  counts,
  direction,
  policyRef,
  records,
  source,
  targets,
  text,
  texts,
  time,
  window,
} from './words.ts';

const selection = v.object({
  pods: count,
  others: count,
  listened: count,
  specs: count,
  emptySpecs: count,
  isComplete: v.boolean(),
  examples: v.array(v.object({ namespace: v.nullable(text), pod: v.nullable(text), node: v.nullable(text) })),
});

const enforcement = v.object({
  status: v.picklist(['enforced', 'partly', 'audited', 'not-enforced', 'unknown']),
  enforced: count,
  known: count,
  reasons: v.array(v.picklist(['rejected', 'no-rules', 'enforcement-off', 'not-realized', 'audit-mode'])),
  message: v.nullable(text),
});

const directionUse = v.object({ ...counts, traffic: v.exactOptional(traffic) });

const policyUse = v.object({
  policy: policyRef,
  standing: v.picklist(STANDINGS),
  exists: v.nullable(v.boolean()),
  created: v.nullable(time),
  isolates: v.array(direction),
  selects: v.nullable(selection),
  enforcement: v.nullable(enforcement),
  seen: v.object({
    ...counts,
    shared: count,
    defaultDenied: count,
    defaultAudited: count,
    ambiguous: count,
    firstSeen: v.nullable(time),
    lastSeen: v.nullable(time),
  }),
  byDirection: v.object({ ingress: directionUse, egress: directionUse }),
  traffic: v.exactOptional(traffic),
  nodes: v.nullable(v.object({ total: count, heard: count, seen: count })),
  silent: count,
  observedSeconds: v.nullable(amount),
});

export const PolicyReportSchema = v.object({
  apiVersion,
  kind: v.literal('PolicyReport'),
  window,
  source,
  targets,
  completeness,
  records,
  scope: v.object({ kind: v.picklist(['targets', 'namespace', 'cluster', 'files']), namespace: v.nullable(text) }),
  listedFrom: v.nullable(v.picklist(['api', 'agents'])),
  rateLimited: v.array(v.object({ node: text, perSecond: amount })),
  policies: v.array(policyUse),
  unattributed: count,
}) satisfies v.GenericSchema<PolicyReport>;

const judgement = v.picklist(JUDGEMENTS);

export const CheckReportSchema = v.object({
  apiVersion,
  kind: v.literal('CheckReport'),
  judgement,
  expectations: v.array(
    v.object({
      name: v.nullable(text),
      text,
      judgement,
      counted: count,
      undecided: count,
      seconds: amount,
      nearest: v.array(policyRow),
    }),
  ),
  command: v.nullable(v.object({ argv: texts, exitCode: v.nullable(v.pipe(v.number(), v.integer())) })),
  window,
  source,
  completeness,
  records,
}) satisfies v.GenericSchema<CheckReport>;
