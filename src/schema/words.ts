/** Owns the words that every published form shares: policies, counts, times, where records came from and how complete they are. */
import * as v from 'valibot';
import { AGENT_STATES } from '../model/cluster.ts';
import { ACTIONS, DIALECTS, IGNORED_REASONS, MATCH_TYPES, UNPARSED_REASONS } from '../model/event.ts';
import { DIRECTIONS } from '../model/packet.ts';
import { GRADES, POLICY_KINDS, UNATTRIBUTED_REASONS } from '../model/policy.ts';
import { SOURCE_KINDS, SOURCE_REASONS } from '../model/source.ts';
import { INCOMPLETE_REASONS } from '../model/summary.ts';
import { COUNTERS_STATES } from '../model/traffic.ts';

export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const amount = v.pipe(v.number(), v.minValue(0));
/** RFC 3339, UTC. */
export const time = v.pipe(v.string(), v.isoTimestamp());
export const text = v.string();
export const texts = v.array(v.string());

export const direction = v.picklist(DIRECTIONS);
export const action = v.picklist(ACTIONS);
export const match = v.picklist(MATCH_TYPES);
export const dialect = v.picklist(DIALECTS);
export const grade = v.picklist(GRADES);
export const unattributedReason = v.picklist(UNATTRIBUTED_REASONS);

export const policyRef = v.object({
  kind: v.nullable(v.picklist(POLICY_KINDS)),
  namespace: v.nullable(text),
  name: text,
});

export const counts = { allowed: count, redirected: count, audited: count, denied: count, attempts: count };

export const apiVersion = v.literal('policystat/v1');
export const window = v.object({ start: time, end: time, seconds: amount });

export const source = v.object({
  kind: v.picklist(['monitor', 'hubble', 'mixed', 'file']),
  agents: v.array(
    v.object({
      node: text,
      namespace: text,
      pod: text,
      version: v.nullable(text),
      dialect: v.nullable(dialect),
      state: v.picklist(AGENT_STATES),
      source: v.exactOptional(v.picklist(SOURCE_KINDS)),
      sourceReason: v.exactOptional(v.picklist(SOURCE_REASONS)),
      counters: v.exactOptional(v.picklist(COUNTERS_STATES)),
      buffer: v.exactOptional(
        v.object({ from: v.nullable(time), flows: v.nullable(count), capacity: v.nullable(count) }),
      ),
    }),
  ),
  files: texts,
  types: v.nullable(texts),
  filters: texts,
});

export const targets = v.array(
  v.object({ namespace: text, pod: text, node: text, endpoint: v.nullable(count), identity: v.nullable(count) }),
);

export const completeness = v.object({
  status: v.picklist(['full', 'partial', 'unknown']),
  lost: count,
  gaps: v.array(v.object({ node: text, from: time, to: v.nullable(time), seconds: amount, reason: text })),
  missingNodes: texts,
  reasons: v.array(v.picklist(INCOMPLETE_REASONS)),
});

/** A reason that nothing was ignored for is absent. */
const some = v.exactOptional(count);
const ignored = v.object(v.entriesFromList(IGNORED_REASONS, some));
export const unparsedReason = v.picklist(UNPARSED_REASONS);
const unparsedReasons = v.object(v.entriesFromList(UNPARSED_REASONS, some));

/** received = counted + ignored + unparsed. */
export const records = v.object({
  received: count,
  counted: count,
  ignored,
  unparsed: count,
  unparsedReasons,
  unparsedSamples: texts,
});
