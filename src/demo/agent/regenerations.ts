/** When the endpoints of all nodes were last regenerated, as the agents announce it and log it with each endpoint. */
import * as v from 'valibot';
import type { DemoEvent } from '../datapath/event.ts';

export interface Regenerations {
  heard(node: string, event: DemoEvent): void;
  /** To a second, as it is logged; null where nothing was done to the endpoint since the start. */
  last(node: string, endpoint: number): string | null;
}

const Message = v.object({ id: v.number() });

export function createRegenerations(now: () => Date): Regenerations {
  const times = new Map<string, string>();
  return {
    heard: (node, event) => {
      if (event.type !== 'agent' || event.notice !== 'Endpoint regenerated') return;
      const message = v.safeParse(Message, event.message);
      if (message.success)
        times.set(
          `${node} ${message.output.id}`,
          now()
            .toISOString()
            .replace(/\.\d+Z$/, 'Z'),
        );
    },
    last: (node, endpoint) => times.get(`${node} ${endpoint}`) ?? null,
  };
}
