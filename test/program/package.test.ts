/** What `npm pack` makes holds only what is needed, and runs where nothing else is installed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'policystat-pack-'));
const installed = join(folder, 'node_modules', 'policystat');

function inFolder(program: string, args: readonly string[], input = ''): string {
  return execFileSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    input,
    env: { ...process.env, KUBECONFIG: '/nonexistent' },
  });
}

beforeAll(() => {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
  const [tarball] = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  inFolder('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, join(folder, tarball ?? '')]);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the packed tarball, installed into an empty folder', () => {
  it('pulls nothing else', () => {
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['policystat']);
  });

  it('holds the program, its licences and the docs', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'THIRD-PARTY-LICENSES.txt',
        'bin/kubectl-policystat',
        'dist/main.js',
      ]),
    );
    expect(files.filter((file) => /^(src|test|fixtures|bench|tools|\.ci)/.test(file))).toEqual([]);
    expect(readFileSync(join(installed, 'THIRD-PARTY-LICENSES.txt'), 'utf8')).toMatch(/^commander .*\(MIT\)$/m);
  });

  it('runs, under both names', () => {
    expect(inFolder('npx', ['policystat', '--version'])).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(inFolder('npx', ['kubectl-policystat', '--version'])).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('boots the demo cluster and counts on it', () => {
    const summary: unknown = JSON.parse(
      inFolder('npx', ['policystat', 'demo', '--duration', '2s', '--rate', '50', '-o', 'json']),
    );
    expect(summary).toMatchObject({ kind: 'Summary', completeness: { status: 'full' } });
  });

  it('satisfies publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });
});
