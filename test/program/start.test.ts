/** What a start costs, counted: the files that are loaded and what the API server is asked before the first exec request. Times are for `npm run bench`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { clusterOfTest } from './cluster.ts';
import { run, start } from './run.ts';

const boot = clusterOfTest();
const folder = mkdtempSync(join(tmpdir(), 'policystat-start-'));
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const preloaded = `--import=${new URL('start-journal.ts', import.meta.url).href}`;
let journals = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Journal {
  readonly env: Readonly<Record<string, string>>;
  lines(): string[];
}

function newJournal(): Journal {
  journals += 1;
  const path = join(folder, `journal-${journals}`);
  return {
    env: { NODE_OPTIONS: preloaded, POLICYSTAT_TEST_JOURNAL: path },
    lines: () => readFileSync(path, 'utf8').trimEnd().split('\n'),
  };
}

function loaded(lines: readonly string[]): { readonly names: string[]; readonly bytes: number } {
  const files = lines.flatMap((line) => (line.startsWith('file ') ? [line.slice('file '.length)] : []));
  return {
    names: files.map((file) => file.replace(/^chunks\//, '').replace(/(?:-[\w-]{8})?\.js$/, '')),
    bytes: files.reduce((sum, file) => sum + statSync(join(dist, file)).size, 0),
  };
}

describe('until all is said', () => {
  it.each([['--version'], ['--help'], ['watch --help']])(
    '%s loads what every command needs, and no more',
    async (args) => {
      const journal = newJournal();
      expect(await run(args.split(' '), { env: journal.env })).toMatchObject({ code: 0, stderr: '' });
      const { names, bytes } = loaded(journal.lines());
      expect(names).toEqual(['main', 'rolldown-runtime']);
      expect(bytes).toBeLessThan(120_000);
    },
  );

  it('kept output is counted without what talks to a cluster', async () => {
    const journal = newJournal();
    expect(await run(['summary', '--input', '-'], { env: journal.env })).toMatchObject({ code: 0 });
    expect(loaded(journal.lines()).names).not.toContain('kube');
    expect(journal.lines().filter((line) => !line.startsWith('file '))).toEqual([]);
  });
});

describe('until the first exec request', () => {
  it('watch loads four files, asks six questions in two rounds, and opens no more connections than it has questions at once', async () => {
    const demo = await boot();
    const journal = newJournal();
    const running = start(['watch', '--pod', 'deathstar', '-v'], {
      kubeconfig: demo.kubeconfigPath,
      env: journal.env,
    });
    await running.until((_, stderr) => / listening$/m.test(stderr));
    running.process.kill('SIGINT');
    expect(await running.outcome).toMatchObject({ code: 0 });
    const all = journal.lines();
    const lines = all.slice(
      0,
      all.findIndex((line) => line.startsWith('request ') && line.includes('/exec?')),
    );
    const { names, bytes } = loaded(lines);
    expect(names).toEqual(['main', 'rolldown-runtime', 'listen', 'kube']);
    expect(bytes).toBeLessThan(420_000);

    const pods = '/api/v1/namespaces/default/pods';
    const endpoints = '/apis/cilium.io/v2/namespaces/default/ciliumendpoints';
    const agents = '/api/v1/pods?limit=500&labelSelector=k8s-app%3Dcilium&fieldSelector=spec.nodeName%3D';
    expect(roundsOf(lines)).toEqual([
      [`${pods}/deathstar`, `${pods}?limit=500`],
      [
        `${agents}k8s-node1`,
        `${agents}k8s-node2`,
        `${endpoints}/deathstar-77dd4fb786-8c4bw`,
        `${endpoints}/deathstar-77dd4fb786-pjs8v`,
      ],
    ]);
    expect(lines.filter((line) => line === 'connection').length).toBeLessThanOrEqual(4);
  });
});

/** What is asked before anything of it is answered is one round. */
function roundsOf(lines: readonly string[]): string[][] {
  const rounds: string[][] = [[]];
  let isAnswered = false;
  for (const line of lines) {
    if (line === 'answer') isAnswered = true;
    if (!line.startsWith('request ')) continue;
    if (isAnswered) rounds.push([]);
    isAnswered = false;
    rounds.at(-1)?.push(line.slice('request '.length));
  }
  return rounds.map((round) => round.toSorted());
}

it('every file of the bundle can be loaded', () => {
  const files = ['main.js', ...readdirSync(join(dist, 'chunks')).map((file) => `chunks/${file}`)];
  const imports = files.map((file) => `await import(${JSON.stringify(`./${file}`)});`).join('\n');
  execFileSync(process.execPath, ['--input-type=module', '--eval', imports], { cwd: dist, stdio: 'pipe' });
});
