/** Follows the targets: pods are looked up again and again, so that one that moved or was replaced is counted where it is now. */

import type { Clock } from '../model/clock.ts';
import type { AgentPlan } from '../model/cluster.ts';

export interface Following {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Where streams are open. */
  readonly nodes: readonly string[];
  find(): Promise<readonly AgentPlan[]>;
  retarget(node: string, targets: AgentPlan['targets'], sinceMs: number): void;
  /** Begins to listen on one more node. */
  open(plan: AgentPlan, sinceMs: number): void;
}

/** Seldom enough for an API server with thousands of pods; what a new pod did until then is a gap. */
const FOLLOW_EVERY_MS = 15_000;

/** The returned function ends it. */
export function followTargets(following: Following): () => void {
  const { clock, signal, nodes } = following;
  const listening = new Set(nodes);
  let lastMs = clock.nowMs();
  let cancel = () => {};

  async function look(): Promise<void> {
    const atMs = clock.nowMs();
    try {
      const plans = await following.find();
      if (signal.aborted) return;
      const wanted = new Map(plans.map((plan) => [plan.agent.node, plan]));
      for (const node of listening) following.retarget(node, wanted.get(node)?.targets ?? [], lastMs);
      for (const [node, plan] of wanted) {
        if (listening.has(node)) continue;
        listening.add(node);
        following.open(plan, lastMs);
      }
      lastMs = atMs;
    } catch {
      // No target just now, or no answer: the next look covers this time as well.
    }
    if (!signal.aborted) next();
  }

  function next(): void {
    cancel = clock.after(FOLLOW_EVERY_MS, () => void look());
  }
  next();
  signal.addEventListener('abort', () => cancel(), { once: true });
  return () => cancel();
}
