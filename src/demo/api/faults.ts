/** The faults that a test may script: on exec streams, on permissions, on the server's port. */
import type { ForbidRule, GrantRule, Permissions } from './permissions.ts';
import { type StatusError, serverError } from './status.ts';

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
  /** Takes every permission away but these. */
  allowOnly(rules: readonly GrantRule[]): void;
  allowAll(): void;
  /** New connections are closed at once for so long. */
  refuseConnections(ms: number): void;
  /** Cuts every exec stream now, or those into one pod (`NAMESPACE/NAME`), without a close frame. */
  breakStreams(pod?: string): void;
  /** Cuts every open exec stream, without a close frame, after so many more bytes of its stdout. */
  cutAfter(bytes: number): void;
  /** Refuses so many requests for an exec, in the words of a server that is busy or cannot reach the node. */
  refuseExecs(code: RefusalCode, times: number): void;
  clearRefusals(): void;
  /** Refuses every exec into a pod (`NAMESPACE/NAME`) with this message of a kubelet or proxy; null ends it. */
  refusePod(pod: string, message: string | null): void;
  /** Cuts every connection and takes no new one for so long; then the server is there again. */
  restartServer(downMs: number): void;
  /** Serves with another certificate of the same authority from now on. */
  rotateCertificate(): Promise<void>;
  /** The old token is refused from now on; returns the new one. */
  rotateToken(): string;
}

/** What can be scripted without the server itself. */
type StreamFaults = Omit<Faults, 'restartServer' | 'rotateCertificate' | 'rotateToken'>;

type RefusalCode = 429 | 500 | 503;

/** What a fault does to one exec stream. */
interface FaultyStream {
  /** `NAMESPACE/NAME`. */
  readonly pod: string;
  setStalled(stalled: boolean): void;
  cut(): void;
  cutAfter(bytes: number): void;
}

export interface FaultState extends StreamFaults {
  /** Takes part in the faults until the returned function is called. */
  enlist(stream: FaultyStream): () => void;
  /** The bytes after which the stream that is being opened is to be cut, or null. */
  takeDropAfter(): number | null;
  giveBackDropAfter(bytes: number): void;
  refuses(): boolean;
  /** Why an exec into this pod is refused, or null. */
  takeRefusal(pod: string): StatusError | null;
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

/** Kubernetes apiserver: max-in-flight filter, proxy to a kubelet, a server that is not ready. */
const REFUSALS: Readonly<Record<RefusalCode, string>> = {
  429: 'Too many requests, please try again later.',
  500: 'error dialing backend: remote error: tls: internal error',
  503: 'the server is currently unable to handle the request',
};

export function createFaults(permissions: Permissions): FaultState {
  const streams = new Set<FaultyStream>();
  const drops: number[] = [];
  const refused = new Map<string, string>();
  const refusals: RefusalCode[] = [];
  const stalling = createPeriod((on) => {
    for (const stream of [...streams]) stream.setStalled(on);
  });
  const refusing = createPeriod(() => undefined);
  return {
    dropAfter: (bytes) => void drops.push(bytes),
    stall: (ms) => stalling.start(ms),
    forbid: (rule) => permissions.forbid(rule),
    allowOnly: (rules) => permissions.allowOnly(rules),
    allowAll: () => permissions.allowAll(),
    refuseConnections: (ms) => refusing.start(ms),
    breakStreams(pod) {
      for (const stream of [...streams]) if (pod === undefined || stream.pod === pod) stream.cut();
    },
    cutAfter(bytes) {
      for (const stream of [...streams]) stream.cutAfter(bytes);
    },
    refuseExecs(code, times) {
      for (let left = times; left > 0; left -= 1) refusals.push(code);
    },
    clearRefusals: () => void refusals.splice(0),
    refusePod(pod, message) {
      if (message === null) refused.delete(pod);
      else refused.set(pod, message);
    },
    takeRefusal(pod) {
      const message = refused.get(pod);
      if (message !== undefined) return serverError(500, message);
      const code = refusals.shift();
      return code === undefined ? null : serverError(code, REFUSALS[code]);
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
