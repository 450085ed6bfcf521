/** `--since` and `--until`: a window of time that is over, as two moments. */
import { InvalidArgumentError } from 'commander';
import parseDuration from 'parse-duration';
import type { TimeWindow } from '../model/clock.ts';
import { usage } from './plan.ts';

/** So long before now, or a moment. */
export type Moment = { readonly agoMs: number } | { readonly atMs: number };

export interface WindowFlags {
  readonly since?: Moment;
  readonly until?: Moment;
}

/** RFC 3339, with `T` or a blank, and always with its offset from UTC: nobody's own clock is meant. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

const AGO = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+$/;

export function momentOf(text: string): Moment {
  if (RFC_3339.test(text)) {
    const atMs = Date.parse(text.replace(' ', 'T').toUpperCase());
    if (!Number.isNaN(atMs)) return { atMs };
  }
  const agoMs = AGO.test(text) ? parseDuration(text) : null;
  if (agoMs === null || !Number.isFinite(agoMs) || agoMs < 0)
    throw new InvalidArgumentError(
      'Give how long ago with its unit, such as 10m or 1h30m, or a time such as 2026-11-22T19:20:00Z.',
    );
  return { agoMs };
}

/** Null where no window was asked for. Throws `Failure` USAGE for one that is none, or not over. */
export function windowOf({ since, until }: WindowFlags, nowMs: number): TimeWindow | null {
  if (since === undefined) {
    if (until === undefined) return null;
    throw usage('--until needs --since: starting when?');
  }
  const sinceMs = momentMs(since, nowMs);
  const untilMs = until === undefined ? nowMs : momentMs(until, nowMs);
  if (sinceMs >= nowMs || untilMs > nowMs)
    throw usage('--since and --until are for what is over. For what happens from now on, use --duration instead.');
  if (sinceMs >= untilMs) throw usage('--since has to be before --until.');
  return { sinceMs, untilMs };
}

function momentMs(moment: Moment, nowMs: number): number {
  return 'atMs' in moment ? moment.atMs : nowMs - moment.agoMs;
}
