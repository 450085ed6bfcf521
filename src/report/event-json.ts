/** `events -o jsonl`: one attributed record as one line of JSON; what is not known is null. */
import type { Circumstances, StreamGap } from '../model/attributed.ts';
import type { MonitorRecord } from '../model/event.ts';
import type { HubbleEndpoint, HubbleFlow } from '../model/hubble.ts';
import type { Attribution } from '../model/policy.ts';
import { toJson } from './json.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Null for lines that are told apart only to be left out. */
export function renderEventJson(
  record: MonitorRecord | StreamGap,
  attribution: Attribution | null,
  about: Circumstances,
): string | null {
  const fields = fieldsOf(record, attribution);
  if (fields === null) return null;
  const hubble = 'hubble' in record ? record.hubble : null;
  const line = {
    type: record.type,
    time: timeOf(record, about),
    node: hubble?.node ?? about.node,
    ...(hubble === null ? fields : withHubble(fields, hubble)),
  };
  const text = toJson(line, 0);
  if (record.type !== 'lost' || record.exactEvents === undefined) return `${text}\n`;
  return `${text.replace(`"events":${record.events}`, `"events":${record.exactEvents}`)}\n`;
}

/** Hubble's own time where there is one. */
export function timeOf(record: MonitorRecord | StreamGap, { atMs }: Pick<Circumstances, 'atMs'>): string | null {
  const told = 'hubble' in record ? (record.hubble?.time ?? null) : null;
  return told ?? (atMs === null ? null : new Date(atMs).toISOString());
}

function fieldsOf(record: MonitorRecord | StreamGap, attribution: Attribution | null): Fields | null {
  switch (record.type) {
    case 'policy-verdict': {
      const { endpoint, direction, action, audit, remoteIdentity, protocol, match, auth, source, destination } = record;
      const { tcpFlags, icmp, flow, dialect, policyName } = record;
      const packet = { source, destination, tcpFlags, icmp, flow };
      const decision = { endpoint, direction, action, audit, remoteIdentity, protocol, match, auth };
      return { ...decision, ...packet, dialect, policyName, ...attributionFields(attribution) };
    }
    case 'l7':
      return { ...ownFields(record), ...attributionFields(attribution) };
    case 'gap': {
      const [from, to] = [record.fromMs, record.toMs].map((ms) => new Date(ms).toISOString());
      return { from, to, reason: record.reason };
    }
    case 'ignored':
      return null;
    case 'node-status': {
      const { state, nodes, message } = record;
      return { state, nodes, message };
    }
    default:
      return ownFields(record);
  }
}

/** The record as it is, without what has a place of its own in the line. */
function ownFields(record: MonitorRecord): Fields {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !ELSEWHERE.has(name)));
}

/** The type comes first, Hubble's fields are spread, keys are for counting only. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  ...['type', 'hubble', 'flowKey', 'verdictFlowKeys', 'destinationPort', 'exactEvents'],
]);

function attributionFields(attribution: Attribution | null): Fields {
  if (attribution === null) return { policies: [], attribution: null };
  const { policies, grade, reason, isolatedBy, ambiguous } = attribution;
  return {
    policies,
    attribution: grade,
    ...(reason === null ? {} : { reason }),
    ...(grade === 'default-deny' ? { isolatedBy } : {}),
    ...(ambiguous ? { ambiguous } : {}),
  };
}

/** The record's own word first, where it has one. */
function withHubble(fields: Fields, hubble: HubbleFlow): Fields {
  const known = Object.entries(fields).filter(([, value]) => value !== null);
  return { ...fields, ...hubbleFields(hubble), ...Object.fromEntries(known) };
}

function hubbleFields({ uuid, isReply, source, destination }: HubbleFlow): Fields {
  return { uuid, isReply, ...endpointFields('source', source), ...endpointFields('destination', destination) };
}

function endpointFields(side: 'source' | 'destination', end: HubbleEndpoint | null): Fields {
  return {
    [`${side}Endpoint`]: end?.endpoint ?? null,
    [`${side}Identity`]: end?.identity ?? null,
    [`${side}Namespace`]: end?.namespace ?? null,
    [`${side}Pod`]: end?.pod ?? null,
    [`${side}Labels`]: end?.labels ?? [],
    [`${side}Workloads`]: end?.workloads ?? [],
    [`${side}Cluster`]: end?.cluster ?? null,
    [`${side}Names`]: end?.names ?? [],
    [`${side}Service`]: end?.service ?? null,
  };
}
