/** The demo cluster's API server: HTTPS on loopback, bearer token, exec over WebSocket; started and ended here. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { ContainerRuntime } from '../ports.ts';
import { createAuthority, kubeconfigFor } from './certificate.ts';
import { createExecServer } from './exec-request.ts';
import { createFaults, type Faults } from './faults.ts';
import { createPermissions } from './permissions.ts';
import { createProcessGroups } from './process-groups.ts';
import { sendText } from './respond.ts';
import { createRouter } from './router.ts';
import type { WatchableStore } from './store.ts';

export interface ApiServerOptions {
  readonly store: WatchableStore;
  readonly runtime: ContainerRuntime;
  now(): Date;
  /** Laid over what `/version` says. */
  /** Called when a request for an exec arrives: what a start-up is measured by. */
  execRequested?(): void;
  heldUp?(ms: number): void;
  readonly versionInfo?: Readonly<Record<string, string>>;
}

export interface ApiServer {
  readonly url: string;
  /** YAML with the authority and the token; its one context is named `policystat-demo`. */
  readonly kubeconfig: string;
  /** The one that is good now. */
  readonly token: string;
  readonly faults: Faults;
  /** The processes that exec has started, their children included, as far as they are alive. */
  processes(): readonly number[];
  /** Ends every stream and kills every process that exec has started. */
  close(): Promise<void>;
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const authority = await createAuthority();
  const certificate = await authority.issue();
  let token = newToken();
  const permissions = createPermissions();
  const faults = createFaults(permissions);
  const groups = createProcessGroups();
  const execs = createExecServer({ ...options, groups, faults });
  const router = createRouter({ ...options, token: () => token, permissions, execs });

  const server = createServer({ ...certificate, minVersion: 'TLSv1.2' });
  server.keepAliveTimeout = 60_000;
  server.on('request', (request, response) => {
    router.handle(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendText(response, 500, `${String(error)}\n`);
    });
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    router.upgrade(request, socket, head).catch(() => socket.destroy());
  });
  server.on('connection', (socket) => {
    if (faults.refuses()) socket.destroy();
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  await listen(0);
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const url = `https://127.0.0.1:${port}`;

  let restart: NodeJS.Timeout | undefined;

  return {
    url,
    get kubeconfig() {
      return kubeconfigFor(url, authority.ca, token);
    },
    get token() {
      return token;
    },
    faults: {
      ...faults,
      refuseConnections(ms) {
        faults.refuseConnections(ms);
        server.closeIdleConnections();
      },
      restartServer(downMs) {
        server.close();
        faults.breakStreams();
        server.closeAllConnections();
        restart = setTimeout(() => void listen(port), downMs);
      },
      async rotateCertificate() {
        server.setSecureContext({ ...(await authority.issue()), minVersion: 'TLSv1.2' });
      },
      rotateToken() {
        token = newToken();
        return token;
      },
    },
    processes: () => groups.alive(),
    async close() {
      faults.clear();
      clearTimeout(restart);
      const closed = new Promise((resolve) => server.close(resolve));
      execs.close();
      server.closeAllConnections();
      await groups.killAll();
      await closed;
    },
  };
}
