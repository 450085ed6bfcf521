/** `doctor -o table`: a line for each check, nodes that say the same in one, and below it what to do. */
import type { Check, CheckStatus, DoctorReport } from '../model/doctor.ts';
import { wrap } from './layout.ts';
import type { Palette } from './palette.ts';
import { plural } from './phrases.ts';
import { printable } from './printable.ts';

export interface DoctorTableOptions {
  readonly width: number;
  readonly palette: Palette;
}

interface Said {
  readonly check: Check;
  readonly nodes: readonly string[];
}

const NARROWEST = 40;
const STATUS_COLUMNS = 9;
const CHECK_COLUMNS = 16;
const LONGEST = 2_000;
const MOST_NODES = 3;
/** Of one kind; the others are counted. */
const MOST_LINES = 5;

export function renderDoctorTable(report: DoctorReport, options: DoctorTableOptions): string {
  const { palette } = options;
  const width = Math.max(options.width, NARROWEST);
  const said = grouped(report.checks);
  const lines = [
    ...shortened(said).flatMap((each) => checkLines(each, report, width, palette)),
    '',
    ...verdictLines(said, palette),
  ];
  if (report.roles === null) return `${lines.join('\n')}\n`;
  return `${lines.join('\n')}\n\nRoles for what is missing, to be applied by somebody who is allowed to:\n\n${roleLines(report.roles)}`;
}

/** Nodes that say the same are one line. */
function grouped(checks: readonly Check[]): readonly Said[] {
  const groups = new Map<string, { check: Check; nodes: string[] }>();
  for (const check of checks) {
    const key = JSON.stringify([check.check, check.status, check.text, check.advice, check.node === null]);
    const group = groups.get(key) ?? { check, nodes: [] };
    if (check.node !== null) group.nodes.push(check.node);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function shortened(said: readonly Said[]): readonly (Said | { readonly hidden: number; readonly check: Check })[] {
  const shown = new Map<string, number>();
  const hidden = new Map<string, { hidden: number; check: Check }>();
  const kept: (Said | { hidden: number; check: Check })[] = [];
  for (const each of said) {
    const key = `${each.check.check} ${each.check.status}`;
    const number = (shown.get(key) ?? 0) + 1;
    shown.set(key, number);
    const rest = hidden.get(key);
    if (number <= MOST_LINES) kept.push(each);
    else if (rest !== undefined) rest.hidden += 1;
    else {
      const first = { hidden: 1, check: each.check };
      hidden.set(key, first);
      kept.push(first);
    }
  }
  return kept;
}

function checkLines(
  each: Said | { readonly hidden: number; readonly check: Check },
  report: DoctorReport,
  width: number,
  palette: Palette,
): readonly string[] {
  const { check } = each;
  const indent = STATUS_COLUMNS + CHECK_COLUMNS;
  const text = 'hidden' in each ? `and ${each.hidden} more like these; see -o json` : saidText(each, report);
  const body = wrap(printable(text, LONGEST), width - indent, '');
  const advice =
    'hidden' in each || check.advice === null
      ? []
      : wrap(`→ ${printable(check.advice, LONGEST)}`, width - indent, '  ');
  const status = paintOf(check.status, palette)(check.status.padEnd(STATUS_COLUMNS));
  const pad = ' '.repeat(indent);
  return [
    ...body.map((line, at) => (at === 0 ? `${status}${check.check.padEnd(CHECK_COLUMNS)}${line}` : pad + line)),
    ...advice.map((line) => pad + line),
  ];
}

function saidText({ check, nodes }: Said, { agents }: DoctorReport): string {
  if (nodes.length === 0) return check.text;
  if (nodes.length === 1) return `${nodes[0] ?? ''}: ${check.text}`;
  if (nodes.length === agents.length)
    return `${nodes.length === 2 ? 'both' : `all ${nodes.length}`} nodes: ${check.text}`;
  const named = nodes.slice(0, MOST_NODES).join(', ');
  const rest = nodes.length - MOST_NODES;
  return `${named}${rest > 0 ? ` and ${rest} more` : ''}: ${check.text}`;
}

function paintOf(status: CheckStatus, palette: Palette): (text: string) => string {
  switch (status) {
    case 'ok':
      return palette.good;
    case 'warning':
      return palette.warning;
    case 'failed':
      return palette.bad;
    case 'unknown':
      return palette.quiet;
  }
}

const STATUSES = ['failed', 'warning', 'unknown'] as const;

/** Counted as they are told: nodes that say the same are one. */
function verdictLines(said: readonly Said[], palette: Palette): readonly string[] {
  const numberOf = (status: CheckStatus) => said.filter(({ check }) => check.status === status).length;
  const parts = STATUSES.flatMap((status) =>
    numberOf(status) === 0
      ? []
      : [
          paintOf(
            status,
            palette,
          )(status === 'warning' ? plural(numberOf(status), status) : `${numberOf(status)} ${status}`),
        ],
  );
  if (parts.length === 0) return [palette.good('All checks are ok.')];
  return [`${parts.join(', ')}, ${numberOf('ok')} ok.`];
}

/** To be copied: not wrapped, and safe line by line. */
function roleLines(roles: string): string {
  return roles
    .split('\n')
    .map((line) => printable(line, LONGEST))
    .join('\n');
}
