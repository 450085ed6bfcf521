/** Capture lines (Cilium pkg/monitor/datapath_debug.go, DebugCapture). */
import type { Capture } from '../model/datapath-event.ts';
import { described, readPacket } from './described-packet.ts';
import type { TextLine } from './text-line.ts';

/** An interface's name has at most 15 characters; one that is gone is printed as its number. */
const CAPTURE = /^(-> proxy port \d{1,5}|<- load-balancer [^\s/]{1,15}|-> [^\s/]{1,15}|== v[46]->v[46] \d{1,10}): /;

export function readCapture(line: TextLine): Capture | null {
  const [head, point] = CAPTURE.exec(line.text) ?? [];
  if (head === undefined || point === undefined) return null;
  const packet = readPacket(line, head.length);
  if (packet === null) return null;
  line.mayBeCut = described.mayBeCut;
  return { type: 'capture', point, endpoint: null, ...packet };
}
