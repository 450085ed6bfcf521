/** A cluster out of one captured scenario: the demo's API server and exec in front of a real cluster's objects, answers and streams. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseObserveFlags } from '../../../src/demo/agent/hubble-flags.ts';
import type { Invocation } from '../../../src/demo/agent/invocation.ts';
import { parseMonitorFlags } from '../../../src/demo/agent/monitor-flags.ts';
import { listenForPrograms } from '../../../src/demo/agent/socket.ts';
import { startApiServer } from '../../../src/demo/api/server.ts';
import { createObjectStore } from '../../../src/demo/api/store.ts';
import { resourceOf } from '../../../src/demo/cluster/resources.ts';
import { agentVersion } from '../../../src/demo/cluster/version.ts';
import { createImages } from '../../../src/demo/programs-folder.ts';
import { createCapturedAgent } from './agent.ts';
import { capturedAnswers, capturedHubbleStatus, capturedObjects, capturedStream, NODES } from './scenario.ts';

export interface CapturedCluster {
  readonly kubeconfigPath: string;
  /** What the agents were asked and answered, as `node1 cilium-dbg endpoint get 1026 -o json`. */
  answered(): readonly string[];
  /** What they were asked that nobody asked the real ones. */
  unanswered(): readonly string[];
  /** How many programs wait for what happens. */
  listeners(): number;
  /** Lets the seconds of the capture pass at once: the counters move on, and the streams print. */
  play(): Promise<void>;
  processes(): readonly number[];
  stop(): Promise<void>;
}

const AGENTS: Readonly<Record<string, (typeof NODES)[number]>> = { 'cilium-5l2dg': 'node1', 'cilium-hr95b': 'node2' };
const PROGRAMS = fileURLToPath(new URL('../../../dist/demo/', import.meta.url));
const VERSION = agentVersion('cilium', '1.19');
const STARTED = 'Listening for events on 2 CPUs with 64x4096 of shared memory\nPress Ctrl-C to quit\n';

type MonitorType = 'policy-verdict' | 'drop' | 'agent';

/** That packets are dissected is logged with the first of them. */
function wantsLine(line: string, wants: (type: MonitorType) => boolean): boolean {
  if (line.startsWith('Policy verdict log:')) return wants('policy-verdict');
  if (line.startsWith('xx drop')) return wants('drop');
  return line.startsWith('>> ') ? wants('agent') : wants('policy-verdict') || wants('drop');
}

function hubbleType(line: string): string {
  return line.includes('"event_type":{"type":5') ? 'policy-verdict' : 'drop';
}

const TIME = /"time":"([^"]+)"/g;

function timeOf(line: string): number {
  return Date.parse(new RegExp(TIME.source).exec(line)?.[1] ?? '');
}

