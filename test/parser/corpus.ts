/** The corpus of real monitor output with its truth, and what of a truth its printed line can tell. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import type { MonitorRecord, Verdict } from '../../src/model/event.ts';
import { createReader, type ReaderOptions } from '../../src/parser/reader.ts';

const CORPUS = fileURLToPath(new URL('../../fixtures/corpus/', import.meta.url));

const Truth = v.looseObject({
  type: v.string(),
  part: v.optional(v.number()),
  parts: v.optional(v.number()),
  action: v.optional(v.string()),
  audit: v.optional(v.boolean()),
  auth: v.optional(v.nullable(v.string())),
  direction: v.optional(v.string()),
  endpoint_id: v.optional(v.number()),
  remote_id: v.optional(v.number()),
  hash: v.optional(v.number()),
  match_text: v.optional(v.string()),
  proto: v.optional(v.number()),
  policy_name: v.optional(v.nullable(v.string())),
  src_ip: v.optional(v.string()),
  dst_ip: v.optional(v.string()),
  src_port: v.optional(v.number()),
  dst_port: v.optional(v.number()),
  icmp_type: v.optional(v.number()),
  icmp_code: v.optional(v.number()),
  tcp_flags: v.optional(v.array(v.string())),
  fragment: v.optional(v.boolean()),
  payload: v.optional(v.string()),
  lost: v.optional(v.number()),
});
export type Truth = v.InferOutput<typeof Truth>;

const DamagedTruth = v.object({
  damage: v.nullable(v.string()),
  recoverable: v.boolean(),
  truth: v.optional(v.nullable(Truth)),
});
const ExpectedLine = v.looseObject({ line: v.number() });

export interface CorpusFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Physical lines in bytes, without their newlines. */
  readonly lines: readonly string[];
}

