/** Reads the packet and byte counters of one agent's policy maps, now and again. */
import type { Answers } from '../attribution/answers.ts';
import type { Attributor } from '../attribution/attributor.ts';
import { type EndpointMap, readPolicyMaps } from '../attribution/policy-map.ts';
import type { RealizedPolicy } from '../attribution/realized-policy.ts';
import { createTrafficMeter } from '../attribution/traffic-meter.ts';
import type { Clock } from '../model/clock.ts';
import type { CountersState, TrafficDelta } from '../model/traffic.ts';
import type { Ask } from './question-cost.ts';

export interface TrafficSampler {
  /** What the agent says of an endpoint: some count nothing. */
  learn(endpoint: RealizedPolicy): void;
  /** Looks at the counters of these endpoints once; never rejects. */
  sample(endpoints: readonly number[] | 'all'): Promise<void>;
}

export interface TrafficSink {
  count(deltas: readonly TrafficDelta[]): void;
  counters(state: CountersState): void;
}

/** From here on one look at all maps costs the agent less. */
const MANY_ENDPOINTS = 5;

export function createTrafficSampler(
  attributor: Attributor,
  answers: Answers,
  ask: Ask,
  clock: Clock,
  sink: TrafficSink,
): TrafficSampler {
  const meter = createTrafficMeter((verdict, atMs) => attributor.attribute(verdict, atMs), answers);
  const idle = new Set<number>();
  let looking = Promise.resolve();

  async function look(endpoints: readonly number[] | 'all'): Promise<void> {
    const asksAll = endpoints === 'all' || endpoints.length >= MANY_ENDPOINTS;
    const asked = asksAll ? ['--all'] : endpoints.map(String);
    const answered = await Promise.all(asked.map(askOne));
    const atMs = clock.nowMs();
    const told = new Set<number>();
    for (const { endpoint, entries } of answered.flatMap((maps) => maps ?? [])) {
      if (endpoint === null || (endpoints !== 'all' && !endpoints.includes(endpoint))) continue;
      told.add(endpoint);
      if (!idle.has(endpoint)) sink.count(meter.look(endpoint, entries, atMs));
    }
    // One of which the agent does not tell keeps its counters as they were.
    const isWhole = answered.every((maps) => maps !== null);
    for (const endpoint of meter.endpoints()) {
      const isGone = asksAll ? isWhole && !told.has(endpoint) : !endpoints.includes(endpoint);
      if (isGone) sink.count(meter.gone(endpoint));
    }
    sink.counters(!isWhole ? 'unread' : [...told].some((endpoint) => idle.has(endpoint)) ? 'off' : 'read');
  }

  /** Null where the agent does not tell. */
  async function askOne(which: string): Promise<readonly EndpointMap[] | null> {
    try {
      const maps = readPolicyMaps(await ask(['bpf', 'policy', 'get', which, '-o', 'json']));
      return maps?.map(({ endpoint, entries }) => ({ endpoint: endpoint ?? numberOf(which), entries })) ?? null;
    } catch {
      return null;
    }
  }

  return {
    learn: ({ endpoint, countsPackets }) => {
      if (countsPackets) idle.delete(endpoint);
      else idle.add(endpoint);
    },
    sample: (endpoints) => {
      looking = looking.then(async () => look(endpoints));
      return looking;
    },
  };
}

/** Whoever asked for all of them asked for none by its number. */
function numberOf(which: string): number | null {
  const number = Number(which);
  return Number.isInteger(number) ? number : null;
}
