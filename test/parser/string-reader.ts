/** A second reader of verdict lines, made of strings and one regular expression: slow, plain, and the byte reader's oracle. */
import { isIP } from 'node:net';

const VERDICT =
  /^Policy verdict log: flow (?<flow>0x(?:0|[1-9a-f][0-9a-f]{0,7}))(?:(?<named>, PolicyName (?<name>.*?),?)?,)? local EP ID (?<endpoint>\d+), remote ID (?<remote>[^,]+),(?: dst port (?<headerPort>\d+),)?(?: proto (?<protocol>\d+),)? (?<direction>ingress|egress)(?<inward> true| false)?, action (?<action>[A-Za-z()]+)(?: auditMode:(?<mode>true|false))?,(?: auth: (?<auth>[^,]+),)? match (?<match>[A-Za-z0-9-]+), (?<summary>.*)$/;
const ENDS = /^(?<source>\S+) -> (?<destination>\S+) (?<word>tcp|udp|sctp)(?: (?<flags>.*))?$/;
const WITH_PORT = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[^:]+)):(?<port>\d+)$/;

export interface StringVerdict {
  readonly flow: string;
  readonly endpoint: number;
  readonly remote: string;
  readonly direction: string;
  readonly action: string;
  readonly audit: boolean;
  readonly match: string;
  readonly auth: string | null;
  readonly policyName: string | null;
  readonly source: { readonly ip: string; readonly port: number };
  readonly destination: { readonly ip: string; readonly port: number };
}

/** TCP, UDP and SCTP with ports only; null for all else. */
export function readByString(line: string): StringVerdict | null {
  const fields = VERDICT.exec(line)?.groups;
  const ends = ENDS.exec(fields?.summary?.replace(/[ \t\r]+$/, '') ?? '')?.groups;
  if (fields === undefined || ends === undefined) return null;
  const source = readEnd(ends.source);
  const destination = readEnd(ends.destination);
  const endpoint = Number(fields.endpoint);
  if (source === null || destination === null || endpoint > 65_535) return null;
  const word = fields.action ?? '';
  const old = /^audit\((.*)\)$/.exec(word)?.[1];
  const action = (old ?? word).toLowerCase();
  const inward = fields.direction === 'ingress' && fields.inward !== ' false';
  return {
    flow: fields.flow ?? '',
    endpoint,
    remote: fields.remote ?? '',
    direction: inward ? 'ingress' : 'egress',
    action,
    audit: action === 'audit' || old !== undefined || fields.mode === 'true',
    match: fields.match ?? '',
    auth: fields.auth ?? null,
    policyName: fields.named === undefined ? null : (fields.name ?? ''),
    source,
    destination,
  };
}

function readEnd(text: string | undefined): { ip: string; port: number } | null {
  const groups = WITH_PORT.exec(text ?? '')?.groups;
  const ip = groups?.v6 ?? groups?.v4 ?? '';
  const port = Number(groups?.port);
  return isIP(ip) === 0 || port > 65_535 ? null : { ip, port };
}
