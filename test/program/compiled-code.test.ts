/** Where compiled code is kept between runs: in a folder of the user's own, or nowhere. What is found there is run. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { run } from './run.ts';

let folder: string;
let home: string;
let temporary: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'policystat-compiled-'));
  home = join(folder, 'home');
  temporary = join(folder, 'tmp');
  mkdirSync(home);
  mkdirSync(temporary);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** All that is in the test's folder after a run. */
async function after(env: Readonly<Record<string, string>>): Promise<string[]> {
  expect(await run(['--version'], { env: { HOME: home, TMPDIR: temporary, ...env } })).toMatchObject({
    code: 0,
    stderr: '',
  });
  return readdirSync(folder, { recursive: true, encoding: 'utf8' });
}

it("lies in the user's cache folder, which nobody else may read, and nowhere else", async () => {
  const files = await after({});
  expect(files.filter((file) => file.startsWith('home/.cache/policystat/v')).length).toBeGreaterThan(0);
  expect(files.filter((file) => !file.startsWith('home/.cache'))).toEqual(['home', 'tmp']);
  expect(statSync(join(home, '.cache', 'policystat')).mode & 0o777).toBe(0o700);
});

it('lies where XDG_CACHE_HOME says', async () => {
  const files = await after({ XDG_CACHE_HOME: join(folder, 'cache') });
  expect(files.filter((file) => file.startsWith('cache/policystat/v')).length).toBeGreaterThan(0);
  expect(readdirSync(home)).toEqual([]);
});

it.each([
  ['a home that is not there', { HOME: '/nonexistent/home' }],
  ['no home', { HOME: '' }],
  ['a home that can hold nothing', { HOME: '/dev/null' }],
  ['a home that depends on where one is', { HOME: 'home' }],
  ['a cache folder that depends on where one is, and no home', { HOME: '', XDG_CACHE_HOME: 'cache' }],
])('is not kept with %s', async (_, env) => {
  expect(await after(env)).toEqual(['home', 'tmp']);
  expect(existsSync('home') || existsSync('cache')).toBe(false);
});

it('is not kept where others may write', async () => {
  const kept = join(home, '.cache', 'policystat');
  mkdirSync(kept, { recursive: true });
  chmodSync(kept, 0o777);
  await after({});
  expect(readdirSync(kept)).toEqual([]);
});

it('is not kept where a file is in the way', async () => {
  mkdirSync(join(home, '.cache'));
  writeFileSync(join(home, '.cache', 'policystat'), '');
  expect((await after({})).toSorted()).toEqual(['home', 'home/.cache', 'home/.cache/policystat', 'tmp']);
});
