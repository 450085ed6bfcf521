/** The service account that Kubernetes mounts into a pod, as if it were a kubeconfig. */
import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { KubeContext } from './kube-config-schema.ts';

export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Null where this is no pod. */
export function inCluster(env: Readonly<Record<string, string | undefined>>, folder: string): KubeContext | null {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = env;
  const tokenFile = join(folder, 'token');
  if (host === '' || port === '' || !existsSync(tokenFile)) return null;
  const ca = join(folder, 'ca.crt');
  const namespaceFile = join(folder, 'namespace');
  const mounted = existsSync(namespaceFile) ? readFileSync(namespaceFile, 'utf8').trim() : '';
  return {
    name: null,
    namespace: env.POD_NAMESPACE ?? (mounted === '' ? 'default' : mounted),
    cluster: {
      server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
      ...(existsSync(ca) ? { 'certificate-authority': ca } : {}),
    },
    user: { tokenFile },
  };
}
