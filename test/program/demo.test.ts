/** The demo cluster as it is shipped: from the bundle, spoken to from outside. */
import { expect, it } from 'vitest';
import { connectKube } from '../../src/io/kube.ts';
import { eventually } from '../eventually.ts';
import { start } from './run.ts';

it('takes what is sent to a program in a container, however long', async () => {
  const demo = start(['demo', '--serve-only']);
  const stop = new AbortController();
  try {
    await demo.until((stdout) => /^export KUBECONFIG=(.*)$/m.test(stdout));
    const [, kubeconfig = ''] = /^export KUBECONFIG=(.*)$/m.exec(demo.stdout()) ?? [];
    const kube = await connectKube({ kubeconfig, env: {} });
    const line = `${'x'.repeat(200)}\n`;
    let echoed = '';
    const session = await kube.openExec(
      { namespace: 'kube-system', pod: 'cilium-5l2dg', container: 'cilium-agent', command: ['cat'], stdin: true },
      {
        frame: (data) => {
          if (data[0] === 1) echoed += Buffer.from(data.subarray(1)).toString();
        },
        pong: () => {},
        closed: () => {},
      },
      stop.signal,
    );
    session.send(Buffer.from(`\0${line}`));
    await eventually('it comes back', () => echoed === line || demo.process.exitCode !== null);
    expect(echoed).toBe(line);
    session.terminate();
  } finally {
    demo.process.kill('SIGINT');
    expect(await demo.outcome).toMatchObject({ code: 0 });
  }
});
