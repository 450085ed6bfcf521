import { expect, test } from 'vitest';
import { proxyFor } from '../../src/io/kube-proxy.ts';

const HTTPS_PROXY = 'http://proxy.example:3128';
const PROXIED = `${HTTPS_PROXY}/`;

test.each([
  ['https://api.example:6443', {}, null],
  ['https://api.example:6443', { HTTPS_PROXY }, PROXIED],
  ['https://api.example:6443', { https_proxy: HTTPS_PROXY }, PROXIED],
  ['https://api.example:6443', { HTTP_PROXY: HTTPS_PROXY }, null],
  ['http://api.example:8080', { HTTP_PROXY: HTTPS_PROXY }, PROXIED],
  ['https://api.example:6443', { HTTPS_PROXY: 'proxy.example:3128' }, PROXIED],
  [
    'https://api.example:6443',
    { HTTPS_PROXY: 'socks5://user:pw@proxy.example:1080' },
    'socks5://user:pw@proxy.example:1080',
  ],
  // Go never sends what stays on the machine through a proxy.
  ['https://localhost:6443', { HTTPS_PROXY }, null],
  ['https://127.0.0.1:6443', { HTTPS_PROXY }, null],
  ['https://[::1]:6443', { HTTPS_PROXY }, null],
  ['https://api.example:6443', { HTTPS_PROXY, NO_PROXY: '*' }, null],
  ['https://api.example:6443', { HTTPS_PROXY, NO_PROXY: 'other, example' }, null],
  ['https://api.example:6443', { HTTPS_PROXY, no_proxy: '.example' }, null],
  ['https://api.example:6443', { HTTPS_PROXY, NO_PROXY: '*.example' }, null],
  ['https://example:6443', { HTTPS_PROXY, NO_PROXY: '.example' }, PROXIED],
  ['https://notexample:6443', { HTTPS_PROXY, NO_PROXY: 'example' }, PROXIED],
  ['https://API.example:6443', { HTTPS_PROXY, NO_PROXY: 'api.EXAMPLE:6443' }, null],
  ['https://api.example:6443', { HTTPS_PROXY, NO_PROXY: 'api.example:443' }, PROXIED],
  ['https://api.example', { HTTPS_PROXY, NO_PROXY: 'api.example:443' }, null],
  ['https://10.1.2.3:6443', { HTTPS_PROXY, NO_PROXY: '10.0.0.0/8' }, null],
  ['https://11.1.2.3:6443', { HTTPS_PROXY, NO_PROXY: '10.0.0.0/8,11.1.2.4' }, PROXIED],
  ['https://10.1.2.3:6443', { HTTPS_PROXY, NO_PROXY: '10.1.2.3' }, null],
  ['https://[fd00::1]:6443', { HTTPS_PROXY, NO_PROXY: 'fd00::/8' }, null],
  ['https://[fd00::1]:6443', { HTTPS_PROXY, NO_PROXY: '[fd00::1]:6443' }, null],
  ['https://[fd00::1]:6443', { HTTPS_PROXY, NO_PROXY: 'fd00::1' }, null],
  ['https://10.1.2.3:6443', { HTTPS_PROXY, NO_PROXY: '10.0.0.0/99,nonsense/,/,:' }, PROXIED],
])('%s with %j goes by %s', (server, env, expected) => {
  expect(proxyFor(new URL(server), null, env)?.href ?? null).toBe(expected);
});

test('proxy-url of the kubeconfig goes before the environment, even for what NO_PROXY names', () => {
  const env = { HTTPS_PROXY, NO_PROXY: '*' };
  expect(proxyFor(new URL('https://api.example'), 'https://own.example:8443', env)?.href).toBe(
    'https://own.example:8443/',
  );
  expect(() => proxyFor(new URL('https://api.example'), 'ftp://own.example', env)).toThrow('ftp');
});
