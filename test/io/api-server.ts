/** A small API server over real TLS that answers from a script and keeps what it was asked, proxies in front of it, and kubeconfigs for it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { stringify } from 'yaml';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly clientName: string | null;
  readonly servername: string | null;
}

interface Answering {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}

/** Null: no answer at all. */
export type Script = (asked: Asked) => Answering | null;

export interface TestServer {
  readonly port: number;
  readonly ca: string;
  readonly clientCert: string;
  readonly clientKey: string;
  /** Another one of the same authority, `alice-renewed`. */
  readonly renewedCert: string;
  readonly renewedKey: string;
  readonly asked: Asked[];
  /** Base64, as a kubeconfig has it. */
  readonly caData: string;
}

/** The only name in the certificate beside the loopback address. */
export const NAME = 'api.lab.example';

async function createCertificates() {
  const common = { keyType: 'ec' as const, algorithm: 'sha256' };
  const ca = await generate([{ name: 'commonName', value: 'test-ca' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  const signed = (name: string, altNames: { type: 2 | 7; value?: string; ip?: string }[]) =>
    generate([{ name: 'commonName', value: name }], {
      ...common,
      ca: { key: ca.private, cert: ca.cert },
      extensions: [
        { name: 'basicConstraints', cA: false },
        ...(altNames.length === 0 ? [] : [{ name: 'subjectAltName' as const, altNames }]),
      ],
    });
  return {
    ca,
    client: await signed('alice', []),
    renewed: await signed('alice-renewed', []),
    named: await signed('server', [{ type: 2, value: NAME }]),
    local: await signed('server', [
      { type: 2, value: NAME },
      { type: 7, ip: '127.0.0.1' },
    ]),
  };
}

let certificates: ReturnType<typeof createCertificates> | null = null;

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return portOf(server.address());
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export async function startServer(script: Script, certificate: 'local' | 'named' = 'local'): Promise<TestServer> {
  certificates ??= createCertificates();
  const { ca, client, renewed, [certificate]: own } = await certificates;
  const asked: Asked[] = [];
  const server = createServer({
    key: own.private,
    cert: own.cert,
    ca: ca.cert,
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.on(
    'request',
    (request: IncomingMessage, response: ServerResponse) => void answer(request, response, script, asked),
  );
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    upgrade(request, socket, head, script, asked),
  );
  const port = await listening(server);
  return {
    port,
    ca: ca.cert,
    caData: base64(ca.cert),
    clientCert: client.cert,
    clientKey: client.private,
    renewedCert: renewed.cert,
    renewedKey: renewed.private,
    asked,
  };
}

/** The same without TLS. */
export async function startPlainServer(script: Script): Promise<{ port: number; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createHttpServer((request, response) => void answer(request, response, script, asked));
  return { port: await listening(server), asked };
}

function askedBy(request: IncomingMessage, body: string): Asked {
  const socket = request.socket instanceof TLSSocket ? request.socket : null;
  const name: unknown = socket?.authorized === true ? socket.getPeerCertificate().subject.CN : null;
  const { servername } = Object.assign({ servername: null }, socket);
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    body,
    clientName: typeof name === 'string' ? name : null,
    servername: typeof servername === 'string' ? servername : null,
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, script: Script, all: Asked[]): Promise<void> {
  const asked = askedBy(request, await text(request));
  all.push(asked);
  const answering = script(asked);
  if (answering === null) return;
  const { status = 200, headers = {}, body } = answering;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body));
}

/** Becomes a WebSocket where the script answers with 200. */
function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, script: Script, all: Asked[]): void {
  const asked = askedBy(request, '');
  all.push(asked);
  const { status = 200, body } = script(asked) ?? { body: '' };
  if (status === 200) new WebSocketServer({ noServer: true }).handleUpgrade(request, socket, head, () => undefined);
  else socket.end(`HTTP/1.1 ${status} no\r\nConnection: close\r\n\r\n${String(body)}`);
}

export function base64(value: string): string {
  return Buffer.from(value).toString('base64');
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'policystat-io-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A kubeconfig file with one context `lab`. */
export function kubeconfig(
  cluster: Record<string, unknown>,
  user: Record<string, unknown> = {},
  context: Record<string, unknown> = {},
): string {
  const path = join(temporaryFolder(), 'config');
  const config = {
    'current-context': 'lab',
    clusters: [{ name: 'lab', cluster }],
    users: [{ name: 'lab', user }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab', ...context } }],
  };
  writeFileSync(path, stringify(config));
  return path;
}

/** Both proxies lead every name to the loopback address, and keep what they were asked for. */
export async function startConnectProxy(status = 200): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const proxy = createHttpServer();
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(`${request.url ?? ''} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} no\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(Number(request.url?.split(':').pop()), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
  });
  return { port: await listening(proxy), asked };
}

/** RFC 1928, without authentication, for names. */
export async function startSocksProxy(): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const proxy = createTcpServer((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.from([5, 0]));
      socket.once('data', (request) => {
        const bytes = Buffer.from(request);
        const length = bytes[3] === 3 ? (bytes[4] ?? 0) : 0;
        const host = bytes.subarray(5, 5 + length).toString();
        const port = bytes.readUInt16BE(bytes.length - 2);
        asked.push(`${host}:${port}`);
        const upstream = connect(port, '127.0.0.1', () => {
          socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
          upstream.pipe(socket).pipe(upstream);
        });
        upstream.on('error', () => socket.destroy());
      });
    });
  });
  return { port: await listening(proxy), asked };
}
