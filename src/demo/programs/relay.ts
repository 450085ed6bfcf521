/** What every program in a demo container does: ask the demo's world, and print what it answers. */
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';

/** A program whose container is gone ends as if it had been killed. */
const KILLED = 137;

function textOf(message: object, field: string): string | null {
  const value: unknown = Reflect.get(message, field);
  return typeof value === 'string' ? value : null;
}

/** Runs until the world says that it is over. */
export function relay(program: string): void {
  const { POLICYSTAT_DEMO_SOCKET = '', POLICYSTAT_DEMO_POD = '/', POLICYSTAT_DEMO_CONTAINER = '' } = process.env;
  const [namespace = '', pod = ''] = POLICYSTAT_DEMO_POD.split('/');
  const socket = createConnection(POLICYSTAT_DEMO_SOCKET);
  const send = (message: unknown) => socket.write(`${JSON.stringify(message)}\n`);
  const exit = (code: number) => {
    socket.destroy();
    process.exitCode = code;
  };
  // Whoever read stdout has gone: a program that writes on is ended by SIGPIPE.
  process.stdout.on('error', () => process.exit(141));
  process.stderr.on('error', () => undefined);
  socket.on('error', () => exit(KILLED));
  socket.on('end', () => exit(KILLED));
  send({ run: { namespace, pod, container: POLICYSTAT_DEMO_CONTAINER, program, argv: process.argv.slice(2) } });

  // An interface hands on its input's errors, and these are dealt with above.
  const lines = createInterface({ input: socket }).on('error', () => undefined);
  lines.on('line', (line) => {
    const message: unknown = JSON.parse(line);
    if (typeof message !== 'object' || message === null) return;
    const out = textOf(message, 'out');
    const err = textOf(message, 'err');
    // Writing to a pipe blocks where it is full: then the socket is not read, and the world notices.
    if (out !== null) process.stdout.write(out);
    if (err !== null) process.stderr.write(err);
    if ('trap' in message) process.on('SIGINT', () => send({ interrupt: true }));
    const code: unknown = Reflect.get(message, 'exit');
    if (typeof code === 'number') exit(code);
  });
}
