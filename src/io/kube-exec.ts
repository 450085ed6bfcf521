/** Opens one exec over WebSocket and says in full why a server refuses it. */
import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import WebSocket, { type RawData } from 'ws';
import type { ExecRequest, ExecSocket, SocketHandlers } from '../model/kubernetes.ts';
import { type Failure, failure } from '../model/problem.ts';
import type { Connection } from './connection.ts';

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
/** From the connection to the upgrade. */
const HANDSHAKE_MS = 10_000;
const BODY_MS = 5_000;
const NO_SUCH_CONTAINER = /^container \S+ is not valid for pod /;
const BODY_MAX_BYTES = 64 * 1024;
/** Kubernetes sends what a program prints in pieces of 32 KiB at most (kubelet, pkg/kubelet/cri/streaming). */
const FRAME_MAX_BYTES = 4 * 1024 * 1024;

const StatusSchema = v.object({ kind: v.literal('Status'), message: v.string() });

export async function openExec(
  connection: Connection,
  request: ExecRequest,
  handlers: SocketHandlers,
  signal: AbortSignal,
  handshakeMs: number = HANDSHAKE_MS,
): Promise<ExecSocket> {
  signal.throwIfAborted();
  const headers = await unlessAborted(connection.headers(), signal);
  const path = execPath(request);
  const { promise, resolve, reject } = Promise.withResolvers<ExecSocket>();
  const socket = new WebSocket(connection.server.replace(/^http/i, 'ws') + path, PROTOCOLS, {
    ...(connection.server.startsWith('https:') ? connection.tls : {}),
    agent: connection.agent,
    headers: { ...headers, 'User-Agent': 'policystat' },
    perMessageDeflate: false,
    maxPayload: FRAME_MAX_BYTES,
    // Channels carry bytes; whether they are text is for the reader to say.
    skipUTF8Validation: true,
  });
  let isOpen = false;
  const { context, server } = connection;
  const giveUp = () => {
    settled();
    reject(abortReason(signal));
    socket.terminate();
  };
  // Of our own: the one that ws has is a socket's, and that says nothing while TLS waits for its other side.
  const late = setTimeout(() => {
    settled();
    const detail = `it takes connections, but opened no WebSocket within ${handshakeMs / 1000} s`;
    reject(failure({ code: 'API_UNREACHABLE', context, server, detail }));
    socket.terminate();
  }, handshakeMs);
  const settled = () => {
    clearTimeout(late);
    signal.removeEventListener('abort', giveUp);
  };
  signal.addEventListener('abort', giveUp, { once: true });
  socket.on('message', (data) => handlers.frame(bytesOf(data)));
  socket.on('pong', () => handlers.pong());
  socket.on('open', () => {
    isOpen = true;
    settled();
    resolve(execSocket(socket));
  });
  socket.on('unexpected-response', (_sent, response) => {
    clearTimeout(late);
    void readBody(response).then((body) => {
      settled();
      reject(refusal(connection, request, path, response.statusCode ?? 0, body));
      socket.terminate();
    });
  });
  socket.on('error', (error) => {
    if (isOpen) return;
    settled();
    reject(failure({ code: 'API_UNREACHABLE', context, server, detail: detailOf(error) }, error));
  });
  socket.on('close', (code, reason) => {
    if (isOpen) handlers.closed(code, reason.toString());
  });
  return promise;
}

function execPath({ namespace, pod, container, command, stdin }: ExecRequest): string {
  const query = new URLSearchParams();
  for (const word of command) query.append('command', word);
  query.set('container', container);
  query.set('stdin', String(stdin));
  query.set('stdout', 'true');
  query.set('stderr', 'true');
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/exec?${query.toString()}`;
}

function execSocket(socket: WebSocket): ExecSocket {
  const isReady = () => socket.readyState === WebSocket.OPEN;
  return {
    protocol: socket.protocol === 'v4.channel.k8s.io' ? 'v4.channel.k8s.io' : 'v5.channel.k8s.io',
    // What cannot be sent any more is told by `closed`.
    send: (data) => {
      if (isReady()) socket.send(data, () => undefined);
    },
    ping: () => {
      if (isReady()) socket.ping(undefined, undefined, () => undefined);
    },
    close: () => socket.close(1000),
    terminate: () => socket.terminate(),
  };
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : new Uint8Array(data);
}

/** As much of an answer as came in time; what cut it short does not matter, its status is known. */
async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => response.destroy(), BODY_MS);
  await new Promise<void>((resolve) => {
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > BODY_MAX_BYTES) response.destroy();
    });
    response.on('end', resolve);
    response.on('error', () => resolve());
    response.on('close', resolve);
  });
  clearTimeout(timer);
  return Buffer.concat(chunks).toString('utf8', 0, BODY_MAX_BYTES);
}

function refusal(connection: Connection, request: ExecRequest, path: string, status: number, body: string): Failure {
  const { context, server } = connection;
  const { namespace, pod, container } = request;
  const message = statusMessage(body);
  if (status === 401) return failure({ code: 'UNAUTHORIZED', context, server });
  // A 403 or 404 without a Status is not the API server's word on pods/exec: another protocol, or a proxy in between.
  if (status === 403 && message !== null) {
    const verb = /cannot (\w+) resource/.exec(message)?.[1] ?? 'create';
    return failure({ code: 'EXEC_FORBIDDEN', context, namespace, pod, verbs: [verb], detail: message });
  }
  // 400 is for a container that the pod does not have (Kubernetes, pkg/registry/core/pod/strategy.go).
  if (message !== null && (status === 404 || (status === 400 && NO_SUCH_CONTAINER.test(message)))) {
    return failure({ code: 'EXEC_NOT_FOUND', context, namespace, pod, container, detail: message });
  }
  const detail = message ?? body.slice(0, 200).trim();
  const [plainPath = path] = path.split('?');
  return failure({ code: 'API_ERROR', context, request: `GET ${plainPath}`, status, detail });
}

function statusMessage(body: string): string | null {
  try {
    const status = v.safeParse(StatusSchema, JSON.parse(body));
    return status.success ? status.output.message : null;
  } catch {
    return null;
  }
}

/** Where a host has several addresses, Node's error for all of them has no message of its own. */
function detailOf(error: Error): string {
  if (error.message !== '') return error.message;
  const first: unknown = error instanceof AggregateError ? error.errors[0] : null;
  return first instanceof Error ? first.message : 'code' in error ? String(error.code) : error.name;
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(abortReason(signal));
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
