/** The faults that a test may script: on exec streams, on permissions, on the server's port. */
import type { ForbidRule, Permissions } from './permissions.ts';

export interface Faults {
  /**
   * The exec stream that is opened next is cut, without a close frame, after so many bytes of stdout. One that ends
   * before it has written so much passes the fault on to the next.
   */
  dropAfter(bytes: number): void;
  /** Exec streams, open ones and new ones, send nothing and answer no ping for so long; `Infinity` for good. */
  stall(ms: number): void;
  /** Takes a permission away; see `ForbidRule`. */
  forbid(rule: ForbidRule): void;
  allowAll(): void;
  /** New connections are closed at once for so long. */
  refuseConnections(ms: number): void;
  /** Cuts every exec stream now, without a close frame. */
  breakStreams(): void;
}

/** What a fault does to one exec stream. */
interface FaultyStream {
  setStalled(stalled: boolean): void;
  cut(): void;
}

export interface FaultState extends Faults {
  /** Takes part in the faults until the returned function is called. */
  enlist(stream: FaultyStream): () => void;
  /** The bytes after which the stream that is being opened is to be cut, or null. */
  takeDropAfter(): number | null;
  giveBackDropAfter(bytes: number): void;
  refuses(): boolean;
  clear(): void;
}

/** A flag that falls by itself. */
function createPeriod(changed: (on: boolean) => void): { on(): boolean; start(ms: number): void; end(): void } {
  let active = false;
  let timer: NodeJS.Timeout | null = null;
  const end = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (!active) return;
    active = false;
    changed(false);
  };
  return {
    on: () => active,
    start(ms) {
      if (timer !== null) clearTimeout(timer);
      timer = Number.isFinite(ms) ? setTimeout(end, ms) : null;
      if (active) return;
      active = true;
      changed(true);
    },
    end,
  };
}

export function createFaults(permissions: Permissions): FaultState {
  const streams = new Set<FaultyStream>();
  const drops: number[] = [];
  const stalling = createPeriod((on) => {
    for (const stream of [...streams]) stream.setStalled(on);
  });
  const refusing = createPeriod(() => undefined);
  return {
    dropAfter: (bytes) => void drops.push(bytes),
    stall: (ms) => stalling.start(ms),
    forbid: (rule) => permissions.forbid(rule),
    allowAll: () => permissions.allowAll(),
    refuseConnections: (ms) => refusing.start(ms),
    breakStreams() {
      for (const stream of [...streams]) stream.cut();
    },
    enlist(stream) {
      streams.add(stream);
      if (stalling.on()) stream.setStalled(true);
      return () => streams.delete(stream);
    },
    takeDropAfter: () => drops.shift() ?? null,
    giveBackDropAfter: (bytes) => void drops.unshift(bytes),
    refuses: () => refusing.on(),
    clear() {
      stalling.end();
      refusing.end();
    },
  };
}
