/** Every output of the same summaries, as a person and a program get them. */
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { renderCsv } from '../../src/report/csv.ts';
import { renderJson } from '../../src/report/json.ts';
import { renderJsonl } from '../../src/report/jsonl.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { plainPalette } from '../../src/report/palette.ts';
import { renderPrometheus } from '../../src/report/prometheus.ts';
import { paletteFor } from '../../src/report/screen.ts';
import { renderTable, type TableOptions } from '../../src/report/table.ts';
import { renderYaml } from '../../src/report/yaml.ts';
import {
  audited,
  crowded,
  dropping,
  full,
  grouped,
  hostile,
  measured,
  offline,
  partial,
  row,
  silent,
  unaudited,
} from './summaries.ts';

const SUMMARIES = { full, dropping, measured, grouped, audited, unaudited, partial, hostile, offline, silent };
const PLAIN: TableOptions = { width: 80, wide: false, palette: plainPalette, live: false };
const ACTIVE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

describe('a policy that is known in two ways', () => {
  const twins = () =>
    full({ policies: [row({ attribution: 'correlated' }), row({ attribution: 'derived', allowed: 1 })] });

  it.each([80, 140])('has two rows that say in which, at %i columns', (width) => {
    const lines = renderTable(twins(), { ...PLAIN, width }).split('\n');
    const at = (note: string) => lines.findIndex((line) => line.trim() === note);
    expect(lines[at('as Hubble named it') - 1]).toMatch(/^default\/rule1 \(CNP\) +ingress +3 /);
    expect(lines[at("as looked up in the agent's state") - 1]).toMatch(/^default\/rule1 \(CNP\) +ingress +1 /);
    expect(renderTable(twins(), { ...PLAIN, width, wide: true })).not.toContain('as Hubble named it');
    expect(renderTable(full(), { ...PLAIN, width })).not.toContain('as looked up');
  });

  it('has two lines of Markdown that say in which', () => {
    const text = renderMarkdown(twins());
    expect(text).toMatch(/^\| default\/rule1 \\\(CNP\\\), as Hubble named it \| ingress \| 3 /m);
    expect(text).toMatch(/^\| default\/rule1 \\\(CNP\\\), as looked up in the agent's state \| ingress \| 1 /m);
    expect(renderMarkdown(full())).not.toContain('as looked up');
  });
});

describe.each(Object.entries(SUMMARIES))('%s', (name, make) => {
  it.each([
    ['table', 80],
    ['table', 140],
    ['wide', 80],
    ['wide', 140],
  ])('as %s at %i columns', async (output, width) => {
    const text = renderTable(make(), { ...PLAIN, width, wide: output === 'wide' });
    await expect(text).toMatchFileSnapshot(`golden/${name}-${output}-${width}.txt`);
    expect(Math.max(...text.split('\n').map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
    expect(text).not.toMatch(ACTIVE);
  });

  it('with colours says the same', async () => {
    const text = renderTable(make(), { ...PLAIN, palette: paletteFor(true) });
    await expect(text).toMatchFileSnapshot(`golden/${name}-table-80-colour.txt`);
    expect(text.replace(/\u001b\[\d+m/g, '')).toBe(renderTable(make(), PLAIN));
  });

  it('as JSON, JSON lines and YAML holds the summary and no active character', async () => {
    const summary = make();
    const json = renderJson(summary);
    await expect(json).toMatchFileSnapshot(`golden/${name}.json.txt`);
    expect(JSON.parse(json)).toEqual(summary);
    const jsonl = renderJsonl(summary);
    expect(jsonl.indexOf('\n')).toBe(jsonl.length - 1);
    expect(JSON.parse(jsonl)).toEqual(summary);
    const yaml = renderYaml(summary);
    await expect(yaml).toMatchFileSnapshot(`golden/${name}.yaml.txt`);
    expect(parse(yaml)).toEqual(summary);
    expect(parseAllDocuments(yaml + yaml)).toHaveLength(2);
    for (const text of [json, jsonl, yaml]) expect(text).not.toMatch(ACTIVE);
  });
});

it.each([40, 80, 110, 130, 140, 160, 180, 240].flatMap((width) => [false, true].map((wide) => [width, wide] as const)))(
  'every peer is told once at %i columns (wide: %s)',
  (width, wide) => {
    const names = ['default/xwing', 'default/tiefighter'];
    const text = renderTable(full(), { ...PLAIN, width, wide });
    expect(names.map((name) => text.split(name).length - 1)).toEqual(names.map(() => 1));
  },
);

describe.each(Object.entries(SUMMARIES))('%s elsewhere', (name, make) => {
  it.each([
    ['csv', renderCsv],
    ['markdown', renderMarkdown],
    ['prometheus', renderPrometheus],
  ])('as %s', async (output, render) => {
    const text = render(make());
    await expect(text).toMatchFileSnapshot(`golden/${name}.${output}.txt`);
    expect(text.replaceAll('\r\n', '\n')).not.toMatch(ACTIVE);
  });
});

it('a spreadsheet runs nothing', () => {
  const rows = ['=1+1', '+1', '-1', '@SUM(A1)', '"quoted", with comma'].map((name) =>
    row({ policy: { kind: null, namespace: null, name } }),
  );
  const [, ...lines] = renderCsv(full({ policies: rows })).split('\r\n');
  expect(lines.slice(0, 5).map((line) => line.slice(0, 8))).toEqual([
    "'=1+1,,,",
    "'+1,,,in",
    "'-1,,,in",
    "'@SUM(A1",
    '"""quote',
  ]);
});

it('a name makes no markup', () => {
  const name = '|<b>@all</b> `x` [a](b)';
  const text = renderMarkdown(full({ policies: [row({ policy: { kind: null, namespace: null, name } })] }));
  expect(text).toContain('\\|&lt;b&gt;&#64;all&lt;/b&gt; \\`x\\` \\[a\\]\\(b\\) |');
});

it('series with the same labels are one', () => {
  const text = renderPrometheus(
    full({ policies: [row(), row({ isolatedBy: [{ kind: null, namespace: null, name: 'x' }] })] }),
  );
  const series = text
    .split('\n')
    .filter((line) => line.startsWith('policystat_connections_total{') && line.includes('allowed'));
  expect(series).toEqual([expect.stringMatching(/ 6$/)]);
});

describe('a live table', () => {
  const live = (changes: Partial<TableOptions>) => renderTable(crowded(60), { ...PLAIN, live: true, ...changes });

  it.each([5, 10, 24, 40, 100])('fits %i lines', (height) => {
    expect(live({ height }).trimEnd().split('\n').length).toBeLessThanOrEqual(height);
  });

  it('says how many rows and agents are left out, and names the one that is not heard', async () => {
    const text = live({ height: 24 });
    await expect(text).toMatchFileSnapshot('golden/crowded-live-80x24.txt');
    expect(text).toMatch(/… \d+ more\n/);
    expect(text).toContain('node-33');
  });

  it('drops notes before it drops rows', () => {
    const rows = Array.from({ length: 6 }, (_, at) => row({ policy: { kind: null, namespace: null, name: `p${at}` } }));
    const text = renderTable(full({ policies: rows }), { ...PLAIN, live: true, height: 23 });
    for (const { policy } of rows) expect(text).toContain(policy.name);
    expect(text).toContain('from default/tiefighter');
  });

  it('explains silence while it waits', async () => {
    await expect(renderTable(silent(), { ...PLAIN, live: true, height: 24 })).toMatchFileSnapshot(
      'golden/silent-live-80x24.txt',
    );
    const connecting = silent({
      source: { kind: 'monitor', agents: [], files: [], types: ['policy-verdict'], filters: [] },
    });
    expect(renderTable(connecting, { ...PLAIN, live: true })).toContain('Waiting');
  });

  it.each([1, 20, 30, 45])('stays within %i columns, or 20', (width) => {
    for (const make of Object.values(SUMMARIES)) {
      const lines = renderTable(make(), { ...PLAIN, width }).split('\n');
      expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(Math.max(width, 20));
    }
  });
});

it('at 40 columns the numbers are whole', async () => {
  const text = renderTable(full(), { ...PLAIN, width: 40 });
  await expect(text).toMatchFileSnapshot('golden/full-table-40.txt');
  expect(text).toMatch(/^implicit-default-… {2}in {9}0 {6}21$/m);
});

it('names the nodes whose every endpoint is meant', () => {
  expect(renderTable(full({ targets: [] }), PLAIN)).toMatch(/^every endpoint of k8s-node1 and 1 more node · 30 s/);
});

it('does not say of a policy that isolates a pod that it does not apply to it', () => {
  const unruled = row({
    policy: { kind: null, namespace: null, name: 'unattributed' },
    attribution: 'unattributed',
    reason: 'no-policy-applies',
    peers: [{ identity: 1, name: 'host', labels: [], allowed: 3, denied: 0 }],
  });
  const text = renderTable(full({ policies: [row(), unruled] }), PLAIN);
  expect(text).toContain('\n  no rule needed: the pod is not isolated this way, or the peer is its own node\n');
});
