/** Turns a kubeconfig context into a `Connection`: server, TLS, headers with impersonation, proxy. */
import type { Agent } from 'node:http';
import { failure } from '../model/problem.ts';
import type { Connection } from './connection.ts';
import type { KubeContext, UserConfig } from './kube-config-schema.ts';
import { type Credentials, createCredentials, type Env, pem, present } from './kube-credentials.ts';
import { proxyAgent, proxyFor } from './kube-proxy.ts';
import { createSecureContexts } from './secure-context.ts';

export interface Impersonation {
  readonly as?: string;
  readonly asGroup?: readonly string[];
}

export interface KubeConnection extends Connection {
  /** The server answered 401: whether another try with new credentials makes sense. */
  renewCredentials(): boolean;
}

export async function openConnection(
  context: KubeContext,
  impersonation: Impersonation,
  env: Env,
  reload: (() => KubeContext) | null = null,
): Promise<KubeConnection> {
  const { cluster, user, name } = context;
  const fail = (error: unknown) =>
    failure({ code: 'CREDENTIALS_FAILED', context: name, detail: messageOf(error) }, error);
  let credentials = attempt(() => createCredentials(context, env), fail);
  let known = fingerprint(user, credentials);
  /** Somebody has logged in again, or the certificate's file was replaced. */
  const readAgain = (): boolean => {
    if (reload === null) return false;
    try {
      const fresh = reload();
      const read = createCredentials(fresh, env);
      if (fingerprint(fresh.user, read) === known) return false;
      known = fingerprint(fresh.user, read);
      credentials = read;
      return true;
    } catch {
      // Half written, or gone: the next refusal reads it again.
      return false;
    }
  };
  const ca = attempt(() => pem(cluster['certificate-authority-data'], cluster['certificate-authority']), fail);
  const server = serverUrl(cluster.server, ca !== null || cluster['insecure-skip-tls-verify'] === true);
  const proxy = attempt(() => proxyFor(new URL(server), cluster['proxy-url'] ?? null, env), fail);
  const impersonated = impersonationHeaders(user, impersonation);
  const secureContext = createSecureContexts();
  return {
    context: name,
    server,
    headers: async () => headersOf(credentials, impersonated, fail),
    renewCredentials: () => credentials.renew() || readAgain(),
    // A plugin may give a certificate, and a new one later.
    get tls() {
      const certificates = { ...present('ca', ca), ...credentials.clientCertificate() };
      return {
        ...certificates,
        ...present('secureContext', server.startsWith('https:') ? secureContext(certificates) : null),
        rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
        ...present('servername', cluster['tls-server-name'] ?? null),
      };
    },
    agent: proxy === null ? keepingAgent(server) : await proxyAgent(proxy),
  };
}

/** Sockets are kept: discovery asks several times within a moment, and the first exec takes one over. */
function keepingAgent(server: string): Agent {
  const { Agent } = process.getBuiltinModule(server.startsWith('https:') ? 'node:https' : 'node:http');
  return new Agent({ keepAlive: true });
}

async function headersOf(
  credentials: Credentials,
  impersonated: Readonly<Record<string, string | string[]>>,
  fail: (error: unknown) => Error,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  try {
    const authorization = await credentials.authorization();
    if (authorization !== null) headers.Authorization = authorization;
  } catch (error) {
    throw fail(error);
  }
  // A header that is sent several times is an array in Node, which every HTTP client on top of it takes.
  return Object.assign(headers, impersonated);
}

/** Flags replace what the kubeconfig says, field by field, as kubectl's do. */
function impersonationHeaders(user: UserConfig, flags: Impersonation): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  const name = flags.as ?? user.as ?? '';
  const groups = flags.asGroup ?? user['as-groups'] ?? [];
  if (name !== '') headers['Impersonate-User'] = name;
  if (user['as-uid']) headers['Impersonate-Uid'] = user['as-uid'];
  if (groups.length > 0) headers['Impersonate-Group'] = groups.length === 1 ? (groups[0] ?? '') : [...groups];
  for (const [key, values] of Object.entries(user['as-user-extra'] ?? {})) {
    headers[`Impersonate-Extra-${encodeURIComponent(key)}`] = [...values];
  }
  return headers;
}

function fingerprint(user: UserConfig, credentials: Credentials): string {
  const { cert, key } = credentials.clientCertificate();
  return JSON.stringify([user, cert?.toString('base64'), key?.toString('base64')]);
}

/** A server without a scheme is plain HTTP unless TLS is asked for (client-go, rest.DefaultServerURL). */
function serverUrl(server: string, hasTls: boolean): string {
  const url = /^https?:\/\//i.test(server) ? server : `${hasTls ? 'https' : 'http'}://${server}`;
  return url.replace(/\/+$/, '');
}

function attempt<T>(what: () => T, fail: (error: unknown) => Error): T {
  try {
    return what();
  } catch (error) {
    throw fail(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