function readLines(path: string): readonly string[] {
  const text = readFileSync(path, 'utf8');
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function readCorpusFile(name: string): CorpusFile {
  const path = `${CORPUS}${name}`;
  return { name, bytes: readFileSync(path), lines: readLines(path) };
}

/** Each mode of each version, with the truth of each line. */
export function intactFiles(): readonly (CorpusFile & { readonly truths: readonly Truth[] })[] {
  return readdirSync(CORPUS, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.expected.jsonl') && !name.startsWith('damaged/'))
    .sort()
    .map((name) => {
      const truths: Truth[] = [];
      for (const line of readLines(`${CORPUS}${name}`)) {
        const value: unknown = JSON.parse(line);
        truths[v.parse(ExpectedLine, value).line - 1] = v.parse(Truth, value);
      }
      return { ...readCorpusFile(name.replace('.expected.jsonl', '.txt')), truths };
    });
}

export interface DamagedLine {
  readonly damage: string | null;
  readonly recoverable: boolean;
  readonly truth: Truth | null;
}

export function damagedFiles(): readonly (CorpusFile & { readonly expected: readonly DamagedLine[] })[] {
  return readdirSync(`${CORPUS}damaged`)
    .filter((name) => name.endsWith('.expected.jsonl'))
    .sort()
    .map((name) => {
      const expected = readLines(`${CORPUS}damaged/${name}`).map((line) => {
        const { damage, recoverable, truth } = v.parse(DamagedTruth, JSON.parse(line));
        return { damage, recoverable, truth: truth ?? null };
      });
      return { ...readCorpusFile(`damaged/${name.replace('.expected.jsonl', '.txt')}`), expected };
    });
}

/** Sizes in which to cut an intact source. */
export function chunkings(): readonly { readonly source: CorpusFile; readonly sizes: readonly number[] }[] {
  const Chunks = v.object({ source: v.string(), bytes: v.number(), chunk_sizes: v.array(v.number()) });
  const ManyChunks = v.union([Chunks, v.array(Chunks)]);
  return readdirSync(`${CORPUS}damaged`)
    .filter((name) => name.endsWith('.chunks.json'))
    .flatMap((name) => v.parse(ManyChunks, JSON.parse(readFileSync(`${CORPUS}damaged/${name}`, 'utf8'))))
    .map(({ source, chunk_sizes: sizes }) => ({ source: readCorpusFile(source), sizes }));
}

/** A verdict is one reused object: what is kept is a copy of it. */
export function copyRecord(record: MonitorRecord): MonitorRecord {
  return record.type === 'policy-verdict' ? copyVerdict(record) : record;
}

function copyVerdict(record: Verdict): Verdict {
  const { type, dialect, endpoint, direction, action, audit, remoteIdentity, protocol, match, auth } = record;
  const { source, destination, destinationPort, tcpFlags, icmp, flow, flowKey, policyName, hubble } = record;
  return {
    ...{ type, dialect, endpoint, direction, action, audit, remoteIdentity, protocol, match, auth },
    ...{ source, destination, destinationPort, tcpFlags, icmp, flow, flowKey, policyName, hubble },
  };
}

export function readRecords(pieces: readonly Uint8Array[], options?: ReaderOptions): MonitorRecord[] {
  const records: MonitorRecord[] = [];
  const reader = createReader((record) => records.push(copyRecord(record)), options);
  for (const piece of pieces) reader.push(piece);
  reader.end();
  return records;
}

const PRINTED_FLAGS = new Set(['SYN', 'ACK', 'RST', 'FIN']);
const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6', 132: 'SCTP' };

/** The fields that a record of this truth must have, judged by what `line` prints of it. */
function expectedVerdict(truth: Truth, line: string): Partial<Verdict> {
  // Before 1.13 SCTP is printed without ports; later fragments have none.
  const portless = truth.fragment === true || (truth.proto === 132 && !/\bsctp\b/.test(line));
  const sourcePort = portless ? null : (truth.src_port ?? null);
  const printedPort = portless ? null : (truth.dst_port ?? null);
  const headerPort = /, dst port (\d+), /.exec(line)?.[1];
  const hasPorts = truth.proto === 6 || truth.proto === 17 || truth.proto === 132;
  const destinationPort =
    printedPort ?? (hasPorts && headerPort !== undefined && headerPort !== '0' ? Number(headerPort) : null);
  const { src_ip: source, dst_ip: destination, icmp_type: type } = truth;
  return {
    dialect: 'policy_name' in truth ? 'accuknox' : 'cilium',
    endpoint: truth.endpoint_id ?? -1,
    ...(truth.direction === 'ingress' ? { direction: 'ingress' } : { direction: 'egress' }),
    audit: truth.audit ?? false,
    remoteIdentity: truth.remote_id ?? -1,
    protocol: PROTOCOLS[truth.proto ?? -1] ?? String(truth.proto),
    auth: truth.auth ?? null,
    ...(source === undefined || destination === undefined
      ? damagedEnds(line)
      : { source: { ip: source, port: sourcePort }, destination: { ip: destination, port: printedPort } }),
    destinationPort,
    // Only these four are printed.
    tcpFlags: portless ? [] : (truth.tcp_flags ?? []).filter((flag) => PRINTED_FLAGS.has(flag)),
    flow: `0x${(truth.hash ?? 0).toString(16)}`,
    policyName: truth.policy_name ?? null,
    ...(type === undefined ? { icmp: null } : {}),
  };
}

/** Packets that were damaged on purpose: the truth tells no addresses, some versions print those that were left. */
function damagedEnds(line: string): Partial<Verdict> {
  const ends = / (\d[\d.]+) -> (\d[\d.]+)\s*$/.exec(line);
  const [, source, destination] = ends ?? [];
  return {
    source: source === undefined ? null : { ip: source, port: null },
    destination: destination === undefined ? null : { ip: destination, port: null },
  };
}

/** What of a record differs from its truth, field by field; empty where it is right. */
export function differences(truth: Truth, line: string, record: Verdict): string[] {
  const wrong = Object.entries(expectedVerdict(truth, line)).flatMap(([field, wanted]) => {
    const got: unknown = Reflect.get(record, field);
    return isDeepStrictEqual(got, wanted) ? [] : [`${field}: ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`];
  });
  if (record.action !== truth.action) wrong.push(`action: ${record.action}`);
  if (record.match !== truth.match_text) wrong.push(`match: ${record.match}`);
  const { icmp } = record;
  if (truth.icmp_type !== undefined && (icmp?.type !== truth.icmp_type || icmp.code !== truth.icmp_code)) {
    wrong.push(`icmp: ${JSON.stringify(icmp)}`);
  }
  return wrong;
}
