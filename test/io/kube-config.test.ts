import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadContext } from '../../src/io/kube-config.ts';
import { Failure, type Problem } from '../../src/model/problem.ts';
import { temporaryFolder } from './api-server.ts';

const NO_POD = '/nonexistent/serviceaccount';

interface Parts {
  current?: string;
  clusters?: Record<string, Record<string, unknown>>;
  users?: Record<string, Record<string, unknown>>;
  contexts?: Record<string, Record<string, unknown>>;
}

function write(path: string, { current, clusters = {}, users = {}, contexts = {} }: Parts): string {
  const entries = (all: Record<string, unknown>, field: string) =>
    Object.entries(all).map(([name, value]) => ({ name, [field]: value }));
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    ...(current === undefined ? {} : { 'current-context': current }),
    clusters: entries(clusters, 'cluster'),
    users: entries(users, 'user'),
    contexts: entries(contexts, 'context'),
  };
  writeFileSync(path, stringify(config));
  return path;
}

const lab: Parts = {
  current: 'lab',
  clusters: { lab: { server: 'https://lab.example:6443' } },
  users: { alice: { token: 'a' } },
  contexts: { lab: { cluster: 'lab', user: 'alice', namespace: 'shop' }, bare: { cluster: 'lab', user: 'alice' } },
};

function problemOf(what: () => unknown): Problem {
  try {
    what();
  } catch (error) {
    if (error instanceof Failure) return error.problem;
    throw error;
  }
  throw new Error('it worked');
}

describe('which files', () => {
  test('of a list the first to name something wins, as a whole; missing and empty entries are skipped', () => {
    const folder = temporaryFolder();
    const first = write(join(folder, 'first'), {
      clusters: { lab: { server: 'https://first.example' } },
      users: { alice: { token: 'first' } },
    });
    const second = write(join(folder, 'second'), {
      ...lab,
      clusters: { lab: { server: 'https://second.example', 'tls-server-name': 'second' } },
      users: { alice: { token: 'second', as: 'root' } },
    });
    const third = write(join(folder, 'third'), { ...lab, current: 'bare' });
    const list = [join(folder, 'missing'), '', first, second, third, first].join(delimiter);
    const context = loadContext({ env: { KUBECONFIG: list } }, NO_POD);
    expect(context.name).toBe('lab');
    expect(context.namespace).toBe('shop');
    expect(context.cluster).toMatchObject({ server: 'https://first.example' });
    expect(context.cluster['tls-server-name']).toBe(undefined);
    expect(context.user).toMatchObject({ token: 'first' });
    expect(context.user.as).toBe(undefined);
  });

  test('without a list the one in the home folder', () => {
    const home = temporaryFolder();
    mkdirSync(join(home, '.kube'));
    write(join(home, '.kube', 'config'), lab);
    expect(loadContext({ env: { HOME: home } }, NO_POD).name).toBe('lab');
  });

  test('--kubeconfig alone, and it has to be there', () => {
    const folder = temporaryFolder();
    const path = write(join(folder, 'config'), lab);
    const other = write(join(folder, 'other'), { ...lab, current: 'bare' });
    expect(loadContext({ kubeconfig: path, env: { KUBECONFIG: other } }, NO_POD).name).toBe('lab');
    const missing = join(folder, 'missing');
    expect(problemOf(() => loadContext({ kubeconfig: missing, env: { KUBECONFIG: other } }, NO_POD))).toEqual({
      code: 'KUBECONFIG_NOT_FOUND',
      tried: [missing],
    });
  });

  test('none at all', () => {
    const tried = ['/nonexistent/a', '/nonexistent/b'];
    expect(problemOf(() => loadContext({ env: { KUBECONFIG: tried.join(delimiter) } }, NO_POD))).toEqual({
      code: 'KUBECONFIG_NOT_FOUND',
      tried,
    });
    expect(problemOf(() => loadContext({ env: {} }, NO_POD))).toEqual({ code: 'KUBECONFIG_NOT_FOUND', tried: [] });
  });

  test('JSON is YAML', () => {
    const path = join(temporaryFolder(), 'config');
    writeFileSync(
      path,
      JSON.stringify({
        'current-context': 'x',
        clusters: [{ name: 'x', cluster: { server: 'https://x' } }],
        contexts: [{ name: 'x', context: { cluster: 'x' } }],
      }),
    );
    expect(loadContext({ kubeconfig: path, env: {} }, NO_POD)).toMatchObject({
      name: 'x',
      namespace: 'default',
      user: {},
    });
  });
});

