/** The published schema holds every line that is written, by a validator that others wrote. */
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { LineSchema } from '../../src/recording/line.ts';
import { attribution, START_MS, verdict } from '../aggregator/records.ts';
import { playText } from './play.ts';
import { openStudio, PLAN } from './studio.ts';

const Schema = v.record(v.string(), v.unknown());
const published = v.parse(
  Schema,
  JSON.parse(readFileSync(new URL('../../docs/schema/recording.json', import.meta.url), 'utf8')),
);
const matches = new Ajv().compile(v.parse(Schema, strictly(published)));

/** As published, but for a field that the schema does not name: that one is an error here. */
function strictly(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strictly);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strictly(value)]));
  return 'properties' in inner ? { ...inner, additionalProperties: false } : inner;
}

const pieces: Buffer[] = [];
let waitingBytes = 0;

async function everyLine(redact: readonly ('ips' | 'names' | 'urls')[]): Promise<readonly string[]> {
  pieces.length = 0;
  waitingBytes = 0;
  const studio = slowStudio(redact);
  const { aggregator, clock } = studio;
  const stream = aggregator.addStream(PLAN);
  const answer = attribution();
  stream.source({ kind: 'monitor', reason: 'hubble-off' });
  stream.facts({ version: '1.19.0', program: 'cilium-dbg', dialect: 'cilium' });
  stream.state('streaming', START_MS);
  stream.agent({ ...PLAN.agent, pod: 'cilium-other' });
  stream.setTargets('all');
  stream.counters('unread');
  stream.mode({ endpoint: 733, namespace: 'a', pod: 'b', audits: true, enforced: { ingress: true, egress: false } });
  stream.record(verdict(), answer, START_MS + 1);
  stream.record({ type: 'ignored', reason: 'log' }, null, START_MS + 2);
  stream.gap(START_MS + 3, START_MS + 4, 'a pod moved');
  aggregator.traffic([{ direction: 'ingress', attribution: answer, packets: 2n ** 63n, bytes: 7n, lowerBound: false }]);
  clock.advance(1_000);
  waitingBytes = 65 * 2 ** 20;
  stream.record(verdict(), answer, START_MS + 1_001);
  waitingBytes = 0;
  await studio.end();
  return Buffer.concat(pieces).toString().trimEnd().split('\n');
}

/** Not packed, and on a disk that is as slow as is said. */
function slowStudio(redact: readonly ('ips' | 'names' | 'urls')[]) {
  return openStudio({
    ...(redact.length === 0 ? {} : { redact }),
    tape: {
      pack: (text) => Buffer.from(text),
      files: {
        open: () => ({
          get waitingBytes() {
            return waitingBytes;
          },
          write: (bytes) => void pieces.push(Buffer.from(bytes)),
          close: async () => Promise.resolve(),
        }),
        remove: async () => Promise.resolve(),
      },
    },
  });
}

describe('the published schema', () => {
  it.each([[[]], [['ips', 'names', 'urls'] as const]])('holds every line, redacted %j', async (redact) => {
    const lines = (await everyLine(redact)).map((line) => v.parse(Schema, JSON.parse(line)));
    for (const line of lines) expect(matches(line) === true ? null : [line, matches.errors]).toBeNull();
    const types = lines.flatMap(({ type }) => (typeof type === 'string' ? [type] : []));
    expect(new Set(types)).toEqual(new Set(LineSchema.options.map(({ entries }) => entries.type.literal)));
  });

  it('refuses a line with a field that nobody knows, or without one', async () => {
    const lines = (await everyLine([])).map((line) => v.parse(Schema, JSON.parse(line)));
    for (const line of lines) {
      expect(matches({ ...line, extra: 1 })).toBe(false);
      const [first = ''] = Object.keys(line);
      expect(matches(Object.fromEntries(Object.entries(line).filter(([key]) => key !== first)))).toBe(false);
    }
  });
});

describe('records that a slow disk had no time for', () => {
  it('are lost ones', async () => {
    await everyLine([]);
    const summary = await playText(Buffer.concat(pieces));
    expect(summary).toMatchObject({
      totals: { ingress: { allowed: 1 } },
      completeness: { status: 'partial', lost: 1 },
    });
  });
});
