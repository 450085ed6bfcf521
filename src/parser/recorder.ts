/** Recorder lines (Cilium pkg/monitor/datapath_recorder.go), 1.10 to 1.18. */
import type { RecorderCapture } from '../model/datapath-event.ts';
import { NO_PACKET } from './described-packet.ts';
import type { TextLine } from './text-line.ts';

const RECORDER =
  /^Recorder capture: dir:(ingress|egress) rule:(\d{1,5}) ts:-?\d{1,20} caplen:(\d{1,10}) len:(\d{1,10})$/;

export function readRecorder(line: TextLine): RecorderCapture | null {
  const [, direction, rule, captured, bytes] = RECORDER.exec(line.text) ?? [];
  // A packet is captured in whole or in part: a number that is smaller was cut.
  if (bytes === undefined || Number(bytes) < Number(captured)) return null;
  line.mayBeCut = true;
  line.isHead = true;
  return {
    type: 'recorder',
    direction: direction === 'ingress' ? 'ingress' : 'egress',
    ruleId: Number(rule),
    capturedBytes: Number(captured),
    bytes: Number(bytes),
    ...NO_PACKET,
  };
}
