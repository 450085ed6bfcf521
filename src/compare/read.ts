/** Owns the reading of a summary that somebody kept: JSON, JSON lines or YAML, untrusted, one document or the last of many. */
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';
import { AGENT_STATES } from '../model/cluster.ts';
import type { CompareInput } from '../model/compare.ts';
import { DIALECTS } from '../model/event.ts';
import { DIRECTIONS } from '../model/packet.ts';
import { GRADES, POLICY_KINDS } from '../model/policy.ts';
import { failure } from '../model/problem.ts';
import { INCOMPLETE_REASONS } from '../model/summary.ts';
import { COUNTERS_STATES } from '../model/traffic.ts';

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Time = v.pipe(v.string(), v.isoTimestamp());
const Direction = v.picklist(DIRECTIONS);

const Ref = v.object({
  kind: v.nullable(v.picklist(POLICY_KINDS)),
  namespace: v.nullable(v.string()),
  name: v.string(),
});

const counts = { allowed: Count, redirected: Count, audited: Count, denied: Count, attempts: Count };

const Row = v.object({
  policy: Ref,
  direction: Direction,
  attribution: v.picklist(GRADES),
  isolatedBy: v.array(Ref),
  ...counts,
  shared: Count,
  firstSeen: v.nullable(Time),
  lastSeen: v.nullable(Time),
  peers: v.array(
    v.object({
      identity: v.nullable(Count),
      name: v.nullable(v.string()),
      labels: v.array(v.string()),
      allowed: Count,
      denied: Count,
    }),
  ),
  ports: v.array(v.object({ protocol: v.string(), port: v.nullable(Count), allowed: Count, denied: Count })),
});

const Group = v.object({
  direction: Direction,
  policy: v.exactOptional(v.nullable(Ref)),
  peer: v.exactOptional(
    v.nullable(v.object({ identity: v.nullable(Count), name: v.nullable(v.string()), labels: v.array(v.string()) })),
  ),
  port: v.exactOptional(v.nullable(v.object({ protocol: v.string(), port: v.nullable(Count) }))),
  other: v.boolean(),
  ...counts,
});

const Agent = v.object({
  node: v.string(),
  namespace: v.string(),
  pod: v.string(),
  version: v.nullable(v.string()),
  dialect: v.nullable(v.picklist(DIALECTS)),
  state: v.picklist(AGENT_STATES),
  counters: v.exactOptional(v.picklist(COUNTERS_STATES)),
  buffer: v.exactOptional(v.object({ from: v.nullable(Time), flows: v.nullable(Count), capacity: v.nullable(Count) })),
});

const Gap = v.object({
  node: v.string(),
  from: Time,
  to: v.nullable(Time),
  seconds: v.pipe(v.number(), v.minValue(0)),
  reason: v.string(),
});

const SummarySchema = v.object({
  apiVersion: v.literal('policystat/v1'),
  kind: v.literal('Summary'),
  window: v.object({ start: Time, end: Time, seconds: v.pipe(v.number(), v.finite(), v.minValue(0)) }),
  source: v.object({
    kind: v.picklist(['monitor', 'hubble', 'mixed', 'file']),
    agents: v.array(Agent),
    files: v.array(v.string()),
    types: v.nullable(v.array(v.string())),
    // Summaries of the first versions have none.
    filters: v.optional(v.array(v.string()), []),
  }),
  targets: v.array(
    v.object({
      namespace: v.string(),
      pod: v.string(),
      node: v.string(),
      endpoint: v.nullable(Count),
      identity: v.nullable(Count),
    }),
  ),
  completeness: v.object({
    status: v.picklist(['full', 'partial', 'unknown']),
    lost: Count,
    gaps: v.array(Gap),
    missingNodes: v.array(v.string()),
    reasons: v.array(v.picklist(INCOMPLETE_REASONS)),
  }),
  records: v.object({ received: Count, counted: Count, unparsed: Count }),
  groups: v.optional(v.nullable(v.object({ by: v.array(v.string()), rows: v.array(Group) })), null),
  omittedRows: v.optional(Count, 0),
  totals: v.object({ ingress: v.object(counts), egress: v.object(counts) }),
  policies: v.array(Row),
  drops: v.array(v.object({ reason: v.string(), direction: v.nullable(Direction), packets: Count })),
  l7: v.array(
    v.object({
      policy: v.nullable(Ref),
      direction: v.nullable(Direction),
      protocol: v.string(),
      forwarded: Count,
      denied: Count,
      redirected: Count,
    }),
  ),
});

/** A line that is `{` alone, or that begins with the marks of one of our own documents. */
const DOCUMENT_START = /^\uFEFF?\s*(?:---|\{\s*$|\{\s*"(?:apiVersion|kind)"\s*:\s*"|apiVersion:|kind:)/;
const RECORDING_START = /"kind"\s*:\s*"Recording/;

/** Whether a file that begins so is a document of policystat's, rather than lines that agents printed. */
export function isDocument(start: string): boolean {
  const [first = ''] = start.trimStart().split('\n', 1);
  return DOCUMENT_START.test(first) && !RECORDING_START.test(first);
}

/** Of several documents the last: each one that `watch` prints counts from the beginning. */
export function readSummary(text: string, path: string): CompareInput {
  const invalid = (detail: string, cause?: unknown) => failure({ code: 'SUMMARY_INVALID', path, detail }, cause);
  let found: unknown;
  try {
    found = lastDocument(text);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error), error);
  }
  const kind = kindOf(found);
  if (kind !== 'Summary') throw invalid(kind === null ? 'it holds no summary' : `it holds a ${kind}, not a Summary`);
  const read = v.safeParse(SummarySchema, found);
  if (read.success) return read.output;
  const [issue] = read.issues;
  const where = v.getDotPath(issue);
  throw invalid(where === null ? issue.message : `${where}: ${issue.message}`);
}

function kindOf(document: unknown): string | null {
  const read = v.safeParse(v.object({ kind: v.string() }), document);
  return read.success ? read.output.kind : null;
}

function lastDocument(text: string): unknown {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed.startsWith('{')) return JSON.parse(lastJson(trimmed));
  const documents = parseAllDocuments(trimmed);
  const last = Array.isArray(documents) ? documents.at(-1) : undefined;
  if (last === undefined) return null;
  const [error] = last.errors;
  if (error !== undefined) throw error;
  return last.toJS();
}

/** JSON lines, or documents one after the other as `-o json` prints them. */
function lastJson(text: string): string {
  const last = text.slice(text.lastIndexOf('\n') + 1);
  if (last.startsWith('{')) return last;
  const lines = text.split('\n');
  const start = lines.lastIndexOf('{');
  return start <= 0 ? text : lines.slice(start).join('\n');
}
