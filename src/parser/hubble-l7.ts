/** L7 flows of Hubble's JSON: what a proxy decided about a request (api/v1/flow/flow.proto, Layer7). */
import type { L7Details, L7Record } from '../model/l7.ts';
import { directionOf, endpointOf, identityOf, readHubbleFlow } from './hubble-flow.ts';
import { readFlowPacket } from './hubble-packet.ts';
import { type JsonObject, numberOf, objectOf, objectsOf, textOf, textsOf } from './json-fields.ts';
import { otherDetails } from './l7-details.ts';

const VERDICTS: ReadonlyMap<unknown, L7Record['verdict']> = new Map([
  ['FORWARDED', 'Forwarded'],
  ['DROPPED', 'Denied'],
  ['ERROR', 'Error'],
  ['REDIRECTED', 'Redirected'],
]);
const FLOW_TYPES: ReadonlyMap<unknown, L7Record['flowType']> = new Map([
  ['REQUEST', 'Request'],
  ['RESPONSE', 'Response'],
  ['SAMPLE', 'Sample'],
]);

export function readFlowL7(flow: JsonObject): L7Record | null {
  const l7 = objectOf(flow, 'l7');
  const verdict = VERDICTS.get(flow.verdict);
  const packet = readFlowPacket(flow);
  if (l7 === null || verdict === undefined || packet === null) return null;
  const direction = directionOf(flow);
  const name = textOf(flow, 'policy_name');
  return {
    type: 'l7',
    direction,
    flowType: FLOW_TYPES.get(l7.type) ?? null,
    verdict,
    sourceEndpoint: endpointOf(flow, 'source'),
    sourceIdentity: identityOf(flow, 'source'),
    sourceLabels: textsOf(objectOf(flow, 'source') ?? {}, 'labels'),
    destinationEndpoint: endpointOf(flow, 'destination'),
    destinationIdentity: identityOf(flow, 'destination'),
    destinationLabels: textsOf(objectOf(flow, 'destination') ?? {}, 'labels'),
    source: packet.source,
    destination: packet.destination,
    l7: detailsOf(l7),
    audit: typeof flow.audit_mode === 'boolean' ? flow.audit_mode : null,
    policyName: name,
    hubble: readHubbleFlow(flow, direction),
  };
}

function detailsOf(l7: JsonObject): L7Details {
  const http = objectOf(l7, 'http');
  if (http !== null) {
    const [method, url] = [textOf(http, 'method') ?? '', textOf(http, 'url') ?? ''];
    return { protocol: 'http', method, url, status: numberOf(http, 'code') ?? 0 };
  }
  const kafka = objectOf(l7, 'kafka');
  if (kafka !== null) {
    const [apiKey, topic] = [textOf(kafka, 'api_key') ?? '', textOf(kafka, 'topic') ?? ''];
    return { protocol: 'kafka', apiKey, topic, errorCode: numberOf(kafka, 'error_code') ?? 0 };
  }
  const dns = objectOf(l7, 'dns');
  if (dns !== null) {
    return {
      protocol: 'dns',
      observation: textOf(dns, 'observation_source') ?? '',
      query: textOf(dns, 'query') ?? '',
      types: textsOf(dns, 'qtypes'),
      ttl: numberOf(dns, 'ttl'),
      ips: textsOf(dns, 'ips'),
      cnames: textsOf(dns, 'cnames'),
    };
  }
  // A parser that Hubble has no fields for: the record is there, its fields are not.
  const fields = objectsOf(l7, 'fields').map((field): [string, string] => [
    textOf(field, 'key') ?? '',
    textOf(field, 'value') ?? '',
  ]);
  return otherDetails('other', fields, null);
}
