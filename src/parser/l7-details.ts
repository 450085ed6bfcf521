/** The end of an L7 line, which says what was asked for: a request, a query, a parser's own fields (Cilium pkg/monitor/logrecord.go). */
import type { L7Details } from '../model/l7.ts';
import { DNS_TYPES } from './dns-types.ts';

export interface ReadDetails {
  readonly details: L7Details;
  /** Nothing shows that the end is the end. */
  readonly mayBeCut: boolean;
}

/** A URL has no blanks; a status has three digits, or is 0 where the request was passed on. */
const HTTP = /^ ([!-~]*) (\S*) => (0|[1-9]\d\d)$/;
const KAFKA = /^ (\S*) topic (\S*) => (-?\d{1,5})$/;
const DNS =
  /^ DNS ([A-Za-z][\w-]*): (\S*) ([A-Za-z0-9,-]*)(?: TTL: (\d{1,10}) Answer: '([0-9a-f.:,]*)'(?: CNAMEs: (\S+))?)?$/;
const FIELD = / ([^\s:]+):/g;
const STATUS = /^(.*) => status:(.*)$/;
/** A status that is there is not empty: the line was cut in the words before it. */
const PART_OF_STATUS = / =(?:>(?: s?t?a?t?u?s?)?)?$/;

export function readDetails(protocol: string, isRequest: boolean, rest: string): ReadDetails | null {
  switch (protocol) {
    case 'http':
      return readHttp(rest);
    case 'kafka':
      return readKafka(rest);
    case 'dns':
      return readDns(rest, isRequest);
    default:
      return readOther(protocol, rest);
  }
}

function readHttp(rest: string): ReadDetails | null {
  const parts = HTTP.exec(rest);
  if (parts === null) return null;
  const [, method = '', url = '', status] = parts;
  return { details: { protocol: 'http', method, url, status: Number(status) }, mayBeCut: false };
}

function readKafka(rest: string): ReadDetails | null {
  const parts = KAFKA.exec(rest);
  if (parts === null) return null;
  const [, apiKey = '', topic = '', errorCode] = parts;
  return { details: { protocol: 'kafka', apiKey, topic, errorCode: Number(errorCode) }, mayBeCut: true };
}

function readDns(rest: string, isRequest: boolean): ReadDetails | null {
  const parts = DNS.exec(rest);
  if (parts === null) return null;
  const [, observation = '', query = '', typeList = '', ttl, answer, cnameList] = parts;
  const types = listOf(typeList);
  // Responses always have an answer, be it empty, and requests never.
  if ((ttl === undefined) !== isRequest || !types.every((type) => DNS_TYPES.has(type))) return null;
  // `A,A` is what is left of `A,AAAA`: nobody asks for the same twice.
  if (new Set(types).size < types.length) return null;
  const cnames = listOf(cnameList);
  if (!cnames.every((name) => name.endsWith('.'))) return null;
  const details: L7Details = {
    protocol: 'dns',
    observation,
    query,
    types,
    ttl: ttl === undefined ? null : Number(ttl),
    ips: listOf(answer),
    cnames,
  };
  return { details, mayBeCut: isRequest };
}

function listOf(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(',');
}

function readOther(protocol: string, rest: string): ReadDetails | null {
  const [, before = rest, status = null] = STATUS.exec(rest) ?? [];
  if (status === '' || PART_OF_STATUS.test(before)) return null;
  const fields: [name: string, value: string][] = [];
  let valueAt = -1;
  let name = '';
  for (const match of before.matchAll(FIELD)) {
    if (valueAt < 0 && match.index > 0) return null;
    if (valueAt >= 0) fields.push([name, before.slice(valueAt, match.index)]);
    name = match[1] ?? '';
    valueAt = match.index + match[0].length;
  }
  if (valueAt < 0 && before !== '') return null;
  if (valueAt >= 0) fields.push([name, before.slice(valueAt)]);
  return { details: otherDetails(protocol, fields, status), mayBeCut: true };
}

/** Go prints and encodes a map's fields in any order: here they have one. */
export function otherDetails(
  protocol: string,
  fields: readonly (readonly [name: string, value: string])[],
  status: string | null,
): L7Details {
  const sorted = fields.toSorted(([one], [other]) => (one < other ? -1 : 1));
  return { protocol, fields: Object.fromEntries(sorted), status };
}
