/** Who the user is, for every way that a kubeconfig can say it: the Authorization header and the client certificate. */
import { readFileSync } from 'node:fs';
import { authProviderHeader } from './kube-auth-provider.ts';
import type { KubeContext } from './kube-config-schema.ts';
import type { PluginCredential } from './kube-exec-plugin.ts';

export interface Credentials {
  /** The Authorization header, renewed where it has run out; null for a client certificate alone, or for nobody. */
  authorization(): Promise<string | null>;
  /** The server refused it: forget it. False where asking again would give the same. */
  renew(): boolean;
  clientCertificate(): { readonly cert?: Buffer; readonly key?: Buffer };
}

export type Env = Readonly<Record<string, string | undefined>>;

/** A token that ends within this time is asked for anew: it has to last for the request. */
const EXPIRY_MARGIN_MS = 5_000;

export function createCredentials(context: KubeContext, env: Env): Credentials {
  const { user } = context;
  if (user.exec) return pluginCredentials(context, env);
  const clientCertificate = (): { cert?: Buffer; key?: Buffer } => ({ ...certificate });
  const certificate = {
    ...present('cert', pem(user['client-certificate-data'], user['client-certificate'])),
    ...present('key', pem(user['client-key-data'], user['client-key'])),
  };
  const { tokenFile } = user;
  if (tokenFile) {
    // The kubelet replaces a mounted token about every hour, so it is read each time.
    const read = () => `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`;
    const authorization = () => new Promise<string>((resolve) => resolve(read()));
    return { authorization, renew: () => true, clientCertificate };
  }
  if (user['auth-provider']) {
    let header: Promise<() => Promise<string | null>> | null = null;
    const authorization = async () => {
      header ??= authProviderHeader(context);
      return (await header)();
    };
    return { authorization, renew: () => false, clientCertificate };
  }
  return { authorization: () => Promise.resolve(fixedHeader(context)), renew: () => false, clientCertificate };
}

function fixedHeader({ user }: KubeContext): string | null {
  if (user.token) return `Bearer ${user.token}`;
  if (user.username) return `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
  return null;
}

function pluginCredentials({ user, cluster }: KubeContext, env: Env): Credentials {
  const { exec } = user;
  let current: PluginCredential | null = null;
  let asking: Promise<PluginCredential> | null = null;
  const ask = async (): Promise<PluginCredential> => {
    if (!exec) throw new TypeError('no exec plugin');
    try {
      // Few kubeconfigs have one, and being able to start processes has its price.
      const { askPlugin } = await import('./kube-exec-plugin.ts');
      current = await askPlugin(exec, cluster, env);
      return current;
    } finally {
      asking = null;
    }
  };
  return {
    // Requests in parallel wait for one run of the plugin.
    authorization: async () => {
      const isValid = current !== null && current.expiresMs > Date.now() + EXPIRY_MARGIN_MS;
      asking ??= isValid ? null : ask();
      const { token } = asking === null && current !== null ? current : await (asking ?? ask());
      return token === null ? null : `Bearer ${token}`;
    },
    renew: () => {
      current = null;
      return true;
    },
    clientCertificate: () => ({ ...present('cert', current?.cert ?? null), ...present('key', current?.key ?? null) }),
  };
}

/** Data wins over the file where both are given, as in client-go. */
export function pem(base64: string | null | undefined, path: string | null | undefined): Buffer | null {
  if (base64) return Buffer.from(base64, 'base64');
  return path ? readFileSync(path) : null;
}

export function present<K extends string, V>(key: K, value: V | null): Partial<Record<K, V>> {
  const made: Partial<Record<K, V>> = {};
  if (value !== null) made[key] = value;
  return made;
}
