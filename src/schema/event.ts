/** The published form of a record: a line of `events -o jsonl`. */
import * as v from 'valibot';
import {
  action,
  count,
  dialect,
  direction,
  grade,
  match,
  policyRef,
  text,
  texts,
  time,
  unattributedReason,
  unparsedReason,
} from './words.ts';

const whole = v.pipe(v.number(), v.integer());
const end = v.nullable(v.object({ ip: text, port: v.nullable(count) }));
const common = { time: v.nullable(time), node: v.nullable(text) };

const packet = {
  protocol: v.nullable(text),
  source: end,
  destination: end,
  tcpFlags: texts,
  icmp: v.nullable(v.object({ text, type: v.nullable(count), code: v.nullable(count) })),
};

/** Who the ends are; where monitor told of the record, only what a line of that type has. */
const ends = {
  sourceEndpoint: v.exactOptional(v.nullable(count)),
  sourceIdentity: v.exactOptional(v.nullable(count)),
  sourceLabels: v.exactOptional(texts),
  destinationEndpoint: v.exactOptional(v.nullable(count)),
  destinationIdentity: v.exactOptional(v.nullable(count)),
  destinationLabels: v.exactOptional(texts),
};

const workloads = v.exactOptional(v.array(v.object({ kind: text, name: text })));
const service = v.exactOptional(v.nullable(v.object({ namespace: text, name: text })));
/** Where Hubble told of the record. */
const hubble = {
  uuid: v.exactOptional(v.nullable(text)),
  isReply: v.exactOptional(v.nullable(v.boolean())),
  sourceNamespace: v.exactOptional(v.nullable(text)),
  sourcePod: v.exactOptional(v.nullable(text)),
  sourceWorkloads: workloads,
  sourceCluster: v.exactOptional(v.nullable(text)),
  sourceNames: v.exactOptional(texts),
  sourceService: service,
  destinationNamespace: v.exactOptional(v.nullable(text)),
  destinationPod: v.exactOptional(v.nullable(text)),
  destinationWorkloads: workloads,
  destinationCluster: v.exactOptional(v.nullable(text)),
  destinationNames: v.exactOptional(texts),
  destinationService: service,
};

const attributed = {
  policies: v.array(policyRef),
  attribution: v.nullable(grade),
  reason: v.exactOptional(unattributedReason),
  isolatedBy: v.exactOptional(v.array(policyRef)),
  ambiguous: v.exactOptional(v.literal(true)),
};

const translated = v.nullable(v.object({ ip: text, port: count, service: v.nullable(text) }));

const l7Details = v.union([
  v.object({ protocol: v.literal('http'), method: text, url: text, status: whole }),
  v.object({ protocol: v.literal('kafka'), apiKey: text, topic: text, errorCode: whole }),
  v.object({
    protocol: v.literal('dns'),
    observation: text,
    query: text,
    types: texts,
    ttl: v.nullable(count),
    ips: texts,
    cnames: texts,
  }),
  v.object({ protocol: text, fields: v.record(v.string(), text), status: v.nullable(text) }),
]);

export const EventSchema = v.variant('type', [
  v.object({
    type: v.literal('policy-verdict'),
    ...common,
    ...packet,
    protocol: text,
    endpoint: count,
    direction,
    action,
    audit: v.boolean(),
    remoteIdentity: v.nullable(count),
    match,
    auth: v.nullable(text),
    flow: v.nullable(text),
    dialect,
    policyName: v.nullable(text),
    ...ends,
    ...hubble,
    ...attributed,
  }),
  v.object({
    type: v.literal('drop'),
    ...common,
    ...packet,
    reason: text,
    reasonCode: v.nullable(count),
    extError: v.nullable(whole),
    endpoint: v.nullable(count),
    direction: v.nullable(direction),
    file: v.nullable(text),
    fileLine: v.nullable(count),
    interface: v.nullable(text),
    flow: v.nullable(text),
    ipTraceId: v.nullable(count),
    ...ends,
    ...hubble,
  }),
  v.object({
    type: v.literal('trace'),
    ...common,
    ...packet,
    observationPoint: text,
    endpoint: v.nullable(count),
    proxyPort: v.nullable(count),
    encrypted: v.nullable(v.boolean()),
    state: v.nullable(text),
    interface: v.nullable(text),
    originalIp: v.nullable(text),
    flow: v.nullable(text),
    ipTraceId: v.nullable(count),
    ...ends,
    ...hubble,
  }),
  v.object({
    type: v.literal('l7'),
    ...common,
    direction: v.nullable(direction),
    flowType: v.nullable(v.picklist(['Request', 'Response', 'Sample'])),
    verdict: v.picklist(['Forwarded', 'Denied', 'Error', 'Redirected']),
    source: end,
    destination: end,
    l7: l7Details,
    audit: v.nullable(v.boolean()),
    policyName: v.nullable(text),
    ...ends,
    ...hubble,
    ...attributed,
  }),
  v.object({ type: v.literal('capture'), ...common, ...packet, point: text, endpoint: v.nullable(count) }),
  v.object({
    type: v.literal('debug'),
    ...common,
    cpu: v.nullable(count),
    endpoint: v.nullable(count),
    text,
  }),
  v.object({
    type: v.literal('nat'),
    ...common,
    phase: v.nullable(v.picklist(['pre', 'post'])),
    translation: v.nullable(v.picklist(['forward', 'reverse'])),
    cgroupId: v.nullable(count),
    socketCookie: v.nullable(text),
    protocol: v.nullable(text),
    from: translated,
    to: translated,
    ...ends,
    ...hubble,
  }),
  v.object({
    type: v.literal('recorder'),
    ...common,
    ...packet,
    direction: v.nullable(direction),
    ruleId: count,
    capturedBytes: count,
    bytes: count,
  }),
  v.object({
    type: v.literal('lost'),
    ...common,
    events: count,
    where: v.picklist(['kernel-ring', 'hubble-queue', 'hubble-ring', 'unknown']),
    cpu: v.nullable(count),
  }),
  v.object({ type: v.literal('agent'), ...common, notice: text, text }),
  v.object({ type: v.literal('unknown-event'), ...common, text }),
  v.object({
    type: v.literal('node-status'),
    ...common,
    state: v.picklist(['connected', 'unavailable', 'gone', 'error', 'unknown']),
    nodes: texts,
    message: v.nullable(text),
  }),
  v.object({ type: v.literal('unparsed'), ...common, reason: unparsedReason, line: text }),
  v.object({ type: v.literal('gap'), ...common, from: time, to: time, reason: text }),
]);
