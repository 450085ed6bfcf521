/** Counts what the questions of attribution cost an agent, so that people can be told. */
import type { Clock } from '../model/clock.ts';
import type { AgentCost } from '../model/cluster.ts';

export type Ask = (args: readonly string[]) => Promise<string>;

export interface CountedAsk {
  readonly ask: Ask;
  readonly cost: () => AgentCost;
}

/** The same questions, counted. */
export function countCost(node: string, ask: Ask, clock: Clock): CountedAsk {
  let calls = 0;
  let endpointCalls = 0;
  let failedCalls = 0;
  let bytes = 0;
  let ms = 0;
  return {
    ask: async (args) => {
      const startMs = clock.nowMs();
      calls += 1;
      if (args[0] === 'endpoint') endpointCalls += 1;
      try {
        const answer = await ask(args);
        bytes += Buffer.byteLength(answer);
        return answer;
      } catch (error) {
        failedCalls += 1;
        throw error;
      } finally {
        ms += clock.nowMs() - startMs;
      }
    },
    cost: () => ({ node, calls, endpointCalls, failedCalls, bytes, ms }),
  };
}
