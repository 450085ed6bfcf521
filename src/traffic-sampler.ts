/** Reads the packet and byte counters of one agent's policy maps, now and again. */
import type { Answers } from './attribution/answers.ts';
import type { Attributor } from './attribution/attributor.ts';
import { readPolicyMaps } from './attribution/policy-map.ts';
import { createTrafficMeter } from './attribution/traffic-meter.ts';
import type { Clock } from './model/clock.ts';
import type { TrafficDelta } from './model/traffic.ts';
import type { Ask } from './question-cost.ts';

export interface TrafficSampler {
  /** Looks at the counters of these endpoints once; never rejects. */
  sample(endpoints: readonly number[] | 'all'): Promise<void>;
}

/** From here on one look at all maps costs the agent less. */
const MANY_ENDPOINTS = 5;

export function createTrafficSampler(
  attributor: Attributor,
  answers: Answers,
  ask: Ask,
  clock: Clock,
  count: (deltas: readonly TrafficDelta[]) => void,
): TrafficSampler {
  const meter = createTrafficMeter((verdict, atMs) => attributor.attribute(verdict, atMs), answers);
  let looking = Promise.resolve();

  async function look(endpoints: readonly number[] | 'all'): Promise<void> {
    const askMany = endpoints === 'all' || endpoints.length >= MANY_ENDPOINTS;
    const asked = askMany ? ['--all'] : endpoints.map(String);
    const answered = await Promise.allSettled(
      asked.map(async (which) => readPolicyMaps(await ask(['bpf', 'policy', 'get', which, '-o', 'json']))),
    );
    const atMs = clock.nowMs();
    for (const [at, answer] of answered.entries()) {
      // An endpoint that is gone, or an agent that does not tell: its counters stay as they were.
      if (answer.status !== 'fulfilled' || answer.value === null) continue;
      for (const map of answer.value) {
        const endpoint = map.endpoint ?? Number(asked[at]);
        if (!Number.isInteger(endpoint)) continue;
        if (endpoints !== 'all' && !endpoints.includes(endpoint)) continue;
        count(meter.look(endpoint, map.entries, atMs));
      }
    }
  }

  return {
    sample: (endpoints) => {
      looking = looking.then(async () => look(endpoints));
      return looking;
    },
  };
}
