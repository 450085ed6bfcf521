/** `demo --serve-only`: what it prints to be tried works, with a real kubectl. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { kubectl } from '../../tools/kubectl.ts';
import { eventually } from '../eventually.ts';
import { start } from './run.ts';

it.each([
  ['cilium', 'cilium-dbg monitor'],
  ['accuknox', 'cilium monitor'],
])('prints commands that work on %s', async (dialect, program) => {
  const demo = start(['demo', '--serve-only', '--rate', '0', '--dialect', dialect]);
  try {
    await demo.until((stdout, stderr) => stdout.endsWith('\n') && stderr.includes('policystat watch'));
    const kubeconfig = /^export KUBECONFIG=(\S+)\n$/.exec(demo.stdout())?.[1] ?? '';
    const command = demo
      .stderr()
      .split('\n')
      .find((line) => line.includes(' monitor '));
    expect(command).toContain(program);
    // A test has no terminal.
    const [, ...args] = (command ?? '').trim().replace('-it', '-i').split(' ');
    const env = { KUBECONFIG: kubeconfig, HOME: dirname(kubeconfig), PATH: process.env.PATH ?? '' };
    const monitor = spawn(await kubectl('35'), args, { env });
    let printed = '';
    monitor.stdout.on('data', (text: Buffer) => (printed += text.toString()));
    monitor.stderr.on('data', (text: Buffer) => (printed += text.toString()));
    await eventually('the monitor listens, or ends', () => printed.includes('Ctrl-C') || monitor.exitCode !== null);
    monitor.kill('SIGKILL');
    expect(printed).toContain('Press Ctrl-C to quit');
  } finally {
    demo.process.kill('SIGINT');
    expect((await demo.outcome).code).toBe(0);
  }
});
