/** `policies -o table` and `-o wide`: one line for each policy, the least useful first, with its grounds below it. */
import type { PolicyReport, PolicyUse, Sightings, Standing } from '../model/policy-report.ts';
import { type ChosenColumns, chosenLines } from './chosen.ts';
import { type Column, cutTo, layOut, wrap } from './layout.ts';
import type { Palette } from './palette.ts';
import { agoText, hasTraffic, kindText, lowerBoundSign, policyText, trafficText } from './phrases.ts';
import { policyCells } from './policies-fields.ts';
import { enforcedText, policiesTitle, reportNotes, standingText, useNotes } from './policies-words.ts';
import { printable } from './printable.ts';
import { agentLines, completenessLines, recordLines } from './table-foot.ts';

export interface PoliciesTableOptions extends ChosenColumns {
  readonly width: number;
  readonly wide: boolean;
  readonly palette: Palette;
}

const NARROWEST = 20;
const MOST_AGENTS = 20;
const NOTE = '  ';
/** Where a line has room for whole words. */
const ROOMY = 110;
const BY_DEFAULT = 'DEFAULT';

export function renderPoliciesTable(report: PolicyReport, options: PoliciesTableOptions): string {
  const { palette, wide } = options;
  const width = Math.max(options.width, NARROWEST);
  if (options.headers === false)
    return rowLines(report, { ...options, width })
      .slice(1)
      .map((line) => `${line}\n`)
      .join('');
  const footOptions = { width, palette, mostAgents: wide ? Number.POSITIVE_INFINITY : MOST_AGENTS };
  const agents = agentLines(report, footOptions);
  const lines = [
    palette.heading(cutTo(policiesTitle(report, width), width)),
    '',
    ...bodyOf(report, { ...options, width }),
    ...(agents.length === 0 ? [] : ['', ...agents]),
    '',
    ...completenessLines(report, footOptions),
    ...recordLines(report, footOptions),
  ];
  return `${lines.join('\n')}\n`;
}

function bodyOf(report: PolicyReport, options: PoliciesTableOptions): readonly string[] {
  const { width, palette } = options;
  const notes = reportNotes(report).flatMap((note) => wrap(note, width, '  ').map((line) => palette.quiet(line)));
  if (report.policies.length === 0) return [...wrap(nothingText(report), width, ''), ...notes];
  const columns = columnsOf(report, options);
  const [header = '', ...lines] = rowLines(report, options);
  if (options.columns) return [header, ...lines, ...notes];
  const [titles = ''] = layOut(columns, width, (title) => title);
  const noteLines = (note: string) => wrap(note, width - NOTE.length, '  ').map((line) => palette.quiet(NOTE + line));
  const rows = report.policies.flatMap((use, at) => [lines[at] ?? '', ...useNotes(use, report).flatMap(noteLines)]);
  const units = wrap(unitsText(titles), width, '').map((line) => palette.quiet(line));
  return [header, ...rows, ...units, ...notes];
}

function rowLines(report: PolicyReport, options: PoliciesTableOptions): readonly string[] {
  const { columns = null, width, palette } = options;
  if (columns === null) return layOut(columnsOf(report, options), width, palette.heading);
  return chosenLines(policyCells(report, columns), { ...options, sign: lowerBoundSign(report) });
}

function nothingText({ scope, source }: PolicyReport): string {
  switch (scope.kind) {
    case 'files':
      return source.agents.length > 0
        ? 'No verdict of this recording was attributed to a policy.'
        : 'No line of this input names a policy: only the patched Cilium and Hubble print names.';
    case 'cluster':
      return 'There is no CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy or NetworkPolicy in this cluster.';
    case 'namespace':
      return source.agents.length === 0
        ? `There is no policy in namespace ${printable(scope.namespace ?? '')}, and no pod either: is that its name?`
        : `There is no policy in namespace ${printable(scope.namespace ?? '')}, and no clusterwide one selects its pods.`;
    case 'targets':
      return 'No CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy or NetworkPolicy selects these targets.';
  }
}

const OPTIONAL = ['redirected', 'audited'] as const;
type Amount = Exclude<keyof Sightings, 'firstSeen' | 'lastSeen'>;

/** Of the columns that there was room for. */
function unitsText(titles: string): string {
  const shown = ['REDIRECTED', 'REDIR', 'AUDITED'].filter((title) => titles.split(/ +/).includes(title));
  const isolated = titles.includes(BY_DEFAULT)
    ? `, ${BY_DEFAULT} = packets that no rule allowed while it isolates`
    : '';
  const measured = ['PACKETS', 'BYTES'].filter((title) => titles.split(/ +/).includes(title));
  const traffic =
    measured.length === 0
      ? ''
      : `, ${measured.join(' and ')} = of new and open connections and of what a rule refused, in their own direction`;
  return `${['ALLOWED', ...shown].join(', ')} = new connections, DENIED = packets that its own rules refused${isolated}${traffic}`;
}

