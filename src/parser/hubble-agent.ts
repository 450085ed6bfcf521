/** What Hubble keeps of what an agent says of itself (`hubble observe agent-events`), in the words that monitor has for it. */
import type { AgentNotice } from '../model/event.ts';
import { type JsonObject, numberOf, objectOf, textOf, textsOf } from './json-fields.ts';

/** Cilium api/v1/flow/flow.proto, AgentEventType, and pkg/monitor/api/types.go. */
const NOTICES: ReadonlyMap<string | null, string> = new Map([
  ['AGENT_STARTED', 'Cilium agent started'],
  ['POLICY_UPDATED', 'Policy updated'],
  ['POLICY_DELETED', 'Policy deleted'],
  ['ENDPOINT_REGENERATE_SUCCESS', 'Endpoint regenerated'],
  ['ENDPOINT_REGENERATE_FAILURE', 'Failed endpoint regeneration'],
  ['ENDPOINT_CREATED', 'Endpoint created'],
  ['ENDPOINT_DELETED', 'Endpoint deleted'],
  ['IPCACHE_UPSERTED', 'IPCache entry upserted'],
  ['IPCACHE_DELETED', 'IPCache entry deleted'],
  ['SERVICE_UPSERTED', 'Service upserted'],
  ['SERVICE_DELETED', 'Service deleted'],
]);

/** `time` is that of the response around the event. */
export function readAgentEvent(event: JsonObject, time: string | null): AgentNotice {
  const type = textOf(event, 'type');
  const timeMs = time === null ? Number.NaN : Date.parse(time);
  return {
    type: 'agent',
    notice: NOTICES.get(type) ?? type ?? 'unknown',
    text: JSON.stringify(messageOf(event)),
    timeMs: Number.isNaN(timeMs) ? null : timeMs,
  };
}

function messageOf(event: JsonObject): JsonObject {
  const policy = objectOf(event, 'policy_update');
  if (policy !== null) return { labels: textsOf(policy, 'labels'), revision: wholeOf(policy, 'revision') };
  const endpoint = objectOf(event, 'endpoint_regenerate') ?? objectOf(event, 'endpoint_update');
  if (endpoint === null) return {};
  return { id: wholeOf(endpoint, 'id'), labels: textsOf(endpoint, 'labels') };
}

/** 64-bit numbers are strings in protobuf's JSON, and zeros are left out. */
function wholeOf(object: JsonObject, field: string): number {
  return numberOf(object, field) ?? Number(textOf(object, field) ?? 0);
}
