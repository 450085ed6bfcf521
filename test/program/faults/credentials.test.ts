/** Credentials that run out while streams are open, and are renewed in each of the ways that a kubeconfig has. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DemoCluster } from '../../../src/demo/demo-cluster.ts';
import type { SummaryJson } from '../cluster.ts';
import { faultyCluster, NODE1 } from './session.ts';

const cluster = faultyCluster();

interface Login {
  readonly kubeconfig: string;
  /** What the user, or something on behalf of the user, does about it. */
  readonly renew: (token: string) => Promise<void>;
}

async function tokenOf(demo: DemoCluster): Promise<{ readonly text: string; readonly token: string }> {
  const text = await readFile(demo.kubeconfigPath, 'utf8');
  const token = /token: (\S+)/.exec(text)?.[1];
  if (token === undefined) throw new Error('the kubeconfig has no token');
  return { text, token };
}

/** The old token is refused from now on; the demo's own kubeconfig has the new one for the next test. */
async function expire(demo: DemoCluster): Promise<string> {
  const { text, token } = await tokenOf(demo);
  const fresh = demo.faults.rotateToken();
  await writeFile(demo.kubeconfigPath, text.replace(token, fresh));
  return fresh;
}

const LOGINS: Readonly<Record<string, (demo: DemoCluster) => Promise<Login>>> = {
  'is in the kubeconfig, which somebody writes anew': async (demo) => {
    const { text, token } = await tokenOf(demo);
    const kubeconfig = join(dirname(demo.kubeconfigPath), 'rewritten');
    const write = (fresh: string) => writeFile(kubeconfig, text.replace(token, fresh));
    await write(token);
    return { kubeconfig, renew: write };
  },
  'is in a file, as in a pod': async (demo) => {
    const { text, token } = await tokenOf(demo);
    const kubeconfig = join(dirname(demo.kubeconfigPath), 'with-file');
    const file = join(dirname(demo.kubeconfigPath), 'token');
    await writeFile(file, token);
    await writeFile(kubeconfig, text.replace(/token: \S+/, `tokenFile: ${file}`));
    return { kubeconfig, renew: (fresh) => writeFile(file, fresh) };
  },
  'comes from a plugin': async (demo) => {
    const { text, token } = await tokenOf(demo);
    const kubeconfig = join(dirname(demo.kubeconfigPath), 'with-plugin');
    const plugin = join(dirname(demo.kubeconfigPath), 'plugin');
    const credential = (fresh: string) =>
      `#!/bin/sh\necho '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"${fresh}"}}'\n`;
    await writeFile(plugin, credential(token));
    await chmod(plugin, 0o755);
    const exec = `exec: { apiVersion: client.authentication.k8s.io/v1, command: ${plugin}, interactiveMode: Never }`;
    await writeFile(kubeconfig, text.replace(/token: \S+/, exec));
    return { kubeconfig, renew: (fresh) => writeFile(plugin, credential(fresh)) };
  },
};

const hasGap = ({ completeness }: SummaryJson) => completeness.gaps.length > 0;
const streams = ({ source }: SummaryJson) => source.agents.every(({ state }) => state === 'streaming');

describe('a token that expires', () => {
  it.each(Object.entries(LOGINS))('and %s: streams go on, and come back after a break', async (_name, login) => {
    const { demo, land, watching } = cluster();
    const { kubeconfig, renew } = await login(demo);
    const { counted, until, end } = await watching({ args: ['--pod', NODE1.pod], streams: 1, kubeconfig });
    land(NODE1, 2);
    await counted(2);
    const fresh = await expire(demo);
    land(NODE1, 1);
    await counted(3);
    await renew(fresh);
    demo.faults.breakStreams();
    await until('it is back', (summary) => hasGap(summary) && streams(summary));
    land(NODE1, 2);
    await counted(5);
    const { stderr } = await end({ missed: 0 });
    expect(stderr).not.toContain('does not accept the credentials');
  });

  it('and is renewed late: asked for again until somebody has logged in', async () => {
    const { demo, land, watching } = cluster();
    const login = LOGINS['is in the kubeconfig, which somebody writes anew'];
    if (login === undefined) throw new Error('no such login');
    const { kubeconfig, renew } = await login(demo);
    const { running, counted, until, end } = await watching({ args: ['--pod', NODE1.pod], streams: 1, kubeconfig });
    land(NODE1, 2);
    await counted(2);
    const fresh = await expire(demo);
    demo.faults.breakStreams();
    await running.until((_, stderr) => stderr.includes('does not accept the credentials'));
    land(NODE1, 3);
    await renew(fresh);
    await until('it is back', (summary) => hasGap(summary) && streams(summary));
    land(NODE1, 1);
    await counted(3);
    const { stderr } = await end({ missed: 3 });
    expect(stderr).toContain('log in again');
    expect(stderr).not.toContain(fresh);
  });
});