function showsColumn({ policies }: PolicyReport, name: Amount): boolean {
  return policies.some(({ seen }) => seen[name] > 0);
}

function columnsOf(report: PolicyReport, { wide, width, palette }: PoliciesTableOptions): readonly Column[] {
  const { policies: uses, window, scope } = report;
  const sign = lowerBoundSign(report);
  const isLive = scope.kind !== 'files';
  // A recording tells less than a cluster, and more than lines do.
  const isTimed = uses.some(({ seen }) => seen.lastSeen !== null);
  const isPlaced = isLive || uses.some(({ nodes }) => nodes !== null);
  const column = (
    title: string,
    align: Column['align'],
    text: (use: PolicyUse) => string,
    extra: Partial<Column> = {},
  ) => ({
    title,
    align,
    cells: uses.map((use) => ({ text: text(use) })),
    ...extra,
  });
  const amount = (
    title: string,
    name: Amount,
    paint: (text: string) => string,
    extra: Partial<Column> = {},
  ): Column => ({
    title,
    align: 'right',
    cells: uses.map(({ seen }) => ({
      text: sign + String(seen[name]),
      paint: seen[name] === 0 ? palette.quiet : paint,
    })),
    ...extra,
  });
  const columns: (Column | null)[] = [
    {
      title: 'POLICY',
      align: 'left',
      cells: uses.map(({ policy }) => ({
        text: wide ? printable(policy.name) : policyText(policy),
        paint: palette.name,
      })),
      narrowest: NARROWEST,
    },
    wide
      ? column('NAMESPACE', 'left', ({ policy }) => printable(policy.namespace ?? ''), { narrowest: 9, dropRank: 4 })
      : null,
    wide ? column('KIND', 'left', ({ policy }) => kindText(policy.kind), { dropRank: 6 }) : null,
    isPlaced
      ? {
          title: 'STATE',
          align: 'left',
          cells: uses.map(({ standing }) => ({
            text: standingText(standing),
            paint: paintOf(standing, palette),
          })),
        }
      : null,
    isLive ? column('PODS', 'right', podsText, { dropRank: 2 }) : null,
    isLive ? column('ENFORCED', 'left', enforcedText, { dropRank: 7 }) : null,
    wide ? column('ISOLATES', 'left', ({ isolates }) => isolates.join(', '), { dropRank: 9 }) : null,
    amount('ALLOWED', 'allowed', palette.allowed),
    ...OPTIONAL.map((name) =>
      wide || showsColumn(report, name)
        ? amount(
            name === 'redirected' && width < ROOMY ? 'REDIR' : name.toUpperCase(),
            name,
            name === 'audited' ? palette.audited : palette.allowed,
          )
        : null,
    ),
    amount('DENIED', 'denied', palette.denied),
    wide || showsColumn(report, 'defaultDenied')
      ? amount(BY_DEFAULT, 'defaultDenied', palette.denied, { dropRank: 3 })
      : null,
    ...(hasTraffic(report)
      ? (['packets', 'bytes'] as const).map((name) =>
          column(name.toUpperCase(), 'right', (use) => trafficText(use, name, sign), {
            dropRank: name === 'packets' ? 1 : 4,
          }),
        )
      : []),
    isPlaced ? column('NODES', 'right', nodesText, { dropRank: 8 }) : null,
    isLive || isTimed
      ? column('LAST', 'right', ({ seen }) => (seen.lastSeen === null ? '' : agoText(seen.lastSeen, window.end)), {
          dropRank: 5,
        })
      : null,
  ];
  return columns.filter((each) => each !== null);
}

function paintOf(standing: Standing, palette: Palette): (text: string) => string {
  if (standing === 'seen') return palette.good;
  if (standing === 'rules-not-seen') return palette.audited;
  return standing === 'selects-nobody' || standing === 'not-enforced' ? palette.bad : palette.warning;
}

/** Endpoints of nodes are endpoints too, but no pods. */
function podsText({ selects }: PolicyUse): string {
  if (selects === null) return '';
  return selects.others === 0 ? String(selects.pods) : `${selects.pods}+${selects.others}`;
}

/** Seen on how many of those that were heard. */
function nodesText({ nodes }: PolicyUse): string {
  return nodes === null || nodes.total === 0 ? '' : `${nodes.seen}/${nodes.heard}`;
}
