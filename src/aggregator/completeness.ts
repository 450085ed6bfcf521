/** Owns the judgement whether a summary is complete, and if not, why. */
import type { AgentState } from '../model/cluster.ts';
import type { BufferReach } from '../model/source.ts';
import type { Completeness, Gap, IncompleteReason, Summary, SummaryBuffer } from '../model/summary.ts';
import type { DownTime } from './stream-health.ts';

export interface Evidence {
  readonly source: Summary['source']['kind'];
  readonly lost: number;
  readonly unparsed: number;
  readonly truncated: boolean;
  /** A file tells of a time in which nobody listened. */
  readonly interrupted: boolean;
  /** Records that a filter left out because nobody could name their peer. */
  readonly unnamed: number;
  /** Records that may be of another time than was asked for. */
  readonly untimed: number;
  readonly tooManyFlows: boolean;
  readonly missingNodes: readonly string[];
  /** Of agents only: a file has no state. */
  readonly states: readonly AgentState[];
  readonly gaps: readonly Gap[];
}

export function judgeCompleteness(evidence: Evidence): Completeness {
  const { source, lost, gaps, missingNodes } = evidence;
  const reasons: IncompleteReason[] = [];
  if (lost > 0) reasons.push('lost-events');
  if (gaps.length > 0) reasons.push('gap');
  if (missingNodes.length > 0) reasons.push('missing-node');
  if (evidence.states.some((state) => state !== 'streaming')) reasons.push('not-streaming');
  if (evidence.unparsed > 0) reasons.push('unparsed-lines');
  if (evidence.tooManyFlows) reasons.push('too-many-flows');
  if (evidence.truncated) reasons.push('truncated-input');
  if (evidence.interrupted) reasons.push('interrupted-input');
  if (evidence.unnamed > 0) reasons.push('unnamed-peers');
  if (evidence.untimed > 0) reasons.push('untimed-records');
  const status = reasons.length > 0 ? 'partial' : source === 'file' ? 'unknown' : 'full';
  // What came before and after a file's lines nobody can tell.
  if (source === 'file') reasons.push('offline-input');
  return Object.freeze({
    status,
    lost,
    gaps: Object.freeze([...gaps]),
    missingNodes: Object.freeze([...missingNodes]),
    reasons: Object.freeze(reasons),
  });
}

/** What of it is in the window; nothing of what ended before or began after. */
export function cutOut(downTime: DownTime, startMs: number, endMs: number): DownTime[] {
  const fromMs = Math.max(downTime.fromMs, startMs);
  const toMs = Math.min(downTime.toMs ?? endMs, endMs);
  return toMs <= fromMs ? [] : [{ ...downTime, fromMs, toMs, downMs: Math.min(downTime.downMs, toMs - fromMs) }];
}

export function toGap(node: string, { fromMs, toMs, downMs, reason }: DownTime): Gap {
  return Object.freeze({
    node,
    from: new Date(fromMs).toISOString(),
    to: toMs === null ? null : new Date(toMs).toISOString(),
    seconds: Math.round(downMs) / 1000,
    reason,
  });
}

export function toBuffer({ fromMs, flows, capacity }: BufferReach): SummaryBuffer {
  return Object.freeze({ from: fromMs === null ? null : new Date(fromMs).toISOString(), flows, capacity });
}
