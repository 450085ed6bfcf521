/** The table of faults: each row has a test of that name, and no fault that people meet is left out. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const text = readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8');

const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| fault |'))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );

const FAULTS = [
  /reset in the middle of a line/,
  /silence/,
  /API server restarts/,
  /container restarts \(exit code 137\)/,
  /replaced under another name/,
  /node goes away/,
  /made anew on another node/,
  /endpoint id changes/,
  /endpoint id used again/,
  /new replicas/,
  /429, 500, 503/,
  /token expires/,
  /certificate rotated/,
  /slow reader/,
  /Ctrl-S/,
  /stdout closed/,
  /disk full while recording/,
  /clock jumps/,
  /laptop sleeps/,
  /two runs at once/,
  /normal end/,
  /Ctrl-C, SIGTERM, SIGHUP, `kill -9`/,
  /network cut/,
  /failed start/,
  /zombies/,
  /without `sh`/,
];

it('has a row for each fault', () => {
  for (const fault of FAULTS) expect(rows.filter(([name = '']) => fault.test(name))).not.toEqual([]);
});

it.each(rows)('%s', (...row) => {
  expect(row).toHaveLength(4);
  const [, file = '', title = ''] = /^`(\S+\.test\.ts)` (.+)$/.exec(row[3] ?? '') ?? [];
  const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  // The name is the first thing in the brackets of `it`, `test`, or what their `each` gives.
  const named = source.split(/\(\s*'/).filter((piece) => piece.startsWith(title));
  expect(title).not.toBe('');
  expect(named).toHaveLength(1);
});
