/** Writes answers the way the API server does: JSON with its headers, indented for people and compact for programs. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { isTrue } from './request.ts';
import type { StatusError } from './status.ts';

/** Go's encoder escapes what could end a script element (encoding/json, HTMLEscape). */
export function goJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** curl, wget and browsers are given indented text (apiserver responsewriters, 1.36). */
function wantsIndent(request: IncomingMessage): boolean {
  const pretty = new URL(request.url ?? '/', 'https://host').searchParams.get('pretty');
  if (pretty !== null) return isTrue(pretty);
  return /^(curl|Wget|Mozilla)\//.test(request.headers['user-agent'] ?? '');
}

export function commonHeaders(): Record<string, string> {
  return { 'Audit-Id': randomUUID(), 'Cache-Control': 'no-cache, private' };
}

export function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  code: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = wantsIndent(request) ? goJson(body, 2) : `${goJson(body)}\n`;
  response.writeHead(code, {
    ...commonHeaders(),
    'Content-Type': 'application/json',
    ...headers,
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

export function sendStatus(request: IncomingMessage, response: ServerResponse, error: StatusError): void {
  sendJson(request, response, error.code, error.body);
}

export function sendText(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, {
    ...commonHeaders(),
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Refuses an upgrade: the socket has no response object any more. */
export function refuseUpgrade(socket: Duplex, error: StatusError): void {
  const text = goJson(error.body, 2);
  const headers = {
    ...commonHeaders(),
    'Content-Type': 'application/json',
    'X-Content-Type-Options': 'nosniff',
    Date: new Date().toUTCString(),
    'Content-Length': Buffer.byteLength(text),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${error.code} ${REASONS[error.code] ?? 'Error'}\r\n${lines.join('')}\r\n${text}`);
}
