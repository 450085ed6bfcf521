/** One HTTP request to the API server and its whole answer; knows time limits, busy servers and broken connections, but no objects. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { failure } from '../model/problem.ts';
import type { KubeConnection } from './kube-connection.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Its `Date`, where it has one. */
  readonly date: string | null;
}

export type Send = (method: 'GET' | 'POST', path: string, body: string | null, signal: AbortSignal) => Promise<Answer>;

/** A server that sends nothing for so long is not there. */
const SILENCE_MS = 30_000;
/** For the connection with its TLS handshake, through a proxy or not. */
const HANDSHAKE_MS = 10_000;
/** A page of a list has at most 500 objects; what answers with more than this is no API server, or means harm. */
export const ANSWER_MAX_BYTES = 64 * 1024 * 1024;
const BUSY_RETRIES = 3;
const BUSY_WAIT_MAX_S = 10;

// An `import` of node:http reads all that it exports, and one of that loads Node's whole fetch: 30 ms at every start.
const http = process.getBuiltinModule('node:http');
const https = process.getBuiltinModule('node:https');

class TooLarge extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`its answer has more than ${ANSWER_MAX_BYTES / 1024 / 1024} MiB`);
    this.status = status;
  }
}

interface RawAnswer extends Answer {
  readonly retryAfterS: number | null;
}

/** `requestTimeoutMs` replaces the limits of our own; 0 is no limit at all, null is what nobody asked for. */
export function createSender(
  connection: KubeConnection,
  requestTimeoutMs: number | null,
  handshakeMs: number = HANDSHAKE_MS,
): Send {
  const isTls = connection.server.startsWith('https:');
  const { agent } = connection;
  const isOurs = requestTimeoutMs === null;

  const once: SendOnce = async (method, path, body, signal) => {
    const headers: Record<string, string | string[]> = {
      ...(await connection.headers()),
      Accept: 'application/json',
      'Accept-Encoding': 'gzip',
      'User-Agent': 'policystat',
      ...(body === null
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }),
    };
    return new Promise((resolve, reject) => {
      const timeout = isOurs ? { timeout: SILENCE_MS } : {};
      const options = { method, headers, agent, signal, ...timeout, ...(isTls ? connection.tls : {}) };
      const url = connection.server + path;
      const sent = (isTls ? https : http).request(url, options);
      sent.on('response', (response) => void readAnswer(response).then(resolve, reject));
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${SILENCE_MS / 1000} s`)));
      if (isOurs) limitHandshake(sent, isTls, handshakeMs);
      sent.on('error', (error) => {
        // The server closed a kept socket just as it was to be used again.
        const isStale = sent.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
        if (isStale) once(method, path, body, signal).then(resolve, reject);
        else reject(error);
      });
      sent.end(body ?? undefined);
    });
  };

  return async (method, path, body, signal) => {
    const isLimited = requestTimeoutMs !== null && requestTimeoutMs > 0;
    const limit = isLimited ? AbortSignal.timeout(requestTimeoutMs) : null;
    const either = limit === null ? signal : AbortSignal.any([signal, limit]);
    try {
      return await persistently(connection, once, [method, path, body, either]);
    } catch (error) {
      if (signal.aborted) throw error;
      const { context, server } = connection;
      if (error instanceof TooLarge) {
        const { status, message: detail } = error;
        throw failure({ code: 'API_ERROR', context, request: `${method} ${path}`, status, detail }, error);
      }
      const detail = limit?.aborted === true ? `no answer within ${(requestTimeoutMs ?? 0) / 1000} s` : describe(error);
      if (error instanceof Error && error.name === 'Failure') throw error;
      throw failure({ code: 'API_UNREACHABLE', context, server, detail }, error);
    }
  };
}

/** The timer of a socket says nothing while TLS waits for its other side. */
function limitHandshake(sent: ClientRequest, isTls: boolean, limitMs: number): void {
  let step = 'no connection';
  const timer = setTimeout(() => sent.destroy(new Error(`${step} within ${limitMs / 1000} s`)), limitMs);
  const done = () => clearTimeout(timer);
  sent.on('socket', (socket) => {
    if (sent.reusedSocket || (!isTls && !socket.connecting)) done();
    else if (!isTls) socket.once('connect', done);
    else {
      const connected = () => {
        step = 'it takes connections, but answers no TLS handshake';
      };
      if (socket.connecting) socket.once('connect', connected);
      else connected();
      socket.once('secureConnect', done);
    }
  });
  sent.once('response', done);
  sent.once('close', done);
}

type SendArguments = Parameters<Send>;
type SendOnce = (...args: SendArguments) => Promise<RawAnswer>;

/** A refused token is asked for once more; a server that names a time to come back gets it. */
async function persistently(connection: KubeConnection, once: SendOnce, args: SendArguments): Promise<Answer> {
  let answer = await once(...args);
  if (answer.status === 401 && connection.renewCredentials()) answer = await once(...args);
  for (let retry = 0; retry < BUSY_RETRIES; retry += 1) {
    if (answer.retryAfterS === null || (answer.status !== 429 && answer.status < 500)) break;
    await delay(Math.min(answer.retryAfterS, BUSY_WAIT_MAX_S) * 1000, undefined, { signal: args[3] });
    answer = await once(...args);
  }
  if (answer.status === 407) throw new Error('the proxy wants authentication (407)');
  return answer;
}

async function readAnswer(response: IncomingMessage): Promise<RawAnswer> {
  const status = response.statusCode ?? 0;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    if (!(chunk instanceof Buffer)) continue;
    size += chunk.length;
    // Leaving the loop ends the connection.
    if (size > ANSWER_MAX_BYTES) throw new TooLarge(status);
    chunks.push(chunk);
  }
  const all = Buffer.concat(chunks);
  const body = response.headers['content-encoding'] === 'gzip' ? await unpacked(all, status) : all;
  const retryAfter = Number(response.headers['retry-after'] ?? Number.NaN);
  return {
    status,
    body: body.toString('utf8'),
    date: response.headers.date ?? null,
    retryAfterS: Number.isFinite(retryAfter) && retryAfter >= 0 ? retryAfter : null,
  };
}

async function unpacked(packed: Buffer, status: number): Promise<Buffer> {
  const { gunzip } = process.getBuiltinModule('node:zlib');
  try {
    return await promisify(gunzip)(packed, { maxOutputLength: ANSWER_MAX_BYTES });
  } catch (error) {
    if (error instanceof RangeError) throw new TooLarge(status);
    throw error;
  }
}

/** Trying IPv6 and IPv4 fails with one error for both, which has no message of its own. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return [...new Set(error.errors.map((each) => describe(each)))].join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
