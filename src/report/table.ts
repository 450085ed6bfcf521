/** `-o table` and `-o wide`: a summary as text that fits the terminal; every number says its unit and whether it is a lower bound. */
import type { Audit } from '../model/audit.ts';
import type { Summary } from '../model/summary.ts';
import { type ChosenColumns, chosenLines } from './chosen.ts';
import { cutTo, wrap } from './layout.ts';
import type { Palette } from './palette.ts';
import { durationText, lowerBoundSign, plural, timeText } from './phrases.ts';
import { cellsOf } from './policy-fields.ts';
import { printable } from './printable.ts';
import { auditHeading, auditUnits, renderAudit } from './table-audit.ts';
import { renderDrops, renderL7 } from './table-drops.ts';
import { agentLines, completenessLines, type FootOptions, recordLines, unitsText } from './table-foot.ts';
import { renderGroups } from './table-groups.ts';
import { type Block, columnTitle, type RowsText, renderRows, showsColumn } from './table-rows.ts';

export interface TableOptions extends ChosenColumns {
  readonly width: number;
  /** How many lines there are; no bound where it is absent. */
  readonly height?: number;
  readonly wide: boolean;
  readonly palette: Palette;
  /** Whether more is to come. */
  readonly live: boolean;
}

const NARROWEST = 20;
const MOST_AGENTS = 20;
/** The header, a row and what is left out. */
const LEAST_BODY = 4;

export function renderTable(summary: Summary, options: TableOptions): string {
  const { palette, height = Number.POSITIVE_INFINITY } = options;
  const width = Math.max(options.width, NARROWEST);
  if (options.headers === false)
    return rowsOf(summary, { ...options, width })
      .blocks.map(({ line }) => `${line}\n`)
      .join('');
  const head = [palette.heading(titleText(summary, width)), ...filterLines(summary, width), ''];
  const foot = chooseFoot(summary, { ...options, width, height }, height - head.length - LEAST_BODY);
  const lines = [...head, ...bodyOf(summary, { ...options, width }, height - head.length - foot.length), ...foot];
  const shown = lines.length <= height ? lines : [...lines.slice(0, Math.max(0, height - 1)), palette.quiet('…')];
  return `${shown.join('\n')}\n`;
}

function bodyOf(summary: Summary, options: TableOptions, room: number): readonly string[] {
  const { audit } = summary;
  if (audit !== undefined) return auditBody(audit, summary, options, room);
  const beside = [renderDrops(summary, options), renderL7(summary, options)].filter((lines) => lines.length > 0);
  if (summary.policies.length === 0 && beside.length === 0)
    return wrap(silenceText(summary, options.live), options.width, '');
  const shown = beside.flatMap((lines) => ['', ...lines]).slice(0, Math.max(0, Math.floor(room / 2)));
  if (summary.policies.length === 0) return shown.slice(1);
  const rows = rowsOf(summary, options);
  const { totals } = rows;
  const below = [...omittedLines(summary, options), ...totals];
  return [...fitRows({ ...rows, totals: below }, room - shown.length, options.palette), ...shown];
}

function auditBody(audit: Audit, summary: Summary, options: TableOptions, room: number): readonly string[] {
  const heading = auditHeading(audit, summary, options);
  if (audit.wouldDeny.length === 0) return heading;
  const rows = { ...rowsOf(summary, options), totals: omittedLines(summary, options) };
  return [...heading, ...fitRows(rows, room - heading.length, options.palette)];
}

function rowsOf(summary: Summary, options: TableOptions): RowsText {
  const { columns = null } = options;
  if (columns !== null) {
    const cells = cellsOf(summary, columns);
    const [header = '', ...lines] = chosenLines(cells, { ...options, sign: lowerBoundSign(summary) });
    return { header, blocks: lines.map((line) => ({ line, notes: [] })), totals: [] };
  }
  if (summary.audit !== undefined) return renderAudit(summary.audit, summary, options);
  return summary.groups === null ? renderRows(summary, options) : renderGroups(summary.groups.by, summary, options);
}

/** Where lines are few, whether the numbers are complete matters more than who the agents are, and that more than units. */
function chooseFoot(
  summary: Summary,
  options: TableOptions & { readonly height: number },
  room: number,
): readonly string[] {
  const { width, palette, wide, live, height } = options;
  const mostAgents = live
    ? Math.max(1, Math.floor(Math.min(height, 4 * MOST_AGENTS) / 4))
    : wide
      ? Number.POSITIVE_INFINITY
      : MOST_AGENTS;
  const footOptions: FootOptions = { width, palette, mostAgents };
  const optional = (['redirected', 'audited'] as const).filter((name) => showsColumn(name, summary, width, wide));
  const units = unitLines(
    summary,
    optional.map((name) => columnTitle(name, width)),
    footOptions,
  );
  const agents = agentLines(summary, footOptions);
  const spaced = (lines: readonly string[]) => (lines.length === 0 ? [] : ['', ...lines]);
  const notes = targetNotes(summary, width).map((line) => palette.warning(line));
  const complete = [...notes, ...completenessLines(summary, footOptions)];
  const account = recordLines(summary, footOptions);
  const feet = [
    [...units, ...spaced(agents), '', ...complete, ...account],
    [...units, '', ...complete, ...account],
    ['', ...complete, ...account],
  ];
  return feet.find((foot) => foot.length <= room) ?? complete;
}

