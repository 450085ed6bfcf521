/** The published form of a comparison: `compare -o json`. */
import * as v from 'valibot';
import { JUDGEMENTS } from '../model/check.ts';
import { type CompareReport, CRITERIA } from '../model/compare.ts';
import {
  amount,
  apiVersion,
  completeness,
  count,
  counts,
  direction,
  policyRef,
  source,
  targets,
  text,
  texts,
  window,
} from './words.ts';

const side = v.object({
  input: text,
  isTimed: v.boolean(),
  absenceIsProof: v.boolean(),
  window,
  source,
  targets,
  completeness,
  totals: v.object({ ingress: v.object(counts), egress: v.object(counts) }),
  records: v.object({ received: count, counted: count, unparsed: count }),
  omittedRows: v.exactOptional(count),
});

const credit = v.object({
  policy: v.nullable(policyRef),
  isolatedBy: v.array(policyRef),
  allowed: count,
  audited: count,
  denied: count,
});

const subject = v.variant('kind', [
  v.object({ kind: v.literal('peer'), identity: v.nullable(count), name: v.nullable(text), labels: texts }),
  v.object({
    kind: v.literal('peer-port'),
    identity: v.nullable(count),
    name: v.nullable(text),
    labels: texts,
    protocol: text,
    port: v.nullable(count),
  }),
  v.object({ kind: v.literal('port'), protocol: text, port: v.nullable(count) }),
  v.object({ kind: v.literal('requests'), protocol: text }),
]);

const change = v.picklist([
  'became-denied',
  'partly-denied',
  'denied-instead',
  'no-longer-allowed',
  'became-allowed',
  'allowed-instead',
  'partly-allowed',
  'no-longer-denied',
  'became-audited',
  'no-longer-audited',
  'new',
  'gone',
]);

const rate = v.picklist(['more', 'less', 'same']);
const policyAmounts = v.object({
  ...counts,
  perSecond: v.nullable(v.object({ allowed: amount, audited: amount, denied: amount })),
  isolatedBy: v.array(policyRef),
});

const judgement = v.picklist(JUDGEMENTS);

export const CompareReportSchema = v.object({
  apiVersion,
  kind: v.literal('CompareReport'),
  verdict: v.picklist(['broken', 'newly-denied', 'gone-quiet', 'opened', 'unbroken', 'unknown']),
  judgement: v.nullable(judgement),
  failOn: v.array(v.object({ criterion: v.picklist(CRITERIA), judgement, found: count })),
  before: side,
  after: side,
  notes: v.array(
    v.picklist([
      'nothing-seen',
      'targets-differ',
      'filters-differ',
      'types-differ',
      'rows-omitted',
      'untimed',
      'shorter-window',
      'reversed',
    ]),
  ),
  changes: v.array(
    v.object({
      subject,
      direction: v.nullable(direction),
      change,
      isCertain: v.boolean(),
      before: v.array(credit),
      after: v.array(credit),
    }),
  ),
  policies: v.array(
    v.object({
      policy: policyRef,
      direction,
      change: v.picklist(['new', 'gone', 'more', 'less', 'same']),
      isCertain: v.boolean(),
      rates: v.nullable(v.object({ allowed: rate, denied: rate })),
      before: v.nullable(policyAmounts),
      after: v.nullable(policyAmounts),
    }),
  ),
  drops: v.array(
    v.object({
      reason: text,
      direction: v.nullable(direction),
      change: v.picklist(['new', 'gone']),
      isCertain: v.boolean(),
      before: count,
      after: count,
    }),
  ),
  unchanged: v.object({ peer: count, 'peer-port': count, port: count, requests: count }),
}) satisfies v.GenericSchema<CompareReport>;
