/** Owns what a summary says of where it is from: its agents, what was listened to in them, and the targets on their nodes. */
import type { Summary, SummaryAgent, SummaryTarget } from '../model/summary.ts';
import { toBuffer } from './completeness.ts';
import type { StreamView } from './stream-counter.ts';

/** As it was begun, unless the agents were chosen for. */
export function sourceKind(begun: Summary['source']['kind'], views: readonly StreamView[]): Summary['source']['kind'] {
  const heard = views.flatMap(({ agent, choice }) => (agent === null ? [] : [choice?.kind ?? 'monitor']));
  if (begun === 'file' || !heard.includes('hubble')) return begun;
  return heard.includes('monitor') ? 'mixed' : 'hubble';
}

export function summaryAgent({ agent, facts, choice, counters, buffer, health }: StreamView): SummaryAgent[] {
  if (agent === null) return [];
  const { node, namespace, pod } = agent;
  return [
    Object.freeze({
      node,
      namespace,
      pod,
      version: facts?.version ?? null,
      dialect: facts?.dialect ?? null,
      state: health.state,
      ...(choice === null ? {} : { source: choice.kind, sourceReason: choice.reason }),
      ...(counters === null ? {} : { counters }),
      ...(buffer === null ? {} : { buffer: toBuffer(buffer) }),
    }),
  ];
}

export function summaryTargets({ agent, targets }: StreamView): SummaryTarget[] {
  if (agent === null || targets === 'all') return [];
  return targets.map(({ namespace, pod, node, endpoint, identity }) =>
    Object.freeze({ namespace, pod, node, endpoint, identity }),
  );
}
