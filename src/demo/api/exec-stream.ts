/** One exec: a real child process behind the channels of a WebSocket, with the habits of a kubelet. */
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { ContainerEnvironment } from '../ports.ts';
import { type ExecEnd, type ExecProtocol, execStatus } from './exec-status.ts';
import type { FaultState } from './faults.ts';
import { findProgram, type ProcessGroups } from './process-groups.ts';
import { createKeyboard, toTerminal } from './terminal.ts';

export interface ExecOptions {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 };

/** A client that reads slower than the program writes holds the program up at this many bytes. */
const HIGH_WATER_BYTES = 256 * 1024;
const LOW_WATER_BYTES = 64 * 1024;

/** Without a real terminal a shell would not prompt, so it is told that it is interactive. */
function withPrompt(command: readonly string[], tty: boolean): readonly string[] {
  const [program = ''] = command;
  return tty && command.length === 1 && /(^|\/)(ba)?sh$/.test(program) ? [program, '-i', '+m'] : command;
}

function toBytes(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

export interface ExecSurroundings {
  readonly groups: ProcessGroups;
  readonly faults: FaultState;
  readonly pod: string;
  /** Told how long a program was held up by a client that reads slower than it writes. */
  heldUp?(ms: number): void;
}

export function runExec(
  socket: WebSocket,
  protocol: ExecProtocol,
  options: ExecOptions,
  environment: ContainerEnvironment,
  surroundings: ExecSurroundings,
): void {
  const { groups, faults, pod } = surroundings;
  const dropAfter = faults.takeDropAfter();
  let bytesUntilCut = dropAfter;
  let child: ChildProcess | null = null;
  let gone = false;
  let stalled = false;
  let congested = false;
  let congestedMs = 0;
  let ended: ExecEnd | null = null;

  const outputs = (): Readable[] => [child?.stdout, child?.stderr].filter((stream) => stream instanceof Object);
  const updateFlow = () => {
    for (const output of outputs()) {
      if (gone || stalled || congested) output.pause();
      else output.resume();
    }
  };
  const send = (channel: number, data: Buffer) => {
    if (gone) return;
    socket.send(Buffer.concat([Buffer.of(channel), data]), () => {
      if (!congested || socket.bufferedAmount > LOW_WATER_BYTES) return;
      congested = false;
      surroundings.heldUp?.(performance.now() - congestedMs);
      updateFlow();
    });
    if (!congested && socket.bufferedAmount > HIGH_WATER_BYTES) {
      congested = true;
      congestedMs = performance.now();
      updateFlow();
    }
  };
  // Node reads the rest of a child that has ended, paused or not.
  const held: { readonly channel: number; readonly data: Buffer }[] = [];
  const sendOutput = (channel: number, data: Buffer) => {
    if (stalled) {
      held.push({ channel, data });
      return;
    }
    if (channel !== CHANNEL.stdout || bytesUntilCut === null || data.length < bytesUntilCut) {
      if (channel === CHANNEL.stdout && bytesUntilCut !== null) bytesUntilCut -= data.length;
      send(channel, data);
      return;
    }
    socket.send(Buffer.concat([Buffer.of(channel), data.subarray(0, bytesUntilCut)]), () => socket.terminate());
    bytesUntilCut = null;
    gone = true;
    updateFlow();
  };
  const giveBackDrop = () => {
    if (dropAfter !== null && bytesUntilCut !== null) faults.giveBackDropAfter(dropAfter);
    bytesUntilCut = null;
  };
  const finish = () => {
    if (ended === null || gone || stalled) return;
    giveBackDrop();
    send(CHANNEL.status, Buffer.from(execStatus(ended, protocol, options.command)));
    socket.close(1000);
  };
  const leave = faults.enlist({
    pod,
    setStalled(value) {
      stalled = value;
      // Not reading leaves pings unanswered, as a peer does that is cut off without notice.
      if (stalled) socket.pause();
      else socket.resume();
      if (!stalled) for (const { channel, data } of held.splice(0)) sendOutput(channel, data);
      updateFlow();
      finish();
    },
    cut: () => socket.terminate(),
    cutAfter: (bytes) => {
      bytesUntilCut = bytes;
    },
  });
  const end = (how: ExecEnd) => {
    ended ??= how;
    finish();
  };

  // The client's going ends stdin and nothing else: the program is not told, and what it writes stays unread
  // (measured: Kubernetes 1.36.2, containerd 1.6).
  socket.on('close', () => {
    leave();
    giveBackDrop();
    gone = true;
    updateFlow();
    child?.stdin?.end();
    if (child !== null && (child.exitCode !== null || child.signalCode !== null)) {
      for (const output of outputs()) output.destroy();
    }
  });
  socket.on('error', () => socket.terminate());

  // An empty frame tells the client that the channels are there.
  send(CHANNEL.stdout, Buffer.alloc(0));

  const command = withPrompt(options.command, options.tty);
  const [name] = command;
  if (name === undefined) {
    end({ kind: 'not-started', reason: 'args must not be empty' });
    return;
  }
  const program = findProgram(name, environment);
  if ('missing' in program) {
    end({ kind: 'not-started', reason: program.missing });
    return;
  }
  const started = groups.start(program.path, command, environment, options.stdin);
  child = started;

  const kill = (signal: NodeJS.Signals) => {
    try {
      if (started.pid !== undefined) process.kill(-started.pid, signal);
    } catch {
      // The group went by itself.
    }
  };
  // Where the program has closed its stdin, what is typed is lost.
  started.stdin?.on('error', () => undefined);
  const write = (data: Buffer) => {
    if (started.stdin === null || started.stdin.write(data) || stalled) return;
    socket.pause();
    started.stdin.once('drain', () => {
      if (!stalled) socket.resume();
    });
  };
  const typed = createKeyboard({
    echo: (text) => send(CHANNEL.stdout, text),
    input: write,
    endOfInput: () => started.stdin?.end(),
    signal: kill,
  });
  socket.on('message', (message, isBinary) => {
    const data = toBytes(message);
    const channel = data[0];
    if (!isBinary || !options.stdin) return;
    if (channel === CHANNEL.stdin) {
      if (options.tty) typed(data.subarray(1));
      else write(data.subarray(1));
    } else if (channel === CHANNEL.close && protocol === 'v5.channel.k8s.io' && data[1] === CHANNEL.stdin) {
      started.stdin?.end();
    }
  });

  const connect = (output: Readable | null, channel: number, wanted: boolean) => {
    output?.on('data', (data: Buffer) => {
      if (wanted) sendOutput(channel, options.tty ? toTerminal(data) : data);
    });
  };
  connect(started.stdout, CHANNEL.stdout, options.stdout);
  connect(started.stderr, options.tty ? CHANNEL.stdout : CHANNEL.stderr, options.tty ? options.stdout : options.stderr);
  updateFlow();

  started.once('error', (error) => end({ kind: 'not-started', reason: error.message }));
  started.once('exit', () => {
    if (gone) for (const output of outputs()) output.destroy();
  });
  // Output that a child of the program still holds open keeps the exec open, as with containerd.
  started.once('close', (code, signal) => end({ kind: 'exited', code, signal }));
}
