/** Owns what can be said of one side as a whole: whether it has times, and whether an absence in it proves anything. */
import type { ComparedSide, CompareInput, CompareNote } from '../model/compare.ts';
import type { IncompleteReason } from '../model/summary.ts';

/**
 * Reasons that hide nothing of what was asked: whoever gives a file means the time that it holds, and
 * flows that are not told apart are counted all the same.
 */
const HIDE_NOTHING: readonly IncompleteReason[] = ['offline-input', 'too-many-flows'];
/** How much shorter a window has to be before what is missing in it is no surprise. */
const MUCH_SHORTER = 2;
/** What a controller adds to the names of its pods. */
const MADE_BY_CONTROLLER = /(?:-[a-z0-9]{6,10})?-(?:[a-z0-9]{5}|\d+)$/;

export function toSide(summary: CompareInput, input: string): ComparedSide {
  const { window, source, targets, completeness, totals, records, groups = null, omittedRows = 0 } = summary;
  return {
    input,
    window,
    isTimed: isTimed(summary),
    absenceIsProof:
      (omittedRows === 0 || groups !== null) && completeness.reasons.every((reason) => HIDE_NOTHING.includes(reason)),
    source,
    targets,
    completeness,
    totals,
    omittedRows,
    records: { received: records.received, counted: records.counted, unparsed: records.unparsed },
  };
}

/** Of a file nobody can tell when its lines began and ended: its window is the time in which it was read. */
function isTimed({ source, policies, window }: CompareInput): boolean {
  return window.seconds > 0 && (source.kind !== 'file' || policies.some(({ firstSeen }) => firstSeen !== null));
}

/** Whether events of this type would be there had there been any. */
export function listensFor(type: string, { source }: ComparedSide): boolean {
  return source.types?.includes(type) === true;
}

/** Files hold what they hold. */
export function mayHold(type: string, { source }: ComparedSide): boolean {
  return source.types === null || source.types.includes(type);
}

export function notesOf(before: ComparedSide, after: ComparedSide): readonly CompareNote[] {
  const timed = before.isTimed && after.isTimed;
  const notes: readonly (readonly [CompareNote, boolean])[] = [
    ['nothing-seen', isEmpty(before) || isEmpty(after)],
    ['targets-differ', targetsText(before) !== targetsText(after)],
    ['filters-differ', before.source.filters.join('\n') !== after.source.filters.join('\n')],
    ['rows-omitted', [before, after].some(({ omittedRows = 0 }) => omittedRows > 0)],
    ['types-differ', typesText(before) !== typesText(after)],
    ['untimed', !timed],
    ['shorter-window', timed && after.window.seconds * MUCH_SHORTER <= before.window.seconds],
    ['reversed', timed && Date.parse(after.window.start) < Date.parse(before.window.start)],
  ];
  return notes.flatMap(([note, holds]) => (holds ? [note] : []));
}

/** No verdict at all. */
function isEmpty({ totals }: ComparedSide): boolean {
  return [totals.ingress, totals.egress].every(
    ({ allowed, redirected, audited, denied }) => allowed + redirected + audited + denied === 0,
  );
}

/** Pods are replaced, so that only what they belong to can be the same. */
function targetsText({ targets, source }: ComparedSide): string {
  if (source.kind === 'file') return '';
  const owners = targets.map(({ namespace, pod }) => `${namespace}/${pod.replace(MADE_BY_CONTROLLER, '')}`);
  return [...new Set(owners)].sort().join('\n');
}

function typesText({ source }: ComparedSide): string {
  return source.types === null ? '' : source.types.toSorted().join('\n');
}
