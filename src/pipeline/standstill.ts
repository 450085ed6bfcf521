/** Notices when this program did not run: a laptop asleep, a stopped process, a machine without time to give. What an agent told meanwhile may be lost without a word. */
import type { Clock } from '../model/clock.ts';

const EVERY_MS = 1_000;
/** Buffers on the way keep what an agent tells in less time than this, unless it tells very much. */
const NOTICED_MS = 3_000;

/** Calls `stood` after every standstill until `signal` is aborted. */
export function watchStandstill(
  clock: Clock,
  signal: AbortSignal,
  stood: (fromMs: number, toMs: number) => void,
): void {
  let cancel = () => {};
  const look = (lastMs: number) => {
    cancel = clock.after(EVERY_MS, () => {
      const nowMs = clock.nowMs();
      if (nowMs - lastMs > EVERY_MS + NOTICED_MS) stood(lastMs, nowMs);
      look(nowMs);
    });
  };
  signal.addEventListener('abort', () => cancel(), { once: true });
  if (!signal.aborted) look(clock.nowMs());
}
