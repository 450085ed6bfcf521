/** The unix socket between the programs in the demo's containers and the demo's world: JSON, one message a line. */
import { rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import type { Invocation, Program } from './invocation.ts';

const Hello = v.object({
  namespace: v.string(),
  pod: v.string(),
  container: v.string(),
  program: v.string(),
  argv: v.array(v.string()),
});
const Message = v.union([v.object({ run: Hello }), v.object({ interrupt: v.literal(true) })]);

export interface ProgramSocket {
  readonly path: string;
  close(): Promise<void>;
}

function serve(socket: Socket, programOf: (run: v.InferOutput<typeof Hello>) => Program | null): void {
  const gone = new AbortController();
  let interrupt: () => void = () => undefined;
  const send = (message: unknown) => {
    if (socket.writable) socket.write(`${asLine(message)}\n`);
  };
  const start = (run: v.InferOutput<typeof Hello>) => {
    const invocation: Invocation = {
      ...run,
      out: (out) => send({ out }),
      err: (err) => send({ err }),
      backlogBytes: () => socket.writableLength,
      onInterrupt(then) {
        interrupt = then;
        send({ trap: true });
      },
      gone: gone.signal,
    };
    const program = programOf(run);
    if (program === null) {
      send({ err: `${run.program}: not in this container\n`, exit: 127 });
      return;
    }
    program(invocation).then(
      (exit) => send({ exit }),
      (error: unknown) => send({ err: `${String(error)}\n`, exit: 1 }),
    );
  };
  socket.on('error', () => socket.destroy());
  socket.on('close', () => gone.abort());
  // An interface hands on its input's errors, and these are dealt with above.
  const lines = createInterface({ input: socket }).on('error', () => undefined);
  lines.on('line', (line) => {
    const read = v.safeParse(v.pipe(v.string(), v.parseJson(), Message), line);
    if (!read.success) socket.destroy();
    else if ('run' in read.output) start(read.output.run);
    else interrupt();
  });
}

export async function listenForPrograms(
  path: string,
  programOf: (run: { readonly namespace: string; readonly pod: string; readonly program: string }) => Program | null,
): Promise<ProgramSocket> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, programOf);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    path,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      await rm(path, { force: true });
    },
  };
}

/** Node's readline ends a line at these two as well, and JSON leaves them as they are. */
function asLine(message: unknown): string {
  const line = JSON.stringify(message);
  return line.includes('\u2028') || line.includes('\u2029')
    ? line.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
    : line;
}
