/** Who was listened to when: what two recordings would count twice, and the times that none of them has. */
import type { AgentPlan } from '../model/cluster.ts';
import { failure } from '../model/problem.ts';
import type { Span } from './reel.ts';

/** One stream of one recording. */
export interface Coverage {
  readonly reel: object;
  readonly node: string;
  /** Whom it was about, at any time. */
  readonly endpoints: Set<number> | 'all';
  readonly spans: readonly Span[];
}

/** Why nothing is known of a time. */
export const NOT_RECORDED = 'not recorded';
/** Two streams that begin one after the other are seldom closer. */
const UNNOTICED_MS = 1_000;
/** Of a short window, this part of it. */
const UNNOTICED_PART = 0.1;

/** Throws `Failure` RECORDINGS_OVERLAP where two recordings heard the same endpoint at the same time. */
export function refuseDoubles(coverages: readonly Coverage[]): void {
  for (const [at, one] of coverages.entries()) {
    for (const other of coverages.slice(0, at)) {
      if (one.reel === other.reel || one.node !== other.node || !shares(one.endpoints, other.endpoints)) continue;
      for (const span of one.spans) {
        const twice = other.spans.find(({ fromMs, toMs }) => fromMs < span.toMs && span.fromMs < toMs);
        if (twice !== undefined)
          throw failure({ code: 'RECORDINGS_OVERLAP', path: span.path, other: twice.path, node: one.node });
      }
    }
  }
}

function shares(some: Coverage['endpoints'], others: Coverage['endpoints']): boolean {
  if (some === 'all' || others === 'all') return true;
  return [...some].some((endpoint) => others.has(endpoint));
}

/** The times between `startMs` and `endMs` of which no recording tells what happened on this node. */
export function uncovered(
  node: string,
  coverages: readonly Coverage[],
  startMs: number,
  endMs: number,
): readonly { readonly fromMs: number; readonly toMs: number }[] {
  const spans = coverages.filter((coverage) => coverage.node === node).flatMap((coverage) => coverage.spans);
  const holes: { fromMs: number; toMs: number }[] = [];
  const unnoticedMs = Math.min(UNNOTICED_MS, (endMs - startMs) * UNNOTICED_PART);
  let reachedMs = startMs;
  for (const { fromMs, toMs } of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    if (fromMs - reachedMs > unnoticedMs) holes.push({ fromMs: reachedMs, toMs: Math.min(fromMs, endMs) });
    reachedMs = Math.max(reachedMs, toMs);
  }
  if (endMs - reachedMs > unnoticedMs) holes.push({ fromMs: reachedMs, toMs: endMs });
  return holes;
}

/** Adds whom a stream is about by now. */
export function widened(endpoints: Coverage['endpoints'], targets: AgentPlan['targets']): Coverage['endpoints'] {
  if (endpoints === 'all' || targets === 'all') return 'all';
  for (const { endpoint } of targets) if (endpoint !== null) endpoints.add(endpoint);
  return endpoints;
}
