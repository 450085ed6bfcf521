/** A line of `hubble observe -o json|jsonpb`: a flow, a loss, or a word about nodes or the agent, wrapped or, as older programs print it, bare. */
import type { Dialect, Lost, MonitorRecord, Unparsed } from '../model/event.ts';
import type { NodeStatus } from '../model/hubble.ts';
import { readAgentEvent } from './hubble-agent.ts';
import { isForeignFlow } from './hubble-dialect.ts';
import { readFlowCapture, readFlowDrop, readFlowTrace, readFlowTranslation, readFlowVerdict } from './hubble-events.ts';
import { readFlowL7 } from './hubble-l7.ts';
import { type JsonObject, numberOf, objectOf, textOf, textsOf } from './json-fields.ts';

const PLACES: ReadonlyMap<string | null, Lost['where']> = new Map([
  ['PERF_EVENT_RING_BUFFER', 'kernel-ring'],
  ['OBSERVER_EVENTS_QUEUE', 'hubble-queue'],
  ['HUBBLE_RING_BUFFER', 'hubble-ring'],
]);
const STATES: ReadonlyMap<string | null, NodeStatus['state']> = new Map([
  ['NODE_CONNECTED', 'connected'],
  ['NODE_UNAVAILABLE', 'unavailable'],
  ['NODE_GONE', 'gone'],
  ['NODE_ERROR', 'error'],
]);

/** Cilium pkg/monitor/api/types.go. */
const DROP = 1;
const CAPTURE = 3;
const TRACE = 4;
const POLICY_VERDICT = 5;
const TRACE_SOCK = 7;
const L7 = 129;

const SAMPLE_CHARACTERS = 200;

/** Null where it is a flow and lacks what such a flow always has; undefined where it is not Hubble's. */
export function readHubbleJson(value: JsonObject, dialect: Dialect | null): MonitorRecord | null | undefined {
  const flow = objectOf(value, 'flow') ?? (objectOf(value, 'event_type') === null ? null : value);
  if (flow !== null) return isForeignFlow(flow, dialect) ? otherDialect(value) : readFlow(flow, dialect);
  const loss = objectOf(value, 'lost_events');
  if (loss !== null) return readLoss(loss);
  const event = objectOf(value, 'agent_event');
  if (event !== null) return readAgentEvent(event, textOf(value, 'time'));
  const status = objectOf(value, 'node_status');
  return status === null ? undefined : readStatus(status);
}

function otherDialect(line: JsonObject): Unparsed {
  return { type: 'unparsed', reason: 'other-dialect', line: JSON.stringify(line).slice(0, SAMPLE_CHARACTERS) };
}

function readFlow(flow: JsonObject, dialect: Dialect | null): MonitorRecord | null {
  switch (numberOf(objectOf(flow, 'event_type') ?? {}, 'type')) {
    case POLICY_VERDICT:
      return readFlowVerdict(flow, dialect);
    case DROP:
      return readFlowDrop(flow);
    case TRACE:
      return readFlowTrace(flow);
    case CAPTURE:
      return readFlowCapture(flow);
    case TRACE_SOCK:
      return readFlowTranslation(flow);
    case L7:
      return readFlowL7(flow);
    default:
      return { type: 'ignored', reason: 'other-record' };
  }
}

/** protobuf's JSON writes 64-bit numbers as strings, and leaves zeros out. */
function readLoss(loss: JsonObject): Lost {
  const printed = textOf(loss, 'num_events_lost') ?? String(numberOf(loss, 'num_events_lost') ?? 0);
  const where = PLACES.get(textOf(loss, 'source')) ?? 'unknown';
  const isCount = /^\d{1,20}$/.test(printed);
  const lost = { type: 'lost', events: isCount ? Number(printed) : 0, where, cpu: numberOf(loss, 'cpu') } as const;
  return Number.isSafeInteger(lost.events) ? lost : { ...lost, exactEvents: printed };
}

function readStatus(status: JsonObject): NodeStatus {
  const message = textOf(status, 'message');
  return {
    type: 'node-status',
    state: STATES.get(textOf(status, 'state_change')) ?? 'unknown',
    nodes: textsOf(status, 'node_names').map((name) => name.slice(name.lastIndexOf('/') + 1)),
    message: message === '' ? null : message,
  };
}
