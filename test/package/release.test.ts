/** What a release consists of: made twice by `npm run release:check`, and looked at as whoever installs it would. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const release = mkdtempSync(join(tmpdir(), 'policystat-release-'));

const Manifest = v.object({
  name: v.literal('policystat'),
  scripts: v.record(v.string(), v.string()),
  dependencies: v.optional(v.record(v.string(), v.string()), {}),
});
const Bill = v.object({
  bomFormat: v.literal('CycloneDX'),
  components: v.array(
    v.object({ name: v.string(), version: v.string(), licenses: v.pipe(v.array(v.unknown()), v.nonEmpty()) }),
  ),
});

let said = '';
beforeAll(() => {
  said = execFileSync(process.execPath, [join(root, 'tools/release-check.ts'), release], { encoding: 'utf8' });
}, 240_000);
afterAll(() => rmSync(release, { recursive: true, force: true }));

function file(end: string): string {
  const found = readdirSync(release).filter((name) => name.endsWith(end));
  expect(found).toHaveLength(1);
  return join(release, found[0] ?? '');
}

function inTarball(path: string): string {
  return execFileSync('tar', ['-xzOf', file('.tgz'), `package/${path}`], { encoding: 'utf8', maxBuffer: 1 << 26 });
}

it('is the same when it is built in another place', () => {
  const digest = createHash('sha512')
    .update(readFileSync(file('.tgz')))
    .digest('hex');
  expect(said).toContain('the same tarball from two builds');
  expect(said).toContain(digest);
  expect(readFileSync(file('.sha512'), 'utf8').startsWith(`${digest}  policystat-`)).toBe(true);
});

it('runs nothing and fetches nothing when it is installed', () => {
  const { scripts, dependencies } = v.parse(Manifest, JSON.parse(inTarball('package.json')));
  expect(Object.keys(scripts).filter((name) => /^(?:pre|post)?(?:install|prepare)$/.test(name))).toEqual([]);
  expect(dependencies).toEqual({});
});

it('holds the program, its notices and its documentation, and none of its sources', () => {
  const paths = execFileSync('tar', ['-tzf', file('.tgz')], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
  for (const path of ['bin/policystat.js', 'dist/main.js', 'LICENSE', 'THIRD-PARTY-LICENSES.txt', 'README.md'])
    expect(paths).toContain(`package/${path}`);
  expect(paths.filter((path) => /^package\/(?:src|test|tools|bench|node_modules|fixtures)\//.test(path))).toEqual([]);
});

it('has a bill of materials that lists each package whose notice is in it, with its licence', () => {
  const { components } = v.parse(Bill, JSON.parse(readFileSync(file('.cdx.json'), 'utf8')));
  const notices = [...inTarball('THIRD-PARTY-LICENSES.txt').matchAll(/^(\S+) (\d\S*) \(.+\)$/gm)];
  expect(notices.length).toBeGreaterThan(10);
  expect(components.length).toBe(notices.length);
});
