/** What a stream tells once it is known which policy decided: a record with its circumstances, or a time in which nothing was heard. */
import type { IgnoredReason, MonitorRecord } from './event.ts';
import type { Attribution } from './policy.ts';

/** A time in which a stream was down. */
export interface StreamGap {
  readonly type: 'gap';
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
}

export interface Circumstances {
  /** Of the agent that told it; null for files. */
  readonly node: string | null;
  /** When it arrived; null for files. */
  readonly atMs: number | null;
  /** False for what is known to be about endpoints that nobody asked for. */
  readonly wanted: boolean;
}

/** Whether a record is among those that were asked for; null where nobody can name its peer (yet). `node` is null for files. */
export type RecordFilter = (
  record: MonitorRecord | StreamGap,
  attribution: Attribution | null,
  node: string | null,
) => boolean | null;

/** Where attributed records go. They may be reused: who keeps one copies it. */
export interface RecordSink {
  /** `attribution` is for verdicts on wanted endpoints. */
  record(record: MonitorRecord | StreamGap, attribution: Attribution | null, about: Circumstances): void;
  /** Lines that a recording only counted; absent where nobody keeps an account of them. */
  ignored?(reason: IgnoredReason, lines: number): void;
  /** Resolves when the sink can take more: for sources that can wait. */
  room(): Promise<void>;
}
