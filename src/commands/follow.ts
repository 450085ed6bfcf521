/** Follows the targets: pods are looked up again and again, and soon after an agent says that endpoints changed. */

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
/** A rollout changes many endpoints, and the API server hears of each a moment later. */
const SETTLE_MS = 500;
const SOONEST_MS = 3_000;

export interface FollowedTargets {
  /** Worth a look before its time. */
  soon(): void;
  stop(): void;
}

export function followTargets(following: Following): FollowedTargets {
  const { clock, signal, nodes } = following;
  const listening = new Set(nodes);
  let lastMs = clock.nowMs();
  let cancel = () => {};
  let nextMs = Number.POSITIVE_INFINITY;
  let notBeforeMs = 0;
  let isLooking = false;
  /** When something changed last: what changed during a look may not be in its answer. */
  let changedMs = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    const atMs = clock.nowMs();
    notBeforeMs = atMs + SOONEST_MS;
    isLooking = true;
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
    isLooking = false;
    next(FOLLOW_EVERY_MS);
    if (changedMs >= atMs) soon();
  }

  function next(inMs: number): void {
    cancel();
    if (signal.aborted) return;
    nextMs = clock.nowMs() + inMs;
    cancel = clock.after(inMs, () => void look());
  }

  function soon(): void {
    changedMs = clock.nowMs();
    const wantedMs = Math.max(changedMs + SETTLE_MS, notBeforeMs);
    if (!isLooking && wantedMs < nextMs) next(wantedMs - changedMs);
  }

  next(FOLLOW_EVERY_MS);
  signal.addEventListener('abort', () => cancel(), { once: true });
  return { soon, stop: () => cancel() };
}
