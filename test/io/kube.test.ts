import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { connectKube, type KubeOptions } from '../../src/io/kube.ts';
import type { KubeApi, Resource } from '../../src/model/kubernetes.ts';
import { problemOf } from '../problem-of.ts';
import {
  type Asked,
  base64,
  kubeconfig,
  NAME,
  type Script,
  startConnectProxy,
  startPlainServer,
  startServer,
  startSocksProxy,
  temporaryFolder,
} from './api-server.ts';

const PODS: Resource = { group: '', version: 'v1', plural: 'pods' };
const IDENTITIES: Resource = { group: 'cilium.io', version: 'v2', plural: 'ciliumidentities' };
const { signal } = new AbortController();

const capture = (name: string) => readFileSync(new URL(`../../fixtures/captures/api/${name}`, import.meta.url), 'utf8');
const ONE: Script = () => ({ body: { items: [{ metadata: { name: 'one' } }], metadata: {} } });

const connect = (options: Omit<KubeOptions, 'env'> & { env?: KubeOptions['env'] }) =>
  connectKube({ env: { PATH: process.env.PATH }, ...options });
const ask = (kube: KubeApi) => kube.list(PODS, {}, signal);

/** Vitest's own matcher is of type any. */
function containing(part: string): unknown {
  return expect.stringContaining(part);
}

/** Values of a header that came several times. */
function valuesOf({ rawHeaders }: Asked, name: string): string[] {
  return rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name.toLowerCase(),
  );
}

describe('lists', () => {
  test('every page of a captured list, with selectors', async () => {
    const server = await startServer(({ url }) => ({
      body: capture(url.includes('continue=') ? 'pods-page2.json' : 'pods-page1.json').replace(
        /"continue": "[^"]*",/,
        (match) => (url.includes('continue=') ? '' : match),
      ),
    }));
    const kube = await connect({
      kubeconfig: kubeconfig({
        server: `https://127.0.0.1:${server.port}`,
        'certificate-authority-data': server.caData,
      }),
    });
    const pods = await kube.list(
      PODS,
      { namespace: 'a b', labelSelector: 'k8s-app=cilium', fieldSelector: 'spec.nodeName=n1' },
      signal,
    );
    expect(pods).toHaveLength(4);
    const [first, second] = server.asked.map(({ url }) => new URL(url, 'https://x'));
    expect(first?.pathname).toBe('/api/v1/namespaces/a%20b/pods');
    expect(Object.fromEntries(first?.searchParams ?? [])).toEqual({
      limit: '500',
      labelSelector: 'k8s-app=cilium',
      fieldSelector: 'spec.nodeName=n1',
    });
    expect(second?.searchParams.get('continue')).toMatch(/^eyJ2/);
    expect(second?.searchParams.get('labelSelector')).toBe('k8s-app=cilium');
  });

  test('starts over once when the server has forgotten the list', async () => {
    let forgotten = 0;
    const server = await startServer(({ url }) => {
      const next = new URL(url, 'https://x').searchParams.get('continue');
      if (next === null) return { body: { items: [1], metadata: { continue: 'a' } } };
      forgotten += 1;
      return forgotten === 1
        ? { status: 410, body: { kind: 'Status', message: 'expired' } }
        : { body: { items: [2], metadata: {} } };
    });
    const kube = await connect({
      kubeconfig: kubeconfig({
        server: `https://127.0.0.1:${server.port}`,
        'certificate-authority-data': server.caData,
      }),
    });
    expect(await ask(kube)).toEqual([1, 2]);
  });

  test('a resource that is not known is an empty list, an object that is not there is null, a null list is empty', async () => {
    const server = await startServer(({ url }) => {
      if (url.includes('/nodes')) return { body: { items: null, metadata: {} } };
      return url.includes('/pods/')
        ? { status: 404, body: capture('pod-not-found.json') }
        : { status: 404, body: '404 page not found' };
    });
    const kube = await connect({
      kubeconfig: kubeconfig({
        server: `https://127.0.0.1:${server.port}`,
        'certificate-authority-data': server.caData,
      }),
    });
    expect(await kube.list(IDENTITIES, {}, signal)).toEqual([]);
    expect(await kube.list({ ...PODS, plural: 'nodes' }, {}, signal)).toEqual([]);
    expect(await kube.get(PODS, 'nosuch', 'default', signal)).toBe(null);
    expect(server.asked.map(({ url }) => url.replace(/\?.*/, ''))).toEqual([
      '/apis/cilium.io/v2/ciliumidentities',
      '/api/v1/nodes',
      '/api/v1/namespaces/default/pods/nosuch',
    ]);
  });

  test('packed answers, a path in front, plain HTTP', async () => {
    const plain = await startPlainServer(() => ({
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync(JSON.stringify({ items: ['packed'] })),
    }));
    const kube = await connect({
      kubeconfig: kubeconfig({ server: `http://127.0.0.1:${plain.port}/k8s/clusters/c-1/` }),
    });
    expect(await ask(kube)).toEqual(['packed']);
    expect(plain.asked[0]?.url).toMatch(/^\/k8s\/clusters\/c-1\/api\/v1\/pods\?/);
  });
});

