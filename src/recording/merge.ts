/** Several recordings as one sequence: whoever has the earliest line is next, and each keeps its own order. */
import type { Reel, ReelLine } from './reel.ts';

export interface MergedLine extends ReelLine {
  readonly reel: Reel;
}

export async function* mergeReels(reels: readonly Reel[]): AsyncGenerator<MergedLine> {
  const heads: { readonly reel: Reel; head: ReelLine }[] = [];
  for (const reel of reels) {
    const head = await reel.next();
    if (head !== null) heads.push({ reel, head });
  }
  for (;;) {
    const [first, ...others] = heads;
    if (first === undefined) return;
    const earliest = others.reduce((best, each) => (each.head.atMs < best.head.atMs ? each : best), first);
    const { reel, head } = earliest;
    yield { reel, ...head };
    const next = await reel.next();
    if (next === null) heads.splice(heads.indexOf(earliest), 1);
    else earliest.head = next;
  }
}

/** For whoever wants to know what was not understood. */
export function sampleOf({ line }: MergedLine): string {
  return line.type === 'unreadable' ? line.text : JSON.stringify(line).slice(0, 200);
}
