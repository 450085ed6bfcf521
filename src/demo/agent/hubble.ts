/** The Hubble CLI in an agent's container: its state, and the flows of its agent's ring. */
import type { World } from '../datapath/world.ts';
import type { BufferedFlow, HubbleBuffer } from './hubble-buffer.ts';
import { type ObserveFlags, parseObserveFlags } from './hubble-flags.ts';
import type { Invocation, Program } from './invocation.ts';

const SOCKET = 'unix:///var/run/cilium/hubble.sock';
const NO_SOCKET = `failed to connect to '${SOCKET}': connection error: desc = "transport: error while dialing: dial unix /var/run/cilium/hubble.sock: connect: no such file or directory"\n`;
const AGENT_GONE = 'rpc error: code = Unavailable desc = error reading from server: EOF\n';
/** Hubble's queue for one client, as the monitor's. */
const QUEUE_BYTES = 4 * 1024 * 1024;

function isWanted({ type, atMs }: BufferedFlow, { agentEvents, types, sinceMs, untilMs }: ObserveFlags): boolean {
  if ((type === 'agent') !== agentEvents) return false;
  if (atMs < (sinceMs ?? Number.NEGATIVE_INFINITY) || atMs > (untilMs ?? Infinity)) return false;
  return type === null || types.length === 0 || types.includes(type);
}

/** As a line of `compact` says it, of which nobody needs more here. */
function printed({ line }: BufferedFlow, { json }: ObserveFlags): string {
  if (json) return `${line}\n`;
  const text = /"Summary":"([^"]*)"/.exec(line)?.[1] ?? '';
  return `${/"time":"([^"]*)"/.exec(line)?.[1] ?? ''}: ${/"verdict":"([A-Z]+)"/.exec(line)?.[1] ?? ''} (${text})\n`;
}

function observe(run: Invocation, buffer: HubbleBuffer, flags: ObserveFlags): Promise<number> {
  const kept = buffer.flows().filter((flow) => isWanted(flow, flags));
  const isFromNow = flags.follow && flags.last === null && flags.sinceMs === null;
  const last = flags.last ?? (flags.sinceMs === null && flags.untilMs === null ? 20 : Infinity);
  const asked = flags.first === null ? kept.slice(last === 0 ? kept.length : -last) : kept.slice(0, flags.first);
  if (!isFromNow) for (const flow of asked) run.out(printed(flow, flags));
  if (!flags.follow) return Promise.resolve(0);
  return new Promise((resolve) => {
    const stop = buffer.follow({
      flow: (flow) => {
        if (isWanted(flow, flags) && run.backlogBytes() < QUEUE_BYTES) run.out(printed(flow, flags));
      },
      disconnected: () => {
        run.err(AGENT_GONE);
        resolve(1);
      },
    });
    run.gone.addEventListener('abort', stop);
  });
}

export function createHubble(world: World, buffer: HubbleBuffer, now: () => Date): Program {
  return (run) => {
    const [command, ...args] = run.argv;
    const fail = (text: string) => {
      run.err(text);
      return Promise.resolve(1);
    };
    switch (command) {
      case 'version':
        run.out(`hubble v${world.version.text} compiled with go1.24.0 on linux/amd64\n`);
        return Promise.resolve(0);
      case 'status': {
        if (!buffer.isOn) return fail(NO_SOCKET);
        const { 'current-flows': current, 'max-flows': capacity } = buffer.observer();
        const share = ((current / capacity) * 100).toFixed(2);
        const numbers = `${current.toLocaleString('en')}/${capacity.toLocaleString('en')} (${share}%)`;
        run.out(`Healthcheck (via ${SOCKET}): Ok\nCurrent/Max Flows: ${numbers}\nFlows/s: 1.00\n`);
        return Promise.resolve(0);
      }
      case 'observe': {
        const flags = parseObserveFlags(args, now().getTime());
        if ('error' in flags) return fail(`${flags.error}\n`);
        return buffer.isOn ? observe(run, buffer, flags) : fail(NO_SOCKET);
      }
      default:
        return fail(`Error: unknown command "${command ?? ''}" for "hubble"\n`);
    }
  };
}
