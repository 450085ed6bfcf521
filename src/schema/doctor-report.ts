/** The published form of `doctor -o json`. */
import * as v from 'valibot';
import { CHECK_NAMES, type DoctorReport } from '../model/doctor.ts';
import { apiVersion, count, dialect, text, texts, time } from './words.ts';

const check = v.object({
  check: v.picklist(CHECK_NAMES),
  status: v.picklist(['ok', 'warning', 'failed', 'unknown']),
  node: v.nullable(text),
  text,
  advice: v.nullable(text),
});

const agent = v.object({
  node: text,
  namespace: text,
  pod: text,
  version: v.nullable(text),
  dialect: v.nullable(dialect),
  program: v.nullable(text),
  eventTypes: v.nullable(texts),
  hubble: v.nullable(v.object({ state: text, bufferFlows: v.nullable(v.number()) })),
  hubbleNames: v.nullable(
    v.object({
      compared: count,
      unnamed: count,
      differ: count,
      differing: v.array(v.object({ verdict: text, hubble: text, derived: text })),
    }),
  ),
  clockSeconds: v.nullable(v.number()),
  monitors: v.nullable(v.object({ policystat: count, others: count, zombies: count })),
});

export const DoctorReportSchema = v.object({
  apiVersion,
  kind: v.literal('DoctorReport'),
  time,
  context: v.nullable(text),
  server: text,
  checks: v.array(check),
  agents: v.array(agent),
  roles: v.nullable(text),
}) satisfies v.GenericSchema<DoctorReport>;
