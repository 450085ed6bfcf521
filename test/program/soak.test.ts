/** A minute of the soak: streams that break, stand still and are refused, agents that restart, and every verdict accounted for. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const soak = fileURLToPath(new URL('../../tools/soak/soak.ts', import.meta.url));
/** A rate that leaves the machine to the other tests: it is the counts that matter here. */
const ARGS = ['--minutes', '1', '--rate', '300', '--sample-every', '10'];

it('loses nothing without a trace while something goes wrong every few seconds', { timeout: 240_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [soak, ...ARGS]).catch((error: unknown) => {
    throw new Error('the soak failed', { cause: error });
  });
  expect(stdout).toMatch(/^all: (\d+) = \d+ \+ \d+, lost 0; ([4-9]|\d\d) faults, /m);
  expect(stdout).toMatch(/the counts are exact\n$/);
});
