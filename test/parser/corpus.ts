/** The corpus of real monitor output, with the truth of each line. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import type { MonitorRecord, Verdict } from '../../src/model/event.ts';
import { createReader, type ReaderOptions } from '../../src/parser/reader.ts';

const CORPUS = fileURLToPath(new URL('../../fixtures/corpus/', import.meta.url));

const Truth = v.looseObject({
  type: v.string(),
  seq: v.optional(v.number()),
  cpu: v.optional(v.number()),
  endpoint_id: v.optional(v.number()),
  hash: v.optional(v.number()),
  // Verdicts.
  action: v.optional(v.string()),
  audit: v.optional(v.boolean()),
  auth: v.optional(v.nullable(v.string())),
  direction: v.optional(v.string()),
  remote_id: v.optional(v.number()),
  match_text: v.optional(v.string()),
  proto: v.optional(v.number()),
  policy_name: v.optional(v.nullable(v.string())),
  fragment: v.optional(v.boolean()),
  // The packet.
  l4: v.optional(v.string()),
  src_ip: v.optional(v.string()),
  dst_ip: v.optional(v.string()),
  src_port: v.optional(v.number()),
  dst_port: v.optional(v.number()),
  icmp_type: v.optional(v.number()),
  icmp_code: v.optional(v.number()),
  tcp_flags: v.optional(v.array(v.string())),
  // Drops and traces: a trace's reason is a number.
  reason: v.optional(v.union([v.string(), v.number()])),
  reason_code: v.optional(v.number()),
  ext_error: v.optional(v.number()),
  dst_endpoint_id: v.optional(v.number()),
  src_identity: v.optional(v.number()),
  dst_identity: v.optional(v.number()),
  file: v.optional(v.number()),
  line_no: v.optional(v.number()),
  ifindex: v.optional(v.number()),
  ip_trace_id: v.optional(v.number()),
  obs_point: v.optional(v.number()),
  // Requests.
  observation_point: v.optional(v.string()),
  flow_type: v.optional(v.string()),
  l7_proto: v.optional(v.string()),
  verdict: v.optional(v.union([v.string(), v.number()])),
  src_endpoint: v.optional(v.number()),
  dst_endpoint: v.optional(v.number()),
  src_labels: v.optional(v.array(v.string())),
  dst_labels: v.optional(v.array(v.string())),
  method: v.optional(v.string()),
  url: v.optional(v.string()),
  code: v.optional(v.number()),
  api_key: v.optional(v.string()),
  topic: v.optional(v.string()),
  query: v.optional(v.string()),
  // The agent's notices, the recorder, losses.
  agent_type: v.optional(v.number()),
  agent_subtype: v.optional(v.string()),
  message: v.optional(v.unknown()),
  rule: v.optional(v.number()),
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

export interface IntactFile extends CorpusFile {
  readonly truths: readonly Truth[];
}

/** Each mode of each version, with the truth of each line. */
export function intactFiles(): readonly IntactFile[] {
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
