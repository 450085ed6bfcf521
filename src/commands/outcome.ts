/** What the exit code says of a summary. */
import { failure } from '../model/problem.ts';
import { causesOf } from '../report/causes.ts';

/** Throws `Failure` INCOMPLETE under --strict where something is known to be missing; a file's own beginning and end nobody can vouch for. */
export function requireComplete(summary: Parameters<typeof causesOf>[0], strict: boolean): void {
  const { status, reasons } = summary.completeness;
  const known = reasons.filter((reason) => reason !== 'offline-input');
  if (strict && status !== 'full' && known.length > 0)
    throw failure({ code: 'INCOMPLETE', reasons: causesOf(summary, known) });
}
