/** `compare -o table` and `-o wide`: the answer, both sides, what changed and by whom, and the policies with their rates. */
import type { ComparedPolicy, ComparedSide, ComparedSubject, CompareReport } from '../model/compare.ts';
import {
  changeText,
  creditorText,
  creditsText,
  decidersText,
  failOnText,
  noteText,
  policyChangeText,
  subjectTitles,
  verdictText,
} from './compare-words.ts';
import { type Column, cutTo, layOut, wrap } from './layout.ts';
import type { Palette } from './palette.ts';
import { durationText, plural, rateText, timeText } from './phrases.ts';
import { printable } from './printable.ts';
import { completenessText } from './table-foot.ts';

export interface CompareTableOptions {
  readonly width: number;
  readonly wide: boolean;
  readonly palette: Palette;
}

const NARROWEST = 20;
/** One screen: what matters most comes first. */
const MOST_CHANGES = 8;
const MOST_POLICIES = 8;
const MOST_DROPS = 3;
/** Where a line has room for amounts beside rates. */
const ROOMY = 110;

export function renderCompareTable(report: CompareReport, options: CompareTableOptions): string {
  const { palette } = options;
  const width = Math.max(options.width, NARROWEST);
  const fit = { ...options, width };
  const sections = [
    wrap(verdictText(report), width, '').map((line) => verdictPaint(report, palette)(line)),
    [...sideLines('A', report.before, fit), ...sideLines('B', report.after, fit)],
    changeLines(report, fit),
    policyLines(report, fit),
    dropLines(report, fit),
    [unchangedText(report)].filter((text) => text !== '').map((text) => palette.quiet(cutTo(text, width))),
    report.notes.flatMap((note) => wrap(noteText(note), width, '  ')).map((line) => palette.warning(line)),
    failOnText(report).map((line, at) => {
      const { judgement } = report.failOn[at] ?? { judgement: 'unknown' };
      return (judgement === 'held' ? palette.good : judgement === 'failed' ? palette.bad : palette.warning)(
        cutTo(line, width),
      );
    }),
  ];
  const shown = sections.filter((lines) => lines.length > 0);
  const isUncertain = [...report.changes, ...report.policies].some(
    ({ isCertain, change }) => !isCertain && !['more', 'less', 'same'].includes(change),
  );
  const legend = isUncertain ? wrap('? = rests on something missing from incomplete data', width, '  ') : [];
  const lines = shown.flatMap((section, at) => (at === 0 ? section : ['', ...section]));
  return `${[...lines, ...legend.map((line) => palette.warning(line))].join('\n')}\n`;
}

function verdictPaint({ verdict }: CompareReport, palette: Palette): (text: string) => string {
  switch (verdict) {
    case 'broken':
      return palette.bad;
    case 'unbroken':
      return palette.good;
    default:
      return palette.warning;
  }
}

function sideLines(name: string, side: ComparedSide, { width, palette }: CompareTableOptions): readonly string[] {
  const { window, completeness, isTimed, input } = side;
  const when = isTimed
    ? `${durationText(window.seconds)} since ${timeText(window.start, '')} UTC`
    : `${plural(side.records.received, 'line')} of an unknown window`;
  const file = input === '-' ? 'standard input' : printable(input);
  const complete = completeness.status === 'full' ? 'complete' : completenessText(side);
  const paint = completeness.status === 'full' ? palette.quiet : palette.warning;
  return wrap(`${name}  ${file}: ${when}; ${complete}`, width, '   ').map((line) => paint(line));
}

function changeLines(report: CompareReport, { width, wide, palette }: CompareTableOptions): readonly string[] {
  const shown = wide ? report.changes : report.changes.slice(0, MOST_CHANGES);
  if (shown.length === 0) return [];
  const title = subjectTitles(report);
  const column = (name: string, text: (each: ComparedSubject) => string, extra: Partial<Column> = {}): Column => ({
    title: name,
    align: 'left',
    cells: shown.map((each) => ({ text: text(each) })),
    ...extra,
  });
  const [header = '', ...lines] = layOut(
    [
      {
        title: 'CHANGE',
        align: 'left',
        cells: shown.map((each) => ({ text: changeText(each), paint: changePaint(each, palette) })),
      },
      column('WHO', title, { narrowest: 16 }),
      column('BEFORE', ({ before }) => creditsText(before, isPartial(report.before)), { narrowest: 9 }),
      column('AFTER', ({ after }) => creditsText(after, isPartial(report.after)), { narrowest: 9 }),
    ],
    width,
    palette.heading,
  );
  const hidden = report.changes.length - shown.length;
  return [
    header,
    ...shown.flatMap((each, at) => [lines[at] ?? '', palette.quiet(cutTo(`  ${decidersText(each)}`, width))]),
    ...(hidden > 0 ? [palette.quiet(`… ${plural(hidden, 'more change')}: -o wide shows all`)] : []),
  ];
}

