/** L7 records in monitor's JSON (Cilium pkg/monitor/logrecord.go, pkg/proxy/accesslog/record.go). */
import type { L7Details, L7Record } from '../model/l7.ts';
import type { Direction } from '../model/packet.ts';
import { DNS_TYPES } from './dns-types.ts';
import { type JsonObject, numberOf, objectOf, textOf, textsOf } from './json-fields.ts';
import { isFlowType, isL7Verdict } from './l7.ts';
import { otherDetails } from './l7-details.ts';

const DIRECTIONS: ReadonlyMap<unknown, Direction> = new Map([
  ['Ingress', 'ingress'],
  ['Egress', 'egress'],
]);
const DNS_NAMES: ReadonlyMap<number, string> = new Map(Array.from(DNS_TYPES, ([name, type]) => [type, name]));

export function readJsonL7(event: JsonObject): L7Record | null {
  const { verdict, flowType, observationPoint } = event;
  if (!isL7Verdict(verdict)) return null;
  const l7 = detailsOf(event);
  if (l7 === null) return null;
  return {
    type: 'l7',
    direction: DIRECTIONS.get(observationPoint) ?? null,
    flowType: isFlowType(flowType) ? flowType : null,
    verdict,
    sourceEndpoint: numberOf(event, 'srcEpID'),
    sourceIdentity: numberOf(event, 'srcIdentity'),
    sourceLabels: textsOf(event, 'srcEpLabels'),
    destinationEndpoint: numberOf(event, 'dstEpID'),
    destinationIdentity: numberOf(event, 'dstIdentity'),
    destinationLabels: textsOf(event, 'dstEpLabels'),
    source: null,
    destination: null,
    l7,
    ...patchedOf(event),
    hubble: null,
  };
}

/** The patched Cilium's, which JSON gives for HTTP only, and with a rule's number in place of its policy's name. */
function patchedOf(event: JsonObject): Pick<L7Record, 'audit' | 'policyName'> {
  const http = objectOf(event, 'http') ?? {};
  const { AuditMode: audit, RuleID: rule } = http;
  if (typeof audit !== 'boolean') return { audit: null, policyName: null };
  // 0 has this name in the text, whatever was decided.
  return { audit, policyName: rule === 0 ? 'implicit-default-deny' : null };
}

function detailsOf(event: JsonObject): L7Details | null {
  const http = objectOf(event, 'http');
  if (http !== null) return httpDetails(http);
  const kafka = objectOf(event, 'kafka');
  if (kafka !== null) return kafkaDetails(kafka);
  const dns = objectOf(event, 'dns');
  if (dns !== null) return dnsDetails(dns);
  const protocol = textOf(event, 'l7Proto');
  if (protocol === null) return null;
  const { status, ...fields } = objectOf(objectOf(event, 'l7') ?? {}, 'Fields') ?? {};
  const texts = Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]);
  return otherDetails(protocol, texts, typeof status === 'string' && status !== '' ? status : null);
}

function httpDetails(http: JsonObject): L7Details {
  const url = objectOf(http, 'URL');
  return {
    protocol: 'http',
    method: textOf(http, 'Method') ?? '',
    url: url === null ? '' : urlOf(url),
    status: numberOf(http, 'Code') ?? 0,
  };
}

/** As Go puts the parts of a URL together (net/url, URL.String). */
function urlOf(url: JsonObject): string {
  const scheme = textOf(url, 'Scheme') ?? '';
  const host = textOf(url, 'Host') ?? '';
  const path = presentText(url, 'RawPath') ?? encodePath(textOf(url, 'Path') ?? '');
  const query = textOf(url, 'RawQuery') ?? '';
  const fragment = presentText(url, 'RawFragment') ?? encodePath(textOf(url, 'Fragment') ?? '');
  const slash = host !== '' && path !== '' && !path.startsWith('/') ? '/' : '';
  const authority = host === '' && !path.startsWith('//') ? '' : `//${host}${slash}`;
  return [
    scheme === '' ? '' : `${scheme}:`,
    presentText(url, 'Opaque') ?? `${authority}${path}`,
    query !== '' || url.ForceQuery === true ? `?${query}` : '',
    fragment === '' ? '' : `#${fragment}`,
  ].join('');
}

/** Go prints an empty text for none. */
function presentText(object: JsonObject, field: string): string | null {
  const text = textOf(object, field);
  return text === '' ? null : text;
}

function encodePath(path: string): string {
  try {
    return encodeURI(path).replaceAll('?', '%3F').replaceAll('#', '%23');
  } catch {
    // A lone surrogate.
    return path;
  }
}

function kafkaDetails(kafka: JsonObject): L7Details {
  return {
    protocol: 'kafka',
    apiKey: textOf(kafka, 'APIKey') ?? '',
    topic: textOf(objectOf(kafka, 'Topic') ?? {}, 'Topic') ?? '',
    errorCode: numberOf(kafka, 'ErrorCode') ?? 0,
  };
}

function dnsDetails(dns: JsonObject): L7Details {
  const types = Array.isArray(dns.QTypes) ? dns.QTypes.filter((type) => typeof type === 'number') : [];
  return {
    protocol: 'dns',
    observation: textOf(dns, 'ObservationSource') ?? '',
    query: textOf(dns, 'Query') ?? '',
    // RFC 3597 for those without a name.
    types: types.map((type) => DNS_NAMES.get(type) ?? `TYPE${type}`),
    ttl: numberOf(dns, 'TTL'),
    ips: textsOf(dns, 'IPs'),
    cnames: textsOf(dns, 'CNAMEs'),
  };
}
