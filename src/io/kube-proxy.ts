/** Which proxy a server is reached through, by the rules of Go's programs, so that kubectl and policystat take the same way. */
import type { Agent } from 'node:http';
import { BlockList, isIP } from 'node:net';

type Env = Readonly<Record<string, string | undefined>>;

/** Of the kubeconfig, else HTTPS_PROXY (HTTP_PROXY for a plain server) unless NO_PROXY excludes it; null for a direct way. */
export function proxyFor(server: URL, proxyUrl: string | null, env: Env): URL | null {
  if (proxyUrl !== null && proxyUrl !== '') return parseProxy(proxyUrl);
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = env[name] ?? env[name.toLowerCase()] ?? '';
  if (value === '' || isExcluded(server, env.NO_PROXY ?? env.no_proxy ?? '')) return null;
  return parseProxy(value);
}

export async function proxyAgent(proxy: URL): Promise<Agent> {
  if (proxy.protocol.startsWith('socks')) {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    // Go lets the proxy resolve the name for `socks5`, too; the package does so only for `socks5h`.
    const url = new URL(proxy.href.replace(/^socks5:/, 'socks5h:'));
    return new SocksProxyAgent(url, { keepAlive: true });
  }
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  return new HttpsProxyAgent(proxy, { keepAlive: true });
}

function parseProxy(value: string): URL {
  const url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  if (!['http:', 'https:', 'socks5:', 'socks5h:'].includes(url.protocol)) {
    throw new TypeError(`proxy scheme ${url.protocol.slice(0, -1)} is not http, https or socks5`);
  }
  return url;
}

/** golang.org/x/net/http/httpproxy: names with their subdomains, `.suffix`, addresses, CIDRs, each with an optional port. */
function isExcluded(server: URL, noProxy: string): boolean {
  const host = server.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  const port = server.port === '' ? (server.protocol === 'https:' ? '443' : '80') : server.port;
  if (host === 'localhost' || isWithin(host, '127.0.0.0/8') || host === '::1') return true;
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || excludes(entry, host, port));
}

function excludes(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) return isWithin(host, entry);
  const [, name = '', onlyPort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 0 ? entry : `[${entry}]`) ?? [];
  if (onlyPort !== undefined && onlyPort !== port) return false;
  if (isIP(name) !== 0) return name === host;
  const suffix = name.replace(/^\*?\./, '.');
  return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function isWithin(host: string, cidr: string): boolean {
  const [network = '', bits = ''] = cidr.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || !/^\d+$/.test(bits)) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, Number(bits), type);
  return list.check(host, type);
}
