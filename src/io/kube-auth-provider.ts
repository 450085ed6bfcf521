/** Tokens of the old `auth-provider` entries (oidc, gcp, azure), which the Kubernetes client knows how to get and renew. */
import type { KubeContext } from './kube-config-schema.ts';

/** Gives the Authorization header; the client is big and is loaded for such users only. */
export async function authProviderHeader({ cluster, user }: KubeContext): Promise<() => Promise<string | null>> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'cluster', server: cluster.server, skipTLSVerify: cluster['insecure-skip-tls-verify'] === true },
    { name: 'user', authProvider: user['auth-provider'] },
  );
  return async () => {
    const options: { headers?: Record<string, string>; host: string } = { host: '' };
    await config.applyToHTTPSOptions(options);
    return options.headers?.Authorization ?? null;
  };
}
