/** The text exposition as others read it: by a parser that others wrote, and by promtool. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { auditLines } from '../../src/report/audit-fields.ts';
import { renderPrometheus } from '../../src/report/prometheus.ts';
import { promtool } from '../../tools/promtool.ts';
import {
  audited,
  dropping,
  full,
  grouped,
  HOSTILE,
  hostile,
  measured,
  offline,
  partial,
  row,
  silent,
} from './summaries.ts';

const SUMMARIES = { full, dropping, measured, grouped, audited, partial, hostile, offline, silent };
let promtoolPath = '';

beforeAll(async () => {
  promtoolPath = await promtool();
}, 300_000);

const Families = v.array(
  v.object({
    name: v.string(),
    help: v.pipe(v.string(), v.nonEmpty()),
    type: v.picklist(['COUNTER', 'GAUGE']),
    metrics: v.array(
      v.object({
        value: v.pipe(v.string(), v.toNumber()),
        labels: v.optional(v.record(v.string(), v.string()), {}),
      }),
    ),
  }),
);
const require = createRequire(import.meta.url);
const parser = v.parse(v.function(), require('parse-prometheus-text-format'));

function familiesOf(text: string): v.InferOutput<typeof Families> {
  return v.parse(Families, parser(text));
}

describe.each(Object.entries(SUMMARIES))('%s', (_, make) => {
  it('is read whole, each series once', () => {
    const text = renderPrometheus(make());
    const families = familiesOf(text);
    const series = families.flatMap(({ name, metrics }) =>
      metrics.map(({ labels }) => JSON.stringify([name, Object.entries(labels).sort()])),
    );
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(series).toHaveLength(lines.length);
    expect(new Set(series).size).toBe(series.length);
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
    for (const { name, type } of families) expect(name.endsWith('_total')).toBe(type === 'COUNTER');
  });

  it('is what promtool accepts without a remark', () => {
    const { status, stdout, stderr } = spawnSync(promtoolPath, ['check', 'metrics'], {
      input: renderPrometheus(make()),
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});

describe('numbers and names', () => {
  const sumOf = (text: string, name: string) =>
    familiesOf(text)
      .filter((family) => family.name === name)
      .flatMap(({ metrics }) => metrics)
      .reduce((sum, { value }) => sum + value, 0);

  it('are those of the summary', () => {
    const { policies } = full();
    const text = renderPrometheus(full());
    expect(sumOf(text, 'policystat_denied_packets_total')).toBe(policies.reduce((sum, { denied }) => sum + denied, 0));
    expect(sumOf(text, 'policystat_connections_total')).toBe(policies.reduce((sum, { allowed }) => sum + allowed, 0));
    const { audit } = audited();
    expect(sumOf(renderPrometheus(audited()), 'policystat_would_deny_connections_total')).toBe(
      audit === undefined ? 0 : auditLines(audit).reduce((sum, { peer }) => sum + peer.connections, 0),
    );
    const { groups } = grouped();
    expect(sumOf(renderPrometheus(grouped()), 'policystat_denied_packets_total')).toBe(
      groups?.rows.reduce((sum, { denied }) => sum + denied, 0),
    );
  });

  it.each(['back\\slash', 'a "quoted" name', 'two\nlines', '{a="b"} 1', 'ends with \\', HOSTILE])(
    'survive: %j',
    (name) => {
      const text = renderPrometheus(full({ policies: [row({ policy: { kind: null, namespace: null, name } })] }));
      const [family] = familiesOf(text);
      // Only what would act on a terminal is spelt out.
      const told = name.replace(/[\p{C}]/gu, (character) =>
        character === '\n' ? '\n' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
      );
      expect(family?.metrics[0]?.labels.policy).toBe(told);
    },
  );
});
