/** A summary of several recordings: an agent or a pod that more than one of them knows is told once, as the last one knew it. */
import type { Summary } from '../model/summary.ts';

export function withoutDoubles(summary: Summary): Summary {
  return Object.freeze({
    ...summary,
    source: Object.freeze({
      ...summary.source,
      agents: lastOfEach(summary.source.agents, ({ node, namespace, pod }) => [node, namespace, pod]),
    }),
    targets: lastOfEach(summary.targets, ({ namespace, pod, node, endpoint }) => [namespace, pod, node, endpoint]),
  });
}

function lastOfEach<T>(all: readonly T[], keyOf: (each: T) => readonly unknown[]): readonly T[] {
  return Object.freeze([...new Map(all.map((each) => [JSON.stringify(keyOf(each)), each])).values()]);
}