export async function startCapturedCluster(scenario: string): Promise<CapturedCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'policystat-captured-'));
  const binOf = await createImages(folder, PROGRAMS, VERSION.program);
  const agents = new Map(
    await Promise.all(
      NODES.map(async (node) => [node, await createCapturedAgent(join(folder, node), binOf('agent'))] as const),
    ),
  );
  const answer = async (when: 'before' | 'after') => {
    for (const [node, agent] of agents) {
      const answers = [...capturedAnswers(scenario, node, when)];
      const named = answers.map(([words, text]) => [`${VERSION.program} ${words}`, text] as const);
      await agent.answer(new Map([...named, ['hubble status', capturedHubbleStatus(node)]]));
    }
  };
  await answer('before');
  const now = () => new Date();
  const store = createObjectStore(now);
  for (const object of capturedObjects(scenario)) store.put(resourceOf(object.kind), object);

  const unanswered: string[] = [];
  const waiting = new Set<() => void>();
  let played: { readonly sinceMs: number; readonly untilMs: number } | null = null;

  const times = NODES.flatMap((node) => capturedStream(scenario, node, 'hubble').map(timeOf));
  const firstMs = Math.min(...times);
  const lastMs = Math.max(...times);
  /** Flows tell their own times, and nobody wants those of another day. */
  const flowsOf = (node: string) => {
    if (played === null) return [];
    const { sinceMs, untilMs } = played;
    return capturedStream(scenario, node, 'hubble').map((line) => {
      const share = (timeOf(line) - firstMs) / (lastMs - firstMs);
      const atMs = Math.round(sinceMs + share * (untilMs - sinceMs));
      return { atMs, line: line.replaceAll(TIME, `"time":"${new Date(atMs).toISOString()}"`) };
    });
  };

  /** Resolves when the program is gone, or told to end. */
  const stream = (run: Invocation, print: () => void) =>
    new Promise<number>((resolve) => {
      if (played === null) waiting.add(print);
      const end = () => {
        waiting.delete(print);
        resolve(0);
      };
      run.onInterrupt(end);
      run.gone.addEventListener('abort', end);
    });

  function refuse(node: string, run: Invocation): Promise<number> {
    unanswered.push(`${node} ${run.program} ${run.argv.join(' ')}`);
    run.err('Error: not captured\n');
    return Promise.resolve(1);
  }

  function monitor(node: string, run: Invocation): Promise<number> {
    const [command, ...args] = run.argv;
    const flags = parseMonitorFlags(args, VERSION);
    if (command !== 'monitor' || 'error' in flags || flags.help) return refuse(node, run);
    const wants = (type: MonitorType) => flags.types.length === 0 || flags.types.includes(type);
    run.err(STARTED);
    return stream(run, () => {
      const lines = capturedStream(scenario, node, 'monitor').filter((line) => wantsLine(line, wants));
      run.out(lines.map((line) => `${line}\n`).join(''));
    });
  }

  function observe(node: string, run: Invocation): Promise<number> {
    const [command, ...args] = run.argv;
    const flags = parseObserveFlags(args, Date.now());
    if (command !== 'observe' || 'error' in flags) return refuse(node, run);
    // Nobody asked for what the agent said; of policies it said nothing then.
    if (flags.agentEvents) return Promise.resolve(0);
    const print = () => {
      const wanted = flowsOf(node).filter(
        ({ atMs, line }) =>
          (flags.types.length === 0 || flags.types.includes(hubbleType(line))) &&
          atMs >= (flags.sinceMs ?? 0) &&
          atMs <= (flags.untilMs ?? Infinity),
      );
      run.out(wanted.map(({ line }) => `${line}\n`).join(''));
    };
    if (played !== null) print();
    return flags.follow ? stream(run, print) : Promise.resolve(0);
  }

  const programs = await listenForPrograms(join(folder, 'world.sock'), ({ pod, program }) => {
    const node = AGENTS[pod];
    if (node === undefined) return null;
    return async (run) => (program === 'hubble' ? observe : monitor)(node, run);
  });
  const api = await startApiServer({
    store,
    now,
    runtime: {
      container(namespace, pod, container) {
        const node = AGENTS[pod];
        const agent = node === undefined ? undefined : agents.get(node);
        if (agent === undefined) return Promise.resolve(null);
        const env = {
          POLICYSTAT_DEMO_SOCKET: programs.path,
          POLICYSTAT_DEMO_POD: `${namespace}/${pod}`,
          POLICYSTAT_DEMO_CONTAINER: container ?? '',
          HOSTNAME: `${pod}.${folder}`,
        };
        return Promise.resolve({ binFolder: agent.binFolder, env, cwd: folder });
      },
    },
  });
  const kubeconfigPath = join(folder, 'kubeconfig');
  await writeFile(kubeconfigPath, api.kubeconfig, { mode: 0o600 });

  return {
    kubeconfigPath,
    answered: () => [...agents].flatMap(([node, agent]) => agent.answered().map((line) => `${node} ${line}`)),
    unanswered: () => [...unanswered],
    listeners: () => waiting.size,
    async play() {
      const sinceMs = Date.now();
      await answer('after');
      played = { sinceMs, untilMs: Date.now() };
      for (const print of [...waiting]) print();
      waiting.clear();
    },
    processes: () => api.processes(),
    async stop() {
      await api.close();
      await programs.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
