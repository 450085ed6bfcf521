/** A Node.js that is too old hands over to the pinned one of a checkout: what that one prints and ends with, and what it is told, goes through. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { clusterOfTest } from './cluster.ts';
import { BIN } from './run.ts';

const boot = clusterOfTest();

/** Makes a Node believe to be an old one; not the one that it starts. */
const OLD = `data:text/javascript,${encodeURIComponent("Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } })")}`;

function onOldNode(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [`--import=${OLD}`, BIN, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, KUBECONFIG: '/nonexistent/kubeconfig', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  return { child, said, ended: once(child, 'close') };
}

it.each([
  { args: ['--version'], code: 0, stdout: /^\d+\.\d+\.\d+\n$/, stderr: /^$/ },
  { args: ['wach'], code: 2, stdout: /^$/, stderr: /Did you mean watch\?/ },
  { args: ['watch', '--pod', 'deathstar'], code: 1, stdout: /^$/, stderr: /There is no kubeconfig/ },
])('$args prints what it prints, and ends with $code', async ({ args, code, stdout, stderr }) => {
  const { said, ended } = onOldNode(args);
  expect(await ended).toEqual([code, null]);
  expect(said.stdout).toMatch(stdout);
  expect(said.stderr).toMatch(stderr);
});

describe('a watch', () => {
  async function watching() {
    const demo = await boot();
    const running = onOldNode(['watch', '--pod', 'deathstar', '-v'], { KUBECONFIG: demo.kubeconfigPath });
    await eventually('both agents stream', () => (running.said.stderr.match(/: listening$/gm) ?? []).length === 2);
    return { demo, ...running };
  }

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)('ends at %s with a summary', async (signal) => {
    const { child, said, ended } = await watching();
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
    expect(said.stdout).toContain('No verdicts in');
  });

  it('ends when the old Node.js is killed, and leaves nothing behind', async () => {
    const { demo, child, ended } = await watching();
    child.kill('SIGKILL');
    await ended;
    await eventually('no process of the agents is left', () => demo.processes().length === 0);
  });
});
