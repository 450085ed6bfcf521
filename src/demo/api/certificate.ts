/** The server's identity: a certificate authority of its own, certificates from it, and the kubeconfig that trusts it. */

export interface Authority {
  /** Its own certificate. */
  readonly ca: string;
  /** A new certificate for the server. */
  issue(): Promise<{ readonly cert: string; readonly key: string }>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

export async function createAuthority(): Promise<Authority> {
  // Loaded here, because it takes long and nothing but a starting demo needs it.
  // A CommonJS package: bundled, it has a default export only.
  const {
    default: { generate },
  } = await import('selfsigned');
  const validity = { notBeforeDate: new Date(Date.now() - DAY_MS), notAfterDate: new Date(Date.now() + 365 * DAY_MS) };
  const common = { ...validity, keyType: 'ec' as const, algorithm: 'sha256' };
  const ca = await generate([{ name: 'commonName', value: 'policystat-demo-ca' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const issue = async () => {
    const server = await generate([{ name: 'commonName', value: 'policystat-demo' }], {
      ...common,
      ca: { key: ca.private, cert: ca.cert },
      extensions: [
        { name: 'basicConstraints', cA: false },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 7, ip: '127.0.0.1' },
            { type: 2, value: 'localhost' },
          ],
        },
      ],
    });
    return { cert: server.cert, key: server.private };
  };
  return { ca: ca.cert, issue };
}

/** YAML, because people open it. */
export function kubeconfigFor(url: string, ca: string, token: string): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: policystat-demo
  cluster:
    server: ${url}
    certificate-authority-data: ${Buffer.from(ca).toString('base64')}
users:
- name: policystat-demo
  user:
    token: ${token}
contexts:
- name: policystat-demo
  context:
    cluster: policystat-demo
    user: policystat-demo
    namespace: default
current-context: policystat-demo
`;
}
