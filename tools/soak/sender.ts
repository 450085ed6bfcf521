/** Sends verdicts at a steady rate, and keeps what was sent: by node and row, apart for the time in which a node cannot be heard. */
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';
import type { Node, Shot } from './fleet.ts';

const TICK_MS = 20;

export type Tally = Map<string, number>;

interface Span {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly events: number;
}

export interface Sender {
  start(): void;
  pause(): void;
  /** What is sent to a node from now on nobody hears. */
  deaf(node: Node): void;
  /** Sends nothing to this node until `hearing`: from here on it would be heard. */
  hold(node: Node): void;
  hearing(node: Node): void;
  /** By row, since the start. */
  readonly sent: Tally;
  /** Of these, what was sent to a node that was deaf. */
  readonly missed: Tally;
  /** When what a node missed last was sent. */
  missedSpan(node: Node): Span | null;
  /** When each verdict of this node since `sinceMs` was sent; of the last minute only. */
  sentAt(node: Node, sinceMs: number): readonly number[];
}

const REMEMBERED_MS = 60_000;

export function createSender(demo: DemoCluster, shot: (index: number) => Shot, perSecond: number): Sender {
  const sent: Tally = new Map();
  const missed: Tally = new Map();
  const deaf = new Set<Node>();
  const held = new Set<Node>();
  const spans = new Map<Node, Span>();
  let recent: { readonly node: Node; readonly atMs: number }[] = [];
  let timer: NodeJS.Timeout | null = null;
  let lastMs = 0;
  let due = 0;
  let index = 0;

  const sendOne = (nowMs: number) => {
    const { node, row, event } = shot(index);
    index += 1;
    if (held.has(node)) return;
    add(sent, row);
    recent.push({ node, atMs: nowMs });
    if (deaf.has(node)) {
      add(missed, row);
      const { firstMs, events } = spans.get(node) ?? { firstMs: nowMs, events: 0 };
      spans.set(node, { firstMs, lastMs: nowMs, events: events + 1 });
    }
    demo.emit(node, event);
  };
  const tick = () => {
    const nowMs = Date.now();
    due += (Math.min(nowMs - lastMs, 1000) / 1000) * perSecond;
    lastMs = nowMs;
    for (; due >= 1; due -= 1) sendOne(nowMs);
    const first = recent[0];
    if (first !== undefined && nowMs - first.atMs > 2 * REMEMBERED_MS)
      recent = recent.filter(({ atMs }) => nowMs - atMs < REMEMBERED_MS);
  };
  return {
    sent,
    missed,
    start() {
      lastMs = Date.now();
      timer ??= setInterval(tick, TICK_MS);
    },
    pause() {
      if (timer !== null) clearInterval(timer);
      timer = null;
    },
    deaf(node) {
      spans.delete(node);
      deaf.add(node);
    },
    hold: (node) => void held.add(node),
    hearing(node) {
      held.delete(node);
      deaf.delete(node);
    },
    missedSpan: (node) => spans.get(node) ?? null,
    sentAt: (node, sinceMs) => recent.flatMap((one) => (one.node === node && one.atMs >= sinceMs ? [one.atMs] : [])),
  };
}

export function add(tally: Tally, row: string, events = 1): void {
  tally.set(row, (tally.get(row) ?? 0) + events);
}

export function sum(tally: ReadonlyMap<string, number>): number {
  return [...tally.values()].reduce((total, events) => total + events, 0);
}
