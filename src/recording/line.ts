/** What a recording is made of, line by line: the schema that recordings are read with, and that is published. */

import * as v from 'valibot';
import { AGENT_STATES } from '../model/cluster.ts';
import { DIALECTS } from '../model/event.ts';
import { GRADES, UNATTRIBUTED_REASONS } from '../model/policy.ts';
import { REDACTED_KINDS } from '../model/recording.ts';
import { SOURCE_KINDS, SOURCE_REASONS } from '../model/source.ts';
import { COUNTERS_STATES } from '../model/traffic.ts';
import { IgnoredReasons, RecordSchema } from './record-schema.ts';
import { Direction, NumberOrNull, PolicyRef, TextOrNull, Texts, TimeMs, WholeNumber } from './words.ts';

const Time = v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/));

/** The first line of each part. */
export const HeaderSchema = v.object({
  apiVersion: v.literal('policystat/v1'),
  kind: v.literal('Recording'),
  /** Of the program that wrote it. */
  version: v.string(),
  /** The same in every part of one recording, and in no other. */
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  part: v.pipe(WholeNumber, v.minValue(1)),
  start: Time,
  types: v.nullable(Texts),
  missingNodes: Texts,
  redacted: v.array(v.picklist(REDACTED_KINDS)),
});

const Target = v.object({
  namespace: v.string(),
  pod: v.string(),
  node: v.string(),
  endpoint: NumberOrNull,
  identity: NumberOrNull,
  addresses: Texts,
});
const Targets = v.union([v.literal('all'), v.array(Target)]);

const AgentState = v.picklist(AGENT_STATES);

const Agent = v.object({ node: v.string(), namespace: v.string(), pod: v.string(), container: v.string() });

/** An agent that is listened to; `stream` is its number in all other lines. */
const Stream = v.object({
  type: v.literal('stream'),
  stream: WholeNumber,
  atMs: TimeMs,
  agent: Agent,
  targets: Targets,
  /** As it was before this part; null where nothing was told. */
  state: v.nullable(AgentState),
});

const Facts = v.object({
  type: v.literal('facts'),
  stream: WholeNumber,
  version: TextOrNull,
  program: v.string(),
  dialect: v.nullable(v.picklist(DIALECTS)),
});

const State = v.object({ type: v.literal('state'), stream: WholeNumber, atMs: TimeMs, state: AgentState });

/** The node's agent is another pod from now on. */
const Replaced = v.object({ type: v.literal('agent'), stream: WholeNumber, agent: Agent });

/** Which of the agent's programs is listened to, and why. */
const Source = v.object({
  type: v.literal('source'),
  stream: WholeNumber,
  kind: v.picklist(SOURCE_KINDS),
  reason: v.picklist(SOURCE_REASONS),
});

/** Whether audit mode is on at an endpoint, and in which directions policy is enforced. */
const Mode = v.object({
  type: v.literal('mode'),
  stream: WholeNumber,
  endpoint: WholeNumber,
  namespace: TextOrNull,
  pod: TextOrNull,
  audits: v.boolean(),
  enforced: v.object({ ingress: v.boolean(), egress: v.boolean() }),
});

const Retarget = v.object({ type: v.literal('targets'), stream: WholeNumber, targets: Targets });

const Gap = v.object({
  type: v.literal('gap'),
  stream: WholeNumber,
  fromMs: TimeMs,
  toMs: TimeMs,
  reason: v.string(),
});

/** An answer of attribution; records name it by its number. */
const Attribution = v.object({
  type: v.literal('attribution'),
  id: WholeNumber,
  grade: v.picklist(GRADES),
  policies: v.array(PolicyRef),
  isolatedBy: v.array(PolicyRef),
  reason: v.nullable(v.picklist(UNATTRIBUTED_REASONS)),
  ambiguous: v.boolean(),
});

const Name = { identity: WholeNumber, name: v.string(), labels: Texts };

/** What an identity is called from now on; `node` for numbers that each node gives for itself. */
const Identity = v.object({
  type: v.literal('identity'),
  node: TextOrNull,
  ...Name,
  formerly: v.array(v.object(Name)),
});

const Record = v.object({
  type: v.literal('record'),
  stream: WholeNumber,
  atMs: TimeMs,
  attribution: NumberOrNull,
  record: RecordSchema,
});

/** Lines of the agent that are only counted. */
const Ignored = v.object({
  type: v.literal('ignored'),
  stream: WholeNumber,
  atMs: TimeMs,
  reasons: v.array(v.object({ reason: IgnoredReasons, lines: WholeNumber })),
});

/** Records that found no place in the recording, since the disk was too slow for them. */
const Skipped = v.object({ type: v.literal('skipped'), stream: WholeNumber, records: WholeNumber });

const Traffic = v.object({
  type: v.literal('traffic'),
  deltas: v.array(
    v.object({
      direction: Direction,
      attribution: WholeNumber,
      packets: v.pipe(v.string(), v.regex(/^\d{1,20}$/)),
      bytes: v.pipe(v.string(), v.regex(/^\d{1,20}$/)),
      lowerBound: v.boolean(),
    }),
  ),
});

/** What an agent told of its counters from here on: all, not all, or that some of its endpoints count nothing. */
const Counters = v.object({
  type: v.literal('counters'),
  stream: WholeNumber,
  state: v.picklist(COUNTERS_STATES),
});

/** The last line of each part: without it, something is missing. */
const End = v.object({
  type: v.literal('end'),
  atMs: TimeMs,
  /** Records in this part, the counted-only ones included. */
  records: WholeNumber,
  /** Whether another part follows. */
  continues: v.boolean(),
});

export const LineSchema = v.variant('type', [
  Record,
  Stream,
  Facts,
  State,
  Replaced,
  Source,
  Mode,
  Retarget,
  Gap,
  Attribution,
  Identity,
  Ignored,
  Skipped,
  Traffic,
  Counters,
  End,
]);

export const RecordingLineSchema = v.union([HeaderSchema, LineSchema]);

export type Header = v.InferOutput<typeof HeaderSchema>;
export type Line = v.InferOutput<typeof LineSchema>;
export type LineOf<Type extends Line['type']> = Extract<Line, { readonly type: Type }>;
