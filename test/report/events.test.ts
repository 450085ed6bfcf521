/** Lines of text and of JSON for every type of record: golden files, and nothing hostile reaches a terminal. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderEventJson } from '../../src/report/event-json.ts';
import type { Naming } from '../../src/report/event-parts.ts';
import { createEventText } from '../../src/report/event-text.ts';
import { plainPalette } from '../../src/report/palette.ts';
import { hasUnsafe } from '../../src/report/printable.ts';
import { paletteFor } from '../../src/report/screen.ts';
import { attribution, drop, EVENTS, FLOW, LIVE, l7, nat, verdict } from './event-records.ts';
import { HOSTILE } from './summaries.ts';

const NAMES = new Map([
  [2, 'world'],
  [2371, 'default/xwing'],
  [12530, 'default/tiefighter'],
]);

const naming: Naming = {
  identityName: (identity) => {
    const name = NAMES.get(identity);
    return name === undefined ? null : { identity, name, labels: [] };
  },
  endpointName: (endpoint, node) => (endpoint === 733 && node === 'k8s-node1' ? 'default/deathstar-8c4bw' : null),
};

const OFFLINE = { node: null, atMs: null, wanted: true } as const;

describe('text', () => {
  it.each([
    ['live', LIVE, false, false],
    ['live-colour', LIVE, false, true],
    ['offline', OFFLINE, true, false],
  ] as const)('%s', async (name, about, dates, color) => {
    const render = createEventText({ ...naming, dates, palette: paletteFor(color) });
    const text = EVENTS.map(([record, decided]) => render(record, decided, about) ?? '').join('');
    await expect(text).toMatchFileSnapshot(`golden/events-${name}.txt`);
  });

  it('is one line for each record, whatever its words are', () => {
    const render = createEventText({ ...naming, dates: false, palette: plainPalette });
    const records = [
      verdict({ protocol: HOSTILE, source: { ip: HOSTILE, port: 1 }, icmp: { text: HOSTILE, type: null, code: null } }),
      drop({ reason: HOSTILE, hubble: { ...FLOW, node: HOSTILE, time: HOSTILE } }),
      l7({ l7: { protocol: HOSTILE, fields: { [HOSTILE]: HOSTILE }, status: HOSTILE }, policyName: HOSTILE }),
      nat({ protocol: HOSTILE, socketCookie: HOSTILE, from: { ip: HOSTILE, port: 1, service: HOSTILE } }),
      { type: 'debug', cpu: 0, endpoint: null, text: HOSTILE },
      { type: 'agent', notice: HOSTILE, text: HOSTILE },
      { type: 'unparsed', reason: 'unknown-line', line: HOSTILE },
    ] as const;
    const named = attribution({ policies: [{ kind: null, namespace: HOSTILE, name: HOSTILE }] });
    for (const record of records) {
      const line = render(record, named, { ...LIVE, node: HOSTILE }) ?? '';
      expect(line.endsWith('\n')).toBe(true);
      expect(hasUnsafe(line.slice(0, -1))).toBe(false);
    }
  });
});

describe('jsonl', () => {
  it.each([
    ['live', LIVE],
    ['offline', OFFLINE],
  ] as const)('%s', async (name, about) => {
    const text = EVENTS.map(([record, decided]) => renderEventJson(record, decided, about) ?? '').join('');
    await expect(text).toMatchFileSnapshot(`golden/events-${name}.jsonl.txt`);
  });

  it('holds any text, and no character of it acts on a terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = renderEventJson({ type: 'unparsed', reason: 'unknown-line', line: text }, null, LIVE) ?? '';
        expect(hasUnsafe(line.slice(0, -1))).toBe(false);
        expect(JSON.parse(line)).toMatchObject({ type: 'unparsed', line: text });
      }),
    );
  });
});