describe('refusals in full', () => {
  const answering = async (status: number, body: unknown, headers = {}) => {
    const server = await startServer(() => ({ status, body, headers }));
    const path = kubeconfig(
      { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': server.caData },
      { token: 'sekret' },
    );
    return { kube: await connect({ kubeconfig: path }), server };
  };

  test('403 with verb, resource, namespace and the words of the server', async () => {
    const { kube } = await answering(403, capture('forbidden-list.json'));
    expect(await problemOf(kube.list(PODS, { namespace: 'kube-system' }, signal))).toEqual({
      code: 'FORBIDDEN',
      context: 'lab',
      verb: 'list',
      resource: 'pods',
      namespace: 'kube-system',
      detail:
        'pods is forbidden: User "system:serviceaccount:default:viewer" cannot list resource "pods" in API group "" in the namespace "kube-system"',
    });
    expect(await problemOf(kube.get(IDENTITIES, '7', null, signal))).toMatchObject({
      verb: 'get',
      resource: 'ciliumidentities.cilium.io',
      namespace: null,
    });
  });

  test('401', async () => {
    const { kube, server } = await answering(401, capture('bad-token.json'));
    expect(await problemOf(ask(kube))).toEqual({
      code: 'UNAUTHORIZED',
      context: 'lab',
      server: `https://127.0.0.1:${server.port}`,
    });
    expect(server.asked).toHaveLength(1);
  });

  test('400', async () => {
    const { kube } = await answering(400, capture('bad-selector.json'));
    const problem = await problemOf(ask(kube));
    expect(problem).toMatchObject({ code: 'API_ERROR', status: 400 });
    expect(problem).toHaveProperty('detail', containing('unable to parse'));
  });

  test('what is no Kubernetes', async () => {
    const { kube } = await answering(200, '<html>welcome</html>');
    expect(await problemOf(ask(kube))).toMatchObject({
      code: 'API_ERROR',
      status: 200,
      detail: '<html>welcome</html>',
    });
    const other = await answering(502, '<html>bad gateway</html>');
    expect(await problemOf(ask(other.kube))).toMatchObject({
      code: 'API_ERROR',
      status: 502,
      detail: '<html>bad gateway</html>',
    });
  });

  test('a busy server gets the time that it asks for', async () => {
    let asked = 0;
    const server = await startServer((request) => {
      asked += 1;
      return asked < 3 ? { status: 429, headers: { 'retry-after': '0' }, body: '' } : ONE(request);
    });
    const kube = await connect({
      kubeconfig: kubeconfig({
        server: `https://127.0.0.1:${server.port}`,
        'certificate-authority-data': server.caData,
      }),
    });
    expect(await ask(kube)).toHaveLength(1);
  });
});

describe('no connection', () => {
  test('nobody listens there', async () => {
    const kube = await connect({
      kubeconfig: kubeconfig({ server: 'https://127.0.0.1:1', 'insecure-skip-tls-verify': true }),
    });
    expect(await problemOf(ask(kube))).toMatchObject({
      code: 'API_UNREACHABLE',
      context: 'lab',
      server: 'https://127.0.0.1:1',
      detail: containing('ECONNREFUSED'),
    });
  });

  test('a certificate that is not trusted', async () => {
    const server = await startServer(ONE);
    const kube = await connect({ kubeconfig: kubeconfig({ server: `https://127.0.0.1:${server.port}` }) });
    expect(await problemOf(ask(kube))).toMatchObject({
      code: 'API_UNREACHABLE',
      detail: containing('certificate'),
    });
    const trusting = await connect({
      kubeconfig: kubeconfig({ server: `https://127.0.0.1:${server.port}`, 'insecure-skip-tls-verify': true }),
    });
    expect(await ask(trusting)).toHaveLength(1);
  });

  test('no answer within --request-timeout', async () => {
    const server = await startServer(() => null);
    const path = kubeconfig({
      server: `https://127.0.0.1:${server.port}`,
      'certificate-authority-data': server.caData,
    });
    const kube = await connect({ kubeconfig: path, requestTimeoutMs: 100 });
    expect(await problemOf(ask(kube))).toMatchObject({ code: 'API_UNREACHABLE', detail: 'no answer within 0.1 s' });
  });

  test('who stops does not get a problem', async () => {
    const stop = new AbortController();
    const server = await startServer(() => {
      stop.abort();
      return null;
    });
    const kube = await connect({
      kubeconfig: kubeconfig({
        server: `https://127.0.0.1:${server.port}`,
        'certificate-authority-data': server.caData,
      }),
    });
    await expect(kube.list(PODS, {}, stop.signal)).rejects.toThrow('abort');
  });
});

describe('TLS', () => {
  test('tls-server-name is what is asked for and checked', async () => {
    const server = await startServer(ONE, 'named');
    const cluster = { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': server.caData };
    expect(await problemOf(ask(await connect({ kubeconfig: kubeconfig(cluster) })))).toMatchObject({
      code: 'API_UNREACHABLE',
      detail: containing('127.0.0.1'),
    });
    expect(await ask(await connect({ kubeconfig: kubeconfig({ ...cluster, 'tls-server-name': NAME }) }))).toHaveLength(
      1,
    );
    expect(server.asked[0]?.servername).toBe(NAME);
  });

  test('a client certificate, as data or as files', async () => {
    const server = await startServer(ONE);
    const folder = temporaryFolder();
    const files = { 'client-certificate': join(folder, 'alice.crt'), 'client-key': join(folder, 'alice.key') };
    writeFileSync(files['client-certificate'], server.clientCert);
    writeFileSync(files['client-key'], server.clientKey);
    const ca = join(folder, 'ca.crt');
    writeFileSync(ca, server.ca);
    const data = { 'client-certificate-data': base64(server.clientCert), 'client-key-data': base64(server.clientKey) };
    for (const user of [data, files])
      await ask(
        await connect({
          kubeconfig: kubeconfig({ server: `https://127.0.0.1:${server.port}`, 'certificate-authority': ca }, user),
        }),
      );
    expect(server.asked.map(({ clientName }) => clientName)).toEqual(['alice', 'alice']);
  });

  test('a client certificate whose files were replaced is used once the old one is refused', async () => {
    const folder = temporaryFolder();
    const files = { 'client-certificate': join(folder, 'alice.crt'), 'client-key': join(folder, 'alice.key') };
    const write = (cert: string, key: string) => {
      writeFileSync(files['client-certificate'], cert);
      writeFileSync(files['client-key'], key);
    };
    let isOver = false;
    const server = await startServer((request) =>
      isOver && request.clientName === 'alice' ? { status: 401, body: capture('bad-token.json') } : ONE(request),
    );
    write(server.clientCert, server.clientKey);
    const cluster = { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': server.caData };
    const kube = await connect({ kubeconfig: kubeconfig(cluster, files) });
    await ask(kube);
    write(server.renewedCert, server.renewedKey);
    isOver = true;
    expect(await ask(kube)).toHaveLength(1);
    expect(server.asked.map(({ clientName }) => clientName)).toEqual(['alice', 'alice', 'alice-renewed']);
  });

  test('a certificate file that is not there', async () => {
    const work = connect({
      kubeconfig: kubeconfig({ server: 'https://127.0.0.1:1', 'certificate-authority': '/nonexistent/ca.crt' }),
    });
    expect(await problemOf(work)).toMatchObject({
      code: 'CREDENTIALS_FAILED',
      context: 'lab',
      detail: containing('/nonexistent/ca.crt'),
    });
  });
});

describe('who asks', () => {
  const asUser = async (user: Record<string, unknown>, options: Partial<KubeOptions> = {}) => {
    const server = await startServer(ONE);
    const path = kubeconfig(
      { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': server.caData },
      user,
    );
    await ask(await connect({ kubeconfig: path, ...options }));
    const [asked] = server.asked;
    if (asked === undefined) throw new Error('nothing was asked');
    return asked;
  };

  test('nobody, a token, a password', async () => {
    expect((await asUser({})).headers.authorization).toBe(undefined);
    expect((await asUser({ token: 'tt' })).headers.authorization).toBe('Bearer tt');
    expect((await asUser({ username: 'alice', password: 'pw' })).headers.authorization).toBe(
      `Basic ${base64('alice:pw')}`,
    );
  });

  test('a token file is read again when it has changed', async () => {
    const server = await startServer(ONE);
    const tokenFile = join(temporaryFolder(), 'token');
    writeFileSync(tokenFile, 'one\n');
    const path = kubeconfig(
      { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': server.caData },
      { tokenFile, token: 'old' },
    );
    const kube = await connect({ kubeconfig: path });
    await ask(kube);
    writeFileSync(tokenFile, 'two\n');
    await ask(kube);
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer one', 'Bearer two']);
  });

  test('impersonation, from the kubeconfig and from flags, each group in a header of its own', async () => {
    const user = {
      token: 't',
      as: 'bob',
      'as-uid': '7',
      'as-groups': ['dev', 'ops'],
      'as-user-extra': { 'example.com/scope': ['a', 'b'] },
    };
    const asked = await asUser(user);
    expect([valuesOf(asked, 'Impersonate-User'), valuesOf(asked, 'Impersonate-Uid')]).toEqual([['bob'], ['7']]);
    expect(valuesOf(asked, 'Impersonate-Group')).toEqual(['dev', 'ops']);
    expect(valuesOf(asked, 'Impersonate-Extra-example.com%2Fscope')).toEqual(['a', 'b']);
    const flagged = await asUser(user, { as: 'carol', asGroup: ['audit'] });
    expect([valuesOf(flagged, 'Impersonate-User'), valuesOf(flagged, 'Impersonate-Group')]).toEqual([
      ['carol'],
      ['audit'],
    ]);
  });

  test('namespace of the flag, of the context, default', async () => {
    const cluster = { server: 'https://127.0.0.1:1' };
    expect((await connect({ kubeconfig: kubeconfig(cluster) })).namespace).toBe('default');
    const path = kubeconfig(cluster, {}, { namespace: 'shop' });
    expect((await connect({ kubeconfig: path })).namespace).toBe('shop');
    const kube = await connect({ kubeconfig: path, namespace: 'flag' });
    expect([kube.context, kube.namespace, kube.server]).toEqual(['lab', 'flag', 'https://127.0.0.1:1']);
  });
});

describe('an exec plugin', () => {
  /** Prints what the script `status` says, once for each run, and keeps what it was given. */
  const plugin = (code: string): { command: string; log: string } => {
    const folder = temporaryFolder();
    const command = join(folder, 'get-token');
    const log = join(folder, 'log');
    writeFileSync(
      command,
      `#!${process.execPath}
const fs = require('node:fs');
const log = ${JSON.stringify(log)};
const run = fs.existsSync(log) ? fs.readFileSync(log, 'utf8').trim().split('\\n').length + 1 : 1;
fs.appendFileSync(log, JSON.stringify({ info: JSON.parse(process.env.KUBERNETES_EXEC_INFO), args: process.argv.slice(2), profile: process.env.PROFILE }) + '\\n');
const status = (value) => console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: value }));
${code}
`,
    );
    chmodSync(command, 0o755);
    return { command, log };
  };
  const runs = (log: string) => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').length : 0);
  const v1 = { apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'IfAvailable' };

  test('is asked once, with arguments, environment and cluster, for requests side by side', async () => {
    const server = await startServer(ONE);
    const { command, log } = plugin(
      `status({ token: 'run' + run, expirationTimestamp: new Date(Date.now() + 3600e3).toISOString() });`,
    );
    const exec = {
      ...v1,
      command,
      args: ['--cluster', 'lab'],
      env: [{ name: 'PROFILE', value: 'dev' }],
      provideClusterInfo: true,
    };
    const cluster = {
      server: `https://127.0.0.1:${server.port}`,
      'certificate-authority-data': server.caData,
      extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }],
    };
    const kube = await connect({ kubeconfig: kubeconfig(cluster, { exec }) });
    await Promise.all([ask(kube), ask(kube), ask(kube)]);
    await ask(kube);
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer run1',
      'Bearer run1',
      'Bearer run1',
      'Bearer run1',
    ]);
    expect(JSON.parse(readFileSync(log, 'utf8'))).toEqual({
      info: {
        kind: 'ExecCredential',
        apiVersion: v1.apiVersion,
        spec: {
          interactive: false,
          cluster: { server: cluster.server, 'certificate-authority-data': server.caData, config: { audience: 'x' } },
        },
      },
      args: ['--cluster', 'lab'],
      profile: 'dev',
    });
  });

  test('is asked again when its token has run out, and once when the server refuses it', async () => {
    const server = await startServer((request) =>
      request.headers.authorization === 'Bearer run3'
        ? ONE(request)
        : { status: request.headers.authorization === 'Bearer run2' ? 401 : 200, body: { items: [] } },
    );
    const { command, log } = plugin(
      `status({ token: 'run' + run, expirationTimestamp: run === 1 ? '2020-01-01T00:00:00Z' : undefined });`,
    );
    const kube = await connect({
      kubeconfig: kubeconfig(
        { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': server.caData },
        { exec: { ...v1, command } },
      ),
    });
    await ask(kube);
    expect(await ask(kube)).toHaveLength(1);
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer run1',
      'Bearer run2',
      'Bearer run3',
    ]);
    expect(runs(log)).toBe(3);
  });

  test('that is refused for good is asked twice in all', async () => {
    const server = await startServer(() => ({ status: 401, body: capture('bad-token.json') }));
    const { command, log } = plugin(`status({ token: 'run' + run });`);
    const kube = await connect({
      kubeconfig: kubeconfig(
        { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': server.caData },
        { exec: { ...v1, command } },
      ),
    });
    expect(await problemOf(ask(kube))).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(runs(log)).toBe(2);
  });

  test('may give a client certificate', async () => {
    const server = await startServer(ONE);
    const { command } = plugin(
      `status(${JSON.stringify({ clientCertificateData: server.clientCert, clientKeyData: server.clientKey })});`,
    );
    await ask(
      await connect({
        kubeconfig: kubeconfig(
          { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': server.caData },
          { exec: { ...v1, command } },
        ),
      }),
    );
    expect(server.asked[0]?.clientName).toBe('alice');
  });

  test('may give a new client certificate when the old one has run out', async () => {
    const server = await startServer(ONE);
    const given = [
      { clientCertificateData: server.clientCert, clientKeyData: server.clientKey },
      { clientCertificateData: server.renewedCert, clientKeyData: server.renewedKey },
    ];
    const { command } = plugin(
      `status({ ...${JSON.stringify(given)}[run - 1], expirationTimestamp: run === 1 ? '2020-01-01T00:00:00Z' : undefined });`,
    );
    const cluster = { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': server.caData };
    const kube = await connect({ kubeconfig: kubeconfig(cluster, { exec: { ...v1, command } }) });
    await ask(kube);
    await ask(kube);
    expect(server.asked.map(({ clientName }) => clientName)).toEqual(['alice', 'alice-renewed']);
  });

  test.each([
    ['ends with an error', `process.exit(3);`, 'ended with exit code 3'],
    ['prints no JSON', `console.log('hello');`, 'printed no JSON'],
    ['gives nothing', `status({});`, 'gave neither a token nor a client certificate'],
  ])('that %s', async (_, code, detail) => {
    const { command } = plugin(code);
    const kube = await connect({
      kubeconfig: kubeconfig({ server: 'https://127.0.0.1:1' }, { exec: { ...v1, command } }),
    });
    expect(await problemOf(ask(kube))).toEqual({
      code: 'CREDENTIALS_FAILED',
      context: 'lab',
      detail: `${command} ${detail}`,
    });
  });

  test('says what it has to say on the stderr of the user', async () => {
    const server = await startServer(ONE);
    const { command } = plugin(`console.error('Open https://sso.example and enter ABCD'); status({ token: 't' });`);
    const cluster = { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': server.caData };
    const path = kubeconfig(cluster, { exec: { ...v1, command } });
    const script = `
      const { connectKube } = await import(${JSON.stringify(new URL('../../src/io/kube.ts', import.meta.url).href)});
      const kube = await connectKube({ kubeconfig: ${JSON.stringify(path)}, env: process.env });
      console.log((await kube.list(${JSON.stringify(PODS)}, {}, new AbortController().signal)).length);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(stdout).toBe('1\n');
    expect(stderr).toContain('Open https://sso.example and enter ABCD');
  });

  test('that is not installed says how to get it', async () => {
    const exec = {
      ...v1,
      command: 'policystat-no-such-plugin',
      installHint: 'Install it first:\n\n  brew install x\n',
    };
    const kube = await connect({ kubeconfig: kubeconfig({ server: 'https://127.0.0.1:1' }, { exec }) });
    expect(await problemOf(ask(kube))).toMatchObject({
      code: 'CREDENTIALS_FAILED',
      detail: 'policystat-no-such-plugin: not found. Install it first: brew install x',
    });
  });

  test('that needs a terminal where there is none', async () => {
    const { command, log } = plugin(`status({ token: 't' });`);
    const kube = await connect({
      kubeconfig: kubeconfig(
        { server: 'https://127.0.0.1:1' },
        { exec: { ...v1, command, interactiveMode: 'Always' } },
      ),
    });
    expect(await problemOf(ask(kube))).toMatchObject({ code: 'CREDENTIALS_FAILED' });
    expect(runs(log)).toBe(0);
  });
});

test('an old auth-provider is left to the Kubernetes client', async () => {
  const server = await startServer(ONE);
  const provider = { name: 'gcp', config: { 'access-token': 'from-gcloud', expiry: '2099-01-01T00:00:00Z' } };
  const path = kubeconfig(
    { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': server.caData },
    { 'auth-provider': provider },
  );
  await ask(await connect({ kubeconfig: path }));
  expect(server.asked[0]?.headers.authorization).toBe('Bearer from-gcloud');
});

describe('proxies', () => {
  const behind = async (
    port: number,
    caData: string,
    cluster: Record<string, unknown>,
    env: Record<string, string> = {},
  ) =>
    connect({
      kubeconfig: kubeconfig({ server: `https://${NAME}:${port}`, 'certificate-authority-data': caData, ...cluster }),
      env,
    });

  test('proxy-url', async () => {
    const server = await startServer(ONE);
    const proxy = await startConnectProxy();
    const kube = await behind(server.port, server.caData, { 'proxy-url': `http://user:pw@127.0.0.1:${proxy.port}` });
    expect(await ask(kube)).toHaveLength(1);
    expect(proxy.asked).toEqual([`${NAME}:${server.port} Basic ${base64('user:pw')}`]);
    expect(server.asked[0]?.servername).toBe(NAME);
  });

  test('HTTPS_PROXY', async () => {
    const server = await startServer(ONE);
    const proxy = await startConnectProxy();
    const kube = await behind(server.port, server.caData, {}, { HTTPS_PROXY: `127.0.0.1:${proxy.port}` });
    expect(await ask(kube)).toHaveLength(1);
    expect(await ask(kube)).toHaveLength(1);
    expect(proxy.asked).toEqual([`${NAME}:${server.port}`]);
  });

  test('socks5, which resolves the name', async () => {
    const server = await startServer(ONE);
    const proxy = await startSocksProxy();
    const kube = await behind(server.port, server.caData, { 'proxy-url': `socks5://127.0.0.1:${proxy.port}` });
    expect(await ask(kube)).toHaveLength(1);
    expect(proxy.asked).toEqual([`${NAME}:${server.port}`]);
  });

  test('a proxy that refuses', async () => {
    const server = await startServer(ONE);
    const proxy = await startConnectProxy(407);
    const kube = await behind(server.port, server.caData, { 'proxy-url': `http://127.0.0.1:${proxy.port}` });
    expect(await problemOf(ask(kube))).toMatchObject({
      code: 'API_UNREACHABLE',
      detail: containing('407'),
    });
  });

  test('an address that is none', async () => {
    expect(await problemOf(behind(1, base64(''), { 'proxy-url': 'ftp://proxy' }))).toMatchObject({
      code: 'CREDENTIALS_FAILED',
    });
  });
});

test('permissions are asked for as the server wants it, and read as it answers', async () => {
  const server = await startServer(({ body }) => ({
    status: 201,
    body: body.includes('"create"') ? capture('ssar-create-pods-exec.json') : { status: { allowed: true } },
  }));
  const kube = await connect({
    kubeconfig: kubeconfig({ server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': server.caData }),
  });
  const question = { verb: 'create', group: '', resource: 'pods', subresource: 'exec', namespace: 'kube-system' };
  expect(await kube.mayI(question, signal)).toBe(false);
  expect(await kube.mayI({ ...question, verb: 'get' }, signal)).toBe(true);
  expect(server.asked[0]).toMatchObject({
    method: 'POST',
    url: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  });
  expect(JSON.parse(server.asked[0]?.body ?? '')).toMatchObject({
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: question },
  });
});

describe('exec goes the same way', () => {
  const handlers = { frame: () => undefined, pong: () => undefined, closed: () => undefined };
  const request = {
    namespace: 'kube-system',
    pod: 'cilium-1',
    container: 'cilium-agent',
    command: ['cilium', 'version'],
    stdin: true,
  };

  test('through the proxy, as the impersonated user with all groups', async () => {
    const server = await startServer(ONE);
    const proxy = await startConnectProxy();
    const cluster = {
      server: `https://${NAME}:${server.port}`,
      'certificate-authority-data': server.caData,
      'proxy-url': `http://127.0.0.1:${proxy.port}`,
    };
    const kube = await connect({ kubeconfig: kubeconfig(cluster, { token: 't' }), as: 'bob', asGroup: ['dev', 'ops'] });
    const socket = await kube.openExec(request, handlers, signal);
    socket.terminate();
    expect(socket.protocol).toBe('v5.channel.k8s.io');
    expect(proxy.asked).toEqual([`${NAME}:${server.port}`]);
    const [asked] = server.asked;
    expect(asked?.headers.authorization).toBe('Bearer t');
    expect(asked === undefined ? [] : valuesOf(asked, 'Impersonate-Group')).toEqual(['dev', 'ops']);
  });

  test('a refused token is asked for once more', async () => {
    const server = await startServer(({ headers }) => ({
      status: headers.authorization === 'Bearer two' ? 200 : 401,
      body: capture('bad-token.json'),
    }));
    const tokenFile = join(temporaryFolder(), 'token');
    writeFileSync(tokenFile, 'one');
    const path = kubeconfig(
      { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': server.caData },
      { tokenFile },
    );
    const kube = await connect({ kubeconfig: path });
    expect(await problemOf(kube.openExec(request, handlers, signal))).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(server.asked).toHaveLength(2);
    writeFileSync(tokenFile, 'two');
    (await kube.openExec(request, handlers, signal)).terminate();
  });
});
