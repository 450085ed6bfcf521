/** The ring of one agent's Hubble: the last flows that it saw, and whoever follows them. */
import { randomUUID } from 'node:crypto';
import type { DemoEvent } from '../datapath/event.ts';
import type { World } from '../datapath/world.ts';
import { agentEventOf } from './hubble-agent-event.ts';
import { flowOf } from './hubble-flow.ts';

export interface BufferedFlow {
  readonly atMs: number;
  /** `policy-verdict`, `drop`, ...; null for a loss, which every filter lets pass. */
  readonly type: DemoEvent['type'] | null;
  /** As `-o jsonpb` prints it. */
  readonly line: string;
}

export interface HubbleBuffer {
  readonly capacity: number;
  readonly isOn: boolean;
  push(event: DemoEvent): void;
  /** The oldest is the first. */
  flows(): readonly BufferedFlow[];
  /** As `cilium status` tells it. */
  observer(): Observer;
  /** Makes all that it holds, and itself, older by this. */
  age(ms: number): void;
  /** The returned function ends it. */
  follow(follower: HubbleFollower): () => void;
  /** The agent is gone, and its ring with it. */
  disconnect(): void;
}

interface Observer {
  readonly 'current-flows': number;
  readonly 'max-flows': number;
  readonly 'seen-flows': number;
  readonly uptime: string;
}

interface HubbleFollower {
  flow(flow: BufferedFlow): void;
  disconnected(): void;
}

export function createHubbleBuffer(
  node: string,
  world: () => World,
  { capacity, isOn, now }: { readonly capacity: number; readonly isOn: boolean; readonly now: () => Date },
): HubbleBuffer {
  const followers = new Set<HubbleFollower>();
  let ring: BufferedFlow[] = [];
  let seen = 0;
  let startedMs = now().getTime();

  function toFlow(event: DemoEvent): BufferedFlow | null {
    const at = now();
    const time = `${at.toISOString().slice(0, -1)}${String(seen % 1_000_000).padStart(6, '0')}Z`;
    const name = `lab/${node}`;
    const around = { node_name: name, time };
    if (event.type === 'lost') {
      const loss = { source: 'PERF_EVENT_RING_BUFFER', num_events_lost: String(event.events), cpu: event.cpu };
      return { atMs: at.getTime(), type: null, line: JSON.stringify({ lost_events: loss, ...around }) };
    }
    if (event.type === 'agent') {
      const agentEvent = agentEventOf(event);
      if (agentEvent === null) return null;
      return { atMs: at.getTime(), type: event.type, line: JSON.stringify({ agent_event: agentEvent, ...around }) };
    }
    const flow = flowOf(event, node, world());
    if (flow === null) return null;
    const whole = { flow: { time, uuid: randomUUID(), ...flow, node_name: name }, ...around };
    return { atMs: at.getTime(), type: event.type, line: JSON.stringify(whole) };
  }

  return {
    capacity,
    isOn,
    push: (event) => {
      if (!isOn) return;
      const flow = toFlow(event);
      if (flow === null) return;
      seen += 1;
      ring.push(flow);
      if (ring.length > capacity * 2) ring = ring.slice(-capacity);
      for (const follower of followers) follower.flow(flow);
    },
    flows: () => ring.slice(-capacity),
    observer: () => ({
      'current-flows': Math.min(ring.length, capacity),
      'max-flows': capacity,
      'seen-flows': seen,
      uptime: `${((now().getTime() - startedMs) / 1000).toFixed(9)}s`,
    }),
    age: (ms) => {
      startedMs -= ms;
      const older = (text: string) => new Date(Date.parse(text) - ms).toISOString();
      ring = ring.map(({ atMs, type, line }) => ({
        atMs: atMs - ms,
        type,
        line: line.replaceAll(/(?<="time":")[^"]*/g, older),
      }));
    },
    follow: (follower) => {
      followers.add(follower);
      return () => followers.delete(follower);
    },
    disconnect: () => {
      ring = [];
      startedMs = now().getTime();
      for (const follower of [...followers]) follower.disconnected();
      followers.clear();
    },
  };
}
