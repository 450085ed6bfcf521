/** A WebSocket server that runs real child processes as an exec does: stdin ends with the client, and nothing else does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

export interface ExecServer {
  readonly url: string;
  /** Every request for an exec, in order. */
  readonly requests: readonly { readonly pod: string; readonly command: readonly string[] }[];
  readonly children: readonly ChildProcess[];
  /** The next requests are refused with these. */
  readonly refusals: { status: number; body: string }[];
  /** Breaks every connection without a word. */
  cut(): void;
  /** Stops reading and answering, as a node that has gone. */
  freeze(): void;
  close(): Promise<void>;
}

export async function startExecServer(path: string, protocol: string, shell = 'sh'): Promise<ExecServer> {
  const requests: { pod: string; command: readonly string[] }[] = [];
  const children: ChildProcess[] = [];
  const refusals: { status: number; body: string }[] = [];
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => offered.has(protocol) && protocol,
  });
  const server = createServer();
  server.on('upgrade', (request, stream, head) => {
    const url = new URL(request.url ?? '', 'http://server');
    const command = url.searchParams.getAll('command');
    requests.push({ pod: url.pathname.split('/')[6] ?? '', command });
    const refusal = refusals.shift();
    if (refusal !== undefined) {
      const { status, body } = refusal;
      stream.end(
        `HTTP/1.1 ${status} Refused\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      );
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      const [program = '', ...words] = command;
      const name = program === 'sh' ? shell : program;
      const send = (channel: number, data: Uint8Array | string) =>
        socket.send(Buffer.concat([Buffer.of(channel), Buffer.from(data)]));
      send(1, '');
      const child = spawn(name, words, { env: { PATH: path }, stdio: 'pipe' });
      children.push(child);
      child.stdout.on('data', (data: Buffer) => send(1, data));
      child.stderr.on('data', (data: Buffer) => send(2, data));
      child.stdin.on('error', () => undefined);
      if (url.searchParams.get('stdin') !== 'true') child.stdin.end();
      const finish = (status: object) => {
        send(3, JSON.stringify(status));
        socket.close(1000);
      };
      child.on('error', () =>
        finish({
          status: 'Failure',
          reason: 'InternalError',
          message: `exec: "${name}": executable file not found in $PATH`,
        }),
      );
      child.on('close', (code, signal) => {
        const exitCode = String(code ?? (signal === 'SIGKILL' ? 137 : 143));
        if (code === 0) finish({ metadata: {}, status: 'Success' });
        else if (child.pid !== undefined) {
          const details = { causes: [{ reason: 'ExitCode', message: exitCode }] };
          finish({ metadata: {}, status: 'Failure', reason: 'NonZeroExitCode', details });
        }
      });
      socket.on('message', (data: Buffer) => {
        if (data[0] === 255 && data[1] === 0) child.stdin.end();
      });
      socket.on('close', () => child.stdin.end());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  const port = address instanceof Object ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    children,
    refusals,
    cut: () => sockets.clients.forEach((socket) => socket.terminate()),
    freeze: () => sockets.clients.forEach((socket) => socket.pause()),
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