function unitLines(summary: Summary, optional: readonly string[], options: FootOptions): readonly string[] {
  const { width, palette } = options;
  if (summary.audit?.wouldDeny.length === 0) return [];
  if (summary.audit !== undefined) return wrap(auditUnits(summary.audit), width, '').map((line) => palette.quiet(line));
  return summary.policies.length === 0 ? [] : unitsText(summary, optional, options);
}

function titleText({ targets, source, window }: Summary, width: number): string {
  if (source.kind === 'file')
    return cutTo(source.files.map((file) => (file === '-' ? 'standard input' : printable(file))).join(', '), width);
  const [first, ...others] = targets;
  const rest = others.length === 0 ? '' : ` and ${plural(others.length, 'more pod')}`;
  const since = `${rest} · ${durationText(window.seconds)} since ${timeText(window.start, window.end)} UTC`;
  const subject =
    first === undefined
      ? `every endpoint of ${nodesText(source.agents.map(({ node }) => node))}`
      : printable(`${first.namespace}/${first.pod}`);
  // A pod's name may be cut, since when may not.
  return cutTo(cutTo(subject, Math.max(NARROWEST / 2, width - since.length)) + since, width);
}

/** What is not counted is not missing, but has to be known. */
function filterLines({ source: { filters } }: Summary, width: number): readonly string[] {
  return filters.length === 0 ? [] : wrap(`only ${filters.map((text) => printable(text)).join(' ')}`, width, '  ');
}

function nodesText([first, ...others]: readonly string[]): string {
  if (first === undefined) return 'no node';
  return printable(first) + (others.length === 0 ? '' : ` and ${plural(others.length, 'more node')}`);
}

function targetNotes({ targets }: Summary, width: number): readonly string[] {
  const unknown = targets.filter(({ endpoint }) => endpoint === null);
  const [first] = unknown;
  if (first === undefined) return [];
  const rest = unknown.length === 1 ? ' has' : ` and ${plural(unknown.length - 1, 'more pod')} have`;
  return wrap(
    `${printable(`${first.namespace}/${first.pod}`)}${rest} no Cilium endpoint yet: nothing can be counted`,
    width,
    '  ',
  );
}

function omittedLines({ omittedRows = 0 }: Summary, { palette, width }: TableOptions): readonly string[] {
  return omittedRows === 0
    ? []
    : [palette.quiet(cutTo(`… ${plural(omittedRows, 'more row')} left out by --top`, width))];
}

/** Why there is nothing to see, and why that proves little. */
function silenceText({ source, window, records }: Summary, live: boolean): string {
  if (source.kind === 'file') return `No policy verdict among the ${plural(records.received, 'line')} of this input.`;
  const why =
    'Cilium reports new connections and denied packets, and only where a policy is enforced in that direction: silence is no proof that there is no traffic.';
  if (!live) return `No verdicts in ${durationText(window.seconds)}. ${why}`;
  const streaming = source.agents.filter(({ state }) => state === 'streaming').length;
  if (streaming === 0)
    return `Waiting for the ${source.agents.length === 1 ? "agent's stream" : "agents' streams"} to open.`;
  return `No verdicts yet: listening to ${plural(streaming, 'agent')}. ${why}`;
}

/** Rows with their notes where there is room, without them where there is not, and what is left out is said. */
function fitRows({ header, blocks, totals }: RowsText, available: number, palette: Palette): readonly string[] {
  const room = Math.max(1, available - 1 - totals.length);
  const full = blocks.flatMap(({ line, notes }) => [line, ...notes]);
  if (full.length <= room) return [header, ...full, ...totals];
  if (blocks.length <= room) return [header, ...withFirstNotes(blocks, room - blocks.length), ...totals];
  const shown = blocks.slice(0, Math.max(1, room - 1));
  const hidden = blocks.length - shown.length;
  return [header, ...shown.map(({ line }) => line), palette.quiet(`… ${hidden} more`), ...totals];
}

/** The rows at the top matter most: they keep their notes for as long as there are lines to spare. */
function withFirstNotes(blocks: readonly Block[], spareLines: number): readonly string[] {
  let spare = spareLines;
  return blocks.flatMap(({ line, notes }) => {
    const kept = notes.slice(0, spare);
    spare -= kept.length;
    return [line, ...kept];
  });
}
