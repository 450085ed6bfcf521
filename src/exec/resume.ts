/** From when on a broken stream of Hubble is asked for again: the last flow that arrived whole, or the last moment that it was heard. */
import type { Beginning } from './startup.ts';

export interface Resume {
  /** Stdout as it came. */
  heard(data: Uint8Array): void;
  began(beginning: Beginning, atMs: number): void;
  /** The rest of a line does not come any more. */
  broke(): void;
  /** Null where asking again would bring flows that nobody can tell from those that arrived. */
  from(outageMs: number | null): ResumePoint | null;
}

/** By the node's clock. */
export interface ResumePoint {
  /** RFC 3339. */
  readonly since: string;
  /** What still has a flow of then has all that was missed. */
  readonly knownMs: number;
}

/** Processors hand over their events side by side, a little out of order. */
const OVERLAP_MS = 1_000;
/** No flow is longer. */
const LONGEST_LINE = 256 * 1024;

export function createResume(): Resume {
  let rest = '';
  let lastMs: number | null = null;
  let offsetMs: number | null = null;
  let tellsFlowsApart = true;

  function look(line: string): void {
    const time = /"time":"([^"]+)"(?!.*"time":")/.exec(line)?.[1];
    const ms = time === undefined ? Number.NaN : Date.parse(time);
    if (!Number.isNaN(ms)) lastMs = Math.max(lastMs ?? ms, ms);
    if (line.includes('"flow":')) tellsFlowsApart = line.includes('"uuid":"');
  }

  return {
    heard: (data) => {
      const text = rest + Buffer.from(data.buffer, data.byteOffset, data.length).toString('latin1');
      const end = text.lastIndexOf('\n');
      if (end >= 0) look(text.slice(text.lastIndexOf('\n', end - 1) + 1, end));
      rest = text.slice(end + 1, end + 1 + LONGEST_LINE);
    },
    began: ({ nodeMs }, atMs) => {
      if (nodeMs !== null) offsetMs = atMs - nodeMs;
    },
    broke: () => {
      rest = '';
    },
    from: (outageMs) => {
      const heardMs = outageMs === null || offsetMs === null ? null : outageMs - offsetMs;
      if (!tellsFlowsApart || heardMs === null) return null;
      const knownMs = Math.max(heardMs, lastMs ?? heardMs);
      return { since: new Date(knownMs - OVERLAP_MS).toISOString(), knownMs };
    },
  };
}
