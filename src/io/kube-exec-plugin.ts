/** Exec credential plugins (`aws eks get-token`, `gke-gcloud-auth-plugin`, ...) by client-go's protocol, their messages left visible. */
import { spawn } from 'node:child_process';
import { isatty } from 'node:tty';
import * as v from 'valibot';
import type { ClusterConfig, ExecConfig } from './kube-config-schema.ts';

/** Version and kind as in client-go, pkg/apis/clientauthentication. */
const CredentialSchema = v.object({
  kind: v.literal('ExecCredential'),
  status: v.object({
    token: v.optional(v.nullable(v.string())),
    clientCertificateData: v.optional(v.nullable(v.string())),
    clientKeyData: v.optional(v.nullable(v.string())),
    expirationTimestamp: v.optional(v.nullable(v.string())),
  }),
});

export interface PluginCredential {
  readonly token: string | null;
  readonly cert: Buffer | null;
  readonly key: Buffer | null;
  /** Infinity where the plugin names no end. */
  readonly expiresMs: number;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The extension of a cluster that client-go hands to plugins that ask for cluster information. */
const CLUSTER_EXTENSION = 'client.authentication.k8s.io/exec';

export async function askPlugin(exec: ExecConfig, cluster: ClusterConfig, env: Env): Promise<PluginCredential> {
  const isInteractive = exec.interactiveMode !== 'Never' && isatty(0);
  if (exec.interactiveMode === 'Always' && !isInteractive) throw new Error(`${exec.command} needs a terminal`);
  const info = {
    kind: 'ExecCredential',
    apiVersion: exec.apiVersion ?? 'client.authentication.k8s.io/v1beta1',
    spec: {
      interactive: isInteractive,
      ...(exec.provideClusterInfo === true ? { cluster: clusterInfo(cluster) } : {}),
    },
  };
  const extra = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]));
  const stdout = await run(exec, { ...env, ...extra, KUBERNETES_EXEC_INFO: JSON.stringify(info) }, isInteractive);
  return readCredential(exec.command, stdout);
}

function clusterInfo(cluster: ClusterConfig): Record<string, unknown> {
  return {
    server: cluster.server,
    'tls-server-name': cluster['tls-server-name'] ?? undefined,
    'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'] ?? undefined,
    'certificate-authority-data': cluster['certificate-authority-data'] ?? undefined,
    'proxy-url': cluster['proxy-url'] ?? undefined,
    config: cluster.extensions?.find(({ name }) => name === CLUSTER_EXTENSION)?.extension,
  };
}

function run(exec: ExecConfig, env: Env, isInteractive: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const stdin = isInteractive ? 'inherit' : 'ignore';
    const child = spawn(exec.command, exec.args ?? [], { env, stdio: [stdin, 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (data: string) => {
      stdout += data;
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') reject(error);
      else reject(new Error(notFound(exec), { cause: error }));
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${exec.command} ended with ${signal ?? `exit code ${String(code)}`}`));
    });
  });
}

/** Hints come as paragraphs, and a message is one line. */
function notFound({ command, installHint }: ExecConfig): string {
  return `${command}: not found. ${installHint ?? ''}`.replace(/\s+/g, ' ').trim();
}

function readCredential(command: string, stdout: string): PluginCredential {
  let parsed: unknown;
  try {
    parsed = JSON.parse(stdout);
  } catch (error) {
    throw new Error(`${command} printed no JSON`, { cause: error });
  }
  const result = v.safeParse(CredentialSchema, parsed);
  if (!result.success) throw new Error(`${command} printed no ExecCredential with a status`);
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = result.output.status;
  const hasToken = typeof token === 'string' && token !== '';
  if (!hasToken && !clientCertificateData) throw new Error(`${command} gave neither a token nor a client certificate`);
  return {
    token: hasToken ? token : null,
    cert: clientCertificateData ? Buffer.from(clientCertificateData) : null,
    key: clientKeyData ? Buffer.from(clientKeyData) : null,
    expiresMs: expirationTimestamp ? Date.parse(expirationTimestamp) : Number.POSITIVE_INFINITY,
  };
}
