/** Owns what is known of one stream's ups and downs: its state, and the times that it was not heard. */
import type { AgentState } from '../model/cluster.ts';
import { MADE_UP_FOR } from '../model/source.ts';

export interface DownTime {
  readonly fromMs: number;
  /** Null while it lasts. */
  readonly toMs: number | null;
  /** Less than from `fromMs` to `toMs` where several are told as one. */
  readonly downMs: number;
  readonly reason: string;
}

export interface StreamHealth {
  readonly state: AgentState;
  enter(state: AgentState, atMs: number): void;
  gap(fromMs: number, toMs: number, reason: string): void;
  downTimes(nowMs: number): readonly DownTime[];
}

const MOST_DOWN_TIMES = 200;
const RECONNECTING = 'reconnecting';
const FAILED = 'given up';

export function createStreamHealth(): StreamHealth {
  let state: AgentState = 'connecting';
  const past: DownTime[] = [];
  /** When the stream went down; its end is set when it streams, until the gap itself is told. */
  let open: { fromMs: number; toMs: number | null; reason: string } | null = null;

  function remember(fromMs: number, toMs: number, reason: string): void {
    const last = past.at(-1);
    // Two ways to notice one and the same silence.
    if (last !== undefined && fromMs <= (last.toMs ?? fromMs) && last.fromMs <= toMs) {
      past.pop();
      const whole = { fromMs: Math.min(last.fromMs, fromMs), toMs: Math.max(last.toMs ?? toMs, toMs) };
      const apartMs = (last.toMs ?? toMs) - last.fromMs - last.downMs;
      past.push({ ...whole, downMs: whole.toMs - whole.fromMs - apartMs, reason: last.reason });
      return;
    }
    past.push({ fromMs, toMs, downMs: Math.max(toMs - fromMs, 0), reason });
    if (past.length <= MOST_DOWN_TIMES) return;
    const [first, second] = past.splice(0, 2);
    if (first === undefined || second === undefined) return;
    past.unshift({ ...first, toMs: second.toMs, downMs: first.downMs + second.downMs });
  }

  return {
    get state() {
      return state;
    },
    enter: (next, atMs) => {
      state = next;
      if (next === 'reconnecting' || next === 'failed') {
        if (open?.toMs === null) return;
        if (open !== null) remember(open.fromMs, open.toMs, open.reason);
        open = { fromMs: atMs, toMs: null, reason: next === 'failed' ? FAILED : RECONNECTING };
      } else if (next === 'streaming' && open !== null) {
        open.toMs ??= atMs;
      }
    },
    gap: (fromMs, toMs, reason) => {
      open = null;
      if (reason === MADE_UP_FOR) return;
      remember(fromMs, toMs, reason);
    },
    downTimes: (nowMs) => {
      if (open === null) return past;
      const { fromMs, toMs, reason } = open;
      const downMs = Math.max((toMs ?? nowMs) - fromMs, 0);
      return [...past, { fromMs, toMs, downMs, reason }];
    },
  };
}
