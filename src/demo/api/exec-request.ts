/** The handshake of an exec: who may, into which pod and container, and over which protocol. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { ContainerRuntime, KubeObject } from '../ports.ts';
import type { ExecProtocol } from './exec-status.ts';
import { runExec } from './exec-stream.ts';
import type { FaultState } from './faults.ts';
import { listAt, textAt } from './fields.ts';
import type { ProcessGroups } from './process-groups.ts';
import { type ApiRequest, isTrue } from './request.ts';
import { refuseUpgrade } from './respond.ts';
import { badRequest, notFound, type StatusError } from './status.ts';
import type { WatchableStore } from './store.ts';

export interface ExecContext {
  readonly store: WatchableStore;
  readonly runtime: ContainerRuntime;
  readonly groups: ProcessGroups;
  readonly faults: FaultState;
  /** Called when a request for an exec arrives. */
  execRequested?(): void;
  /** Told how long a program was held up by a client that reads slower than it writes. */
  heldUp?(ms: number): void;
}

export interface ExecServer {
  accept(request: ApiRequest, incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Cuts all streams. */
  close(): void;
}

function containerName(pod: KubeObject, asked: string | null): { readonly name: string } | StatusError {
  const names = listAt(pod, 'spec', 'containers').map((container) => textAt(container, 'name'));
  const initNames = listAt(pod, 'spec', 'initContainers').map((container) => textAt(container, 'name'));
  const podName = pod.metadata.name;
  if (asked !== null && asked !== '') {
    return [...names, ...initNames].includes(asked)
      ? { name: asked }
      : badRequest(`container ${asked} is not valid for pod ${podName}`);
  }
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return { name: only };
  const initHint = initNames.length === 0 ? '' : ` or one of the init containers: [${initNames.join(' ')}]`;
  return badRequest(
    `a container name must be specified for pod ${podName}, choose one of: [${names.join(' ')}]${initHint}`,
  );
}

function isExecProtocol(protocol: string): protocol is ExecProtocol {
  return protocol === 'v5.channel.k8s.io' || protocol === 'v4.channel.k8s.io';
}

function offeredProtocol(incoming: IncomingMessage): ExecProtocol | null {
  const offered = (incoming.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
  return offered.find(isExecProtocol) ?? null;
}

export function createExecServer(context: ExecContext): ExecServer {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 32 * 1024 * 1024,
    handleProtocols: (protocols) => [...protocols].find(isExecProtocol) ?? false,
  });
  return {
    async accept(request, incoming, socket, head) {
      context.execRequested?.();
      const { query, namespace, name } = request;
      const pod = context.store.get(request.resource, namespace, name ?? '');
      if (pod === null) {
        refuseUpgrade(socket, notFound('', 'pods', name ?? ''));
        return;
      }
      const container = containerName(pod, query.get('container'));
      if ('code' in container) {
        refuseUpgrade(socket, container);
        return;
      }
      const wants = (stream: string) => isTrue(query.get(stream) ?? 'false');
      if (!wants('stdin') && !wants('stdout') && !wants('stderr')) {
        refuseUpgrade(socket, badRequest('you must specify at least 1 of stdin, stdout, stderr'));
        return;
      }
      const protocol = offeredProtocol(incoming);
      if (protocol === null) {
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
        return;
      }
      const path = `${namespace ?? ''}/${pod.metadata.name}`;
      const refusal = context.faults.takeRefusal(path);
      if (refusal !== null) {
        refuseUpgrade(socket, refusal);
        return;
      }
      const environment = await context.runtime.container(namespace ?? '', pod.metadata.name, container.name);
      if (environment === null) {
        refuseUpgrade(socket, badRequest(`container ${container.name} is not valid for pod ${pod.metadata.name}`));
        return;
      }
      server.handleUpgrade(incoming, socket, head, (stream) => {
        const options = {
          command: query.getAll('command'),
          stdin: wants('stdin'),
          stdout: wants('stdout'),
          stderr: wants('stderr'),
          tty: wants('tty'),
        };
        runExec(stream, protocol, options, environment, { ...context, pod: path });
      });
    },
    close() {
      for (const stream of server.clients) stream.terminate();
      server.close();
    },
  };
}