test('paths are meant from the file that they stand in, a program without a slash is not', () => {
  const folder = temporaryFolder();
  const path = write(join(folder, 'config'), {
    current: 'lab',
    clusters: { lab: { server: 'https://lab', 'certificate-authority': 'pki/ca.crt' } },
    users: {
      files: { 'client-certificate': 'alice.crt', 'client-key': '/abs/alice.key', tokenFile: '../token' },
      near: { exec: { command: './get-token' } },
      far: { exec: { command: 'aws' } },
    },
    contexts: {
      lab: { cluster: 'lab', user: 'files' },
      near: { cluster: 'lab', user: 'near' },
      far: { cluster: 'lab', user: 'far' },
    },
  });
  const load = (context: string) => loadContext({ kubeconfig: path, context, env: {} }, NO_POD);
  expect(load('lab').cluster['certificate-authority']).toBe(join(folder, 'pki/ca.crt'));
  expect(load('lab').user).toMatchObject({
    'client-certificate': join(folder, 'alice.crt'),
    'client-key': '/abs/alice.key',
    tokenFile: join(folder, '../token'),
  });
  expect(load('near').user.exec?.command).toBe(join(folder, 'get-token'));
  expect(load('far').user.exec?.command).toBe('aws');
});

describe('what is wrong with it', () => {
  const secret = 'sekret';
  const rows: [string, Parts | string, string | undefined, object][] = [
    ['no such context', lab, 'prod', { code: 'CONTEXT_NOT_FOUND', context: 'prod', known: ['bare', 'lab'] }],
    [
      'no current context',
      { ...lab, current: '' },
      undefined,
      { code: 'KUBECONFIG_INVALID', detail: 'current-context is not set (contexts: lab, bare)' },
    ],
    [
      'no such cluster',
      { ...lab, clusters: {} },
      undefined,
      { code: 'KUBECONFIG_INVALID', detail: 'contexts.lab.context.cluster: no cluster "lab"' },
    ],
    [
      'no such user',
      { ...lab, users: {} },
      undefined,
      { code: 'KUBECONFIG_INVALID', detail: 'contexts.lab.context.user: no user "alice"' },
    ],
    [
      'no server',
      { ...lab, clusters: { lab: {} } },
      undefined,
      { code: 'KUBECONFIG_INVALID', detail: 'clusters.lab.cluster.server: missing' },
    ],
    ['a wrong type', { ...lab, users: { alice: { token: [secret] } } }, undefined, { code: 'KUBECONFIG_INVALID' }],
    ['no YAML', `clusters: [\ntoken: ${secret}`, undefined, { code: 'KUBECONFIG_INVALID' }],
    ['no object', 'just text', undefined, { code: 'KUBECONFIG_INVALID' }],
    ['an empty file', '', undefined, { code: 'KUBECONFIG_INVALID' }],
  ];
  test.each(rows)('%s', (_, parts, context, expected) => {
    const path = join(temporaryFolder(), 'config');
    if (typeof parts === 'string') writeFileSync(path, parts);
    else write(path, parts);
    const problem = problemOf(() =>
      loadContext({ kubeconfig: path, ...(context === undefined ? {} : { context }), env: {} }, NO_POD),
    );
    expect(problem).toMatchObject(problem.code === 'KUBECONFIG_INVALID' ? { ...expected, path } : expected);
    expect(JSON.stringify(problem)).not.toContain(secret);
  });

  test('what other contexts say wrongly is of no interest', () => {
    const path = write(join(temporaryFolder(), 'config'), {
      ...lab,
      clusters: { ...lab.clusters, broken: {} },
      users: { ...lab.users, broken: { token: 1 } },
    });
    expect(loadContext({ kubeconfig: path, env: {} }, NO_POD).name).toBe('lab');
  });
});

describe('in a cluster', () => {
  const mounted = () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'token'), 'from-the-kubelet\n');
    writeFileSync(join(folder, 'ca.crt'), 'ca');
    writeFileSync(join(folder, 'namespace'), 'tools');
    return folder;
  };
  const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };

  test('the service account, where there is no kubeconfig', () => {
    const folder = mounted();
    expect(loadContext({ env }, folder)).toEqual({
      name: null,
      namespace: 'tools',
      cluster: { server: 'https://10.96.0.1:443', 'certificate-authority': join(folder, 'ca.crt') },
      user: { tokenFile: join(folder, 'token') },
    });
    expect(
      loadContext({ env: { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1', POD_NAMESPACE: 'mine' } }, folder),
    ).toMatchObject({
      namespace: 'mine',
      cluster: { server: 'https://[fd00::1]:443' },
    });
  });

  test('a kubeconfig goes before it', () => {
    const path = write(join(temporaryFolder(), 'config'), lab);
    expect(loadContext({ env: { ...env, KUBECONFIG: path } }, mounted()).name).toBe('lab');
  });
});
