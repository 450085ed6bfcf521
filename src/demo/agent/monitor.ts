/** The agent's event stream of one node, and the monitors that listen to it. */
import type { AgentVersion } from '../cluster/version.ts';
import type { DemoEvent } from '../datapath/event.ts';
import type { Invocation } from './invocation.ts';
import { type MonitorFlags, parseMonitorFlags, typesText } from './monitor-flags.ts';
import { eventJson } from './monitor-json.ts';
import { eventText } from './monitor-text.ts';

export interface MonitorHub {
  emit(event: DemoEvent): void;
  /** Runs `monitor` until it is interrupted or gone; resolves with its exit code. */
  monitor(invocation: Invocation, args: readonly string[]): Promise<number>;
  /** Tells the monitors that the agent has gone away. */
  disconnect(): void;
}

/**
 * The agent queues so much for a listener that doesn't read, and drops the rest without a word
 * (`--monitor-queue-size`, 2048 events on two CPUs).
 */
const QUEUE_BYTES = 2048 * 180;
const STARTED = 'Listening for events on 2 CPUs with 64x4096 of shared memory\nPress Ctrl-C to quit\n';
const INTERRUPTED = '\nReceived an interrupt, disconnecting from monitor...\n\n';

/** The two numbers that `--from`, `--to` and `--related-to` are compared with: 16 bits each. */
function endsOf(event: DemoEvent): readonly [number, number] {
  switch (event.type) {
    case 'policy-verdict':
      return [event.endpoint, event.remoteIdentity & 0xffff];
    case 'drop':
      return [event.source, event.endpoint];
    case 'trace':
      return [0, event.endpoint];
    case 'l7':
      return [event.from.endpoint, event.to.endpoint];
    case 'trace-sock':
    case 'agent':
    case 'lost':
      return [0, 0];
  }
}

function isWanted(event: DemoEvent, { types, from, to, related }: MonitorFlags): boolean {
  if (event.type === 'lost') return true;
  if (types.length > 0 && !types.includes(event.type)) return false;
  // Whose socket it is, no filter asks.
  if (event.type === 'trace-sock') return true;
  const [source, destination] = endsOf(event);
  if (from.length > 0 && !from.includes(source)) return false;
  if (to.length > 0 && !to.includes(destination)) return false;
  return related.length === 0 || related.includes(source) || related.includes(destination);
}

/** How a version logs; the place, too: stdout since 1.18 (pkg/logging/slog.go). */
function logLine(version: AgentVersion, level: 'info' | 'warn', text: string, fields: string, nowMs: number): string {
  const time = new Date(nowMs).toISOString();
  if (version.since(18)) return `time=${time.slice(0, -1)}000000Z level=${level} msg="${text}"${fields}\n`;
  const stamp = version.since(15) || level === 'warn' ? `time="${time.slice(0, 19)}Z" ` : '';
  return `${stamp}level=${level === 'warn' ? 'warning' : level} msg="${text}"${fields}\n`;
}

/** Events with a packet in them. */
const DISSECTED: ReadonlySet<DemoEvent['type']> = new Set(['policy-verdict', 'drop', 'trace']);

interface Listener {
  event(event: DemoEvent): void;
  disconnected(): void;
}

export function createMonitorHub(version: AgentVersion, now: () => Date): MonitorHub {
  const listeners = new Set<Listener>();

  function listen(invocation: Invocation, flags: MonitorFlags, ended: (code: number) => void): Listener {
    const style = { version, numeric: flags.numeric, verbosity: flags.verbosity };
    const log = (text: string) => (version.since(18) ? invocation.out(text) : invocation.err(text));
    const say = (text: string) => (version.since(12) ? invocation.err(text) : invocation.out(text));
    let batch = '';
    let hasDissected = false;
    let isInterrupted = false;
    const flush = () => {
      const text = batch;
      batch = '';
      if (text !== '' && invocation.backlogBytes() < QUEUE_BYTES) invocation.out(text);
    };
    const write = (text: string) => {
      if (batch === '') setImmediate(flush);
      batch += text;
    };
    const stop = () => {
      flush();
      say(INTERRUPTED);
      ended(0);
    };
    invocation.onInterrupt(() => {
      // Since 1.18 the signal is looked at between two events only.
      if (version.since(18)) isInterrupted = true;
      else stop();
    });
    say(STARTED);
    return {
      event(event) {
        if (isInterrupted) {
          stop();
          return;
        }
        if (!isWanted(event, flags)) return;
        if (!hasDissected && DISSECTED.has(event.type)) {
          hasDissected = true;
          const fields = version.since(18) ? '' : ' subsys=monitor';
          log(logLine(version, 'info', 'Initializing dissection cache...', fields, now().getTime()));
        }
        write(flags.json ? eventJson(event, style) : eventText(event, style));
      },
      disconnected() {
        flush();
        const fields = version.since(18) ? ` subsys=${version.program} error=EOF` : ' error=EOF';
        log(logLine(version, 'warn', 'connection closed', fields, now().getTime()));
      },
    };
  }

  return {
    emit(event) {
      for (const listener of listeners) listener.event(event);
    },
    disconnect() {
      for (const listener of [...listeners]) listener.disconnected();
      listeners.clear();
    },
    monitor(invocation, args) {
      const usage = `Usage:\n  ${version.program} monitor [flags]\n`;
      const flags = parseMonitorFlags(args, version);
      if ('error' in flags) {
        const isArgument = flags.error === 'arguments not recognized';
        const refuse = isArgument && !version.since(12) ? invocation.out : invocation.err;
        refuse(`Error: ${flags.error}\n${usage}`);
        return Promise.resolve(1);
      }
      if (flags.help) {
        invocation.out(`Display BPF program events\n\n${usage}\nFlags:\n${typesText(version)}`);
        return Promise.resolve(0);
      }
      return new Promise((resolve) => {
        const listener = listen(invocation, flags, (code) => {
          listeners.delete(listener);
          resolve(code);
        });
        listeners.add(listener);
        invocation.gone.addEventListener('abort', () => listeners.delete(listener));
      });
    },
  };
}
