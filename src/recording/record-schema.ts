/** The records inside a recording: one schema for each type of the event stream. */
import * as v from 'valibot';
import { ACTIONS, DIALECTS, IGNORED_REASONS, MATCH_TYPES, UNPARSED_REASONS } from '../model/event.ts';
import { HubbleFlow } from './hubble-schema.ts';
import { L7Details } from './l7-schema.ts';
import { Direction, Number64, NumberOrNull, PacketEnd, PortOrNull, TextOrNull, Texts, WholeNumber } from './words.ts';

const PacketDescription = {
  protocol: TextOrNull,
  source: v.nullable(PacketEnd),
  destination: v.nullable(PacketEnd),
  tcpFlags: Texts,
  icmp: v.nullable(v.object({ text: v.string(), type: NumberOrNull, code: NumberOrNull })),
};

const Verdict = v.object({
  type: v.literal('policy-verdict'),
  dialect: v.picklist(DIALECTS),
  endpoint: WholeNumber,
  direction: Direction,
  action: v.picklist(ACTIONS),
  audit: v.boolean(),
  remoteIdentity: NumberOrNull,
  ...PacketDescription,
  protocol: v.string(),
  match: v.picklist(MATCH_TYPES),
  auth: TextOrNull,
  destinationPort: PortOrNull,
  flow: TextOrNull,
  flowKey: WholeNumber,
  policyName: TextOrNull,
  hubble: v.nullable(HubbleFlow),
});

const Drop = v.object({
  type: v.literal('drop'),
  reason: v.string(),
  reasonCode: NumberOrNull,
  extError: v.nullable(v.pipe(v.number(), v.integer())),
  endpoint: NumberOrNull,
  sourceEndpoint: NumberOrNull,
  direction: v.nullable(Direction),
  sourceIdentity: NumberOrNull,
  destinationIdentity: NumberOrNull,
  file: TextOrNull,
  fileLine: NumberOrNull,
  interface: TextOrNull,
  flow: TextOrNull,
  flowKey: WholeNumber,
  verdictFlowKeys: v.exactOptional(v.array(WholeNumber)),
  ipTraceId: NumberOrNull,
  hubble: v.nullable(HubbleFlow),
  ...PacketDescription,
});

const Trace = v.object({
  type: v.literal('trace'),
  observationPoint: v.string(),
  endpoint: NumberOrNull,
  sourceEndpoint: NumberOrNull,
  proxyPort: NumberOrNull,
  encrypted: v.nullable(v.boolean()),
  sourceIdentity: NumberOrNull,
  destinationIdentity: NumberOrNull,
  state: TextOrNull,
  interface: TextOrNull,
  originalIp: TextOrNull,
  flow: TextOrNull,
  ipTraceId: NumberOrNull,
  hubble: v.nullable(HubbleFlow),
  ...PacketDescription,
});

const L7 = v.object({
  type: v.literal('l7'),
  direction: v.nullable(Direction),
  flowType: v.nullable(v.picklist(['Request', 'Response', 'Sample'])),
  verdict: v.picklist(['Forwarded', 'Denied', 'Error', 'Redirected']),
  sourceEndpoint: NumberOrNull,
  sourceIdentity: NumberOrNull,
  sourceLabels: Texts,
  destinationEndpoint: NumberOrNull,
  destinationIdentity: NumberOrNull,
  destinationLabels: Texts,
  source: v.nullable(PacketEnd),
  destination: v.nullable(PacketEnd),
  l7: L7Details,
  audit: v.nullable(v.boolean()),
  policyName: TextOrNull,
  hubble: v.nullable(HubbleFlow),
});

const Capture = v.object({
  type: v.literal('capture'),
  point: v.string(),
  endpoint: NumberOrNull,
  ...PacketDescription,
});

const Debug = v.object({
  type: v.literal('debug'),
  cpu: NumberOrNull,
  endpoint: NumberOrNull,
  text: v.string(),
});

const TranslationEnd = v.object({ ip: v.string(), port: WholeNumber, service: TextOrNull });

const Translation = v.object({
  type: v.literal('nat'),
  phase: v.nullable(v.picklist(['pre', 'post'])),
  translation: v.nullable(v.picklist(['forward', 'reverse'])),
  cgroupId: v.nullable(Number64),
  socketCookie: TextOrNull,
  protocol: TextOrNull,
  from: v.nullable(TranslationEnd),
  to: v.nullable(TranslationEnd),
  hubble: v.nullable(HubbleFlow),
});

const RecorderCapture = v.object({
  type: v.literal('recorder'),
  direction: v.nullable(Direction),
  ruleId: WholeNumber,
  capturedBytes: WholeNumber,
  bytes: WholeNumber,
  ...PacketDescription,
});

const Lost = v.object({
  type: v.literal('lost'),
  events: Number64,
  // It is printed as a number of 64 bits.
  exactEvents: v.exactOptional(v.pipe(v.string(), v.regex(/^[0-9]{1,20}$/))),
  where: v.picklist(['kernel-ring', 'hubble-queue', 'hubble-ring', 'unknown']),
  cpu: NumberOrNull,
});

const AgentNotice = v.object({ type: v.literal('agent'), notice: v.string(), text: v.string() });

const UnknownEvent = v.object({ type: v.literal('unknown-event'), text: v.string() });

const NodeStatus = v.object({
  type: v.literal('node-status'),
  state: v.picklist(['connected', 'unavailable', 'gone', 'error', 'unknown']),
  nodes: Texts,
  message: TextOrNull,
});

const Unparsed = v.object({
  type: v.literal('unparsed'),
  reason: v.picklist(UNPARSED_REASONS),
  line: v.string(),
});

export const RecordSchema = v.variant('type', [
  Verdict,
  Drop,
  Trace,
  L7,
  Capture,
  Debug,
  Translation,
  RecorderCapture,
  Lost,
  AgentNotice,
  UnknownEvent,
  NodeStatus,
  Unparsed,
]);

/** Why a record was told apart only to be counted. */
export const IgnoredReasons = v.picklist(IGNORED_REASONS);