function isPartial({ completeness }: ComparedSide): boolean {
  return completeness.status === 'partial';
}

function changePaint({ change, after }: ComparedSubject, palette: Palette): (text: string) => string {
  if (change === 'became-denied' || change === 'denied-instead') return palette.denied;
  if (change === 'partly-denied' || after.some(({ denied }) => denied > 0)) return palette.bad;
  return change === 'became-audited' || change === 'gone' ? palette.audited : palette.allowed;
}

function policyLines(report: CompareReport, { width, wide, palette }: CompareTableOptions): readonly string[] {
  const shown = wide ? report.policies : report.policies.slice(0, MOST_POLICIES);
  if (shown.length === 0) return [];
  const isTimed = report.before.isTimed && report.after.isTimed;
  const signs = [isPartial(report.before) ? '≥' : '', isPartial(report.after) ? '≥' : ''] as const;
  const fromTo = (text: (amounts: ComparedPolicy['before']) => string, { before, after }: ComparedPolicy) =>
    `${signs[0]}${text(before)} → ${signs[1]}${text(after)}`;
  const column = (name: string, text: (each: ComparedPolicy) => string, extra: Partial<Column> = {}): Column => ({
    title: name,
    align: 'right',
    cells: shown.map((each) => ({ text: text(each) })),
    ...extra,
  });
  const amount = (name: 'allowed' | 'audited' | 'denied', extra: Partial<Column> = {}) =>
    column(
      name.toUpperCase(),
      (each) =>
        fromTo((amounts) => {
          const redirected = name === 'allowed' ? (amounts?.redirected ?? 0) : 0;
          return String((amounts?.[name] ?? 0) + redirected);
        }, each),
      extra,
    );
  const rate = (name: 'allowed' | 'audited' | 'denied') =>
    column(`${name.toUpperCase()}/S`, (each) => fromTo((amounts) => rateText(amounts?.perSecond?.[name] ?? 0), each));
  const isAudited = shown.some(({ before, after }) => (before?.audited ?? 0) + (after?.audited ?? 0) > 0);
  const names = (['allowed', 'audited', 'denied'] as const).filter((name) => name !== 'audited' || isAudited);
  const columns: Column[] = [
    {
      title: 'POLICY',
      align: 'left',
      cells: shown.map((each) => ({ text: policyTitle(each), paint: palette.name })),
      narrowest: 20,
    },
    { ...column('DIR', ({ direction }) => direction), align: 'left' },
    ...(isTimed ? [] : names.map((name) => amount(name))),
    ...(isTimed && width >= ROOMY ? names.map((name) => amount(name, { dropRank: 2 })) : []),
    ...(isTimed ? names.map(rate) : []),
    {
      title: 'CHANGE',
      align: 'left',
      cells: shown.map((each) => ({
        text: policyChangeText(each),
        paint: each.change === 'same' ? palette.quiet : palette.warning,
      })),
      narrowest: 8,
    },
  ];
  const hidden = report.policies.length - shown.length;
  return [
    ...layOut(columns, width, palette.heading),
    ...(hidden > 0 ? [palette.quiet(`… ${hidden} more: -o wide shows all`)] : []),
  ];
}

function policyTitle({ policy, before, after }: ComparedPolicy): string {
  return creditorText({ policy, isolatedBy: (after ?? before)?.isolatedBy ?? [] });
}

function dropLines({ drops }: CompareReport, { width, wide, palette }: CompareTableOptions): readonly string[] {
  const shown = wide ? drops : drops.slice(0, MOST_DROPS);
  const lines = shown.flatMap(({ reason, direction, change, isCertain, before, after }) => {
    const packets = plural(change === 'new' ? after : before, 'packet');
    const where = direction === null ? '' : `, ${direction}`;
    const mark = isCertain ? '' : '?';
    return wrap(`drops ${change}${mark}: ${printable(reason)}${where} (${packets})`, width, '  ');
  });
  const hidden = drops.length - shown.length;
  return [
    ...lines.map((line) => palette.warning(line)),
    ...(hidden > 0 ? [palette.quiet(`… ${hidden} more drop reasons`)] : []),
  ];
}

function unchangedText({ unchanged }: CompareReport): string {
  const { peer, 'peer-port': peerPort, port, requests } = unchanged;
  const parts = [
    peer > 0 ? plural(peer, 'peer') : '',
    peerPort > 0 ? `${peerPort} by peer and port` : '',
    port > 0 ? plural(port, 'port') : '',
    requests > 0 ? `requests of ${plural(requests, 'protocol')}` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `as before: ${parts.join(', ')}`;
}
