/** Owns what stands under the table: the units, the agents, whether the numbers are complete, and the account of all lines. */
import type { AgentState } from '../model/cluster.ts';
import type { Summary, SummaryAgent, SummaryBuffer } from '../model/summary.ts';
import { causesOf } from './causes.ts';
import { layOut, wrap } from './layout.ts';
import type { Palette } from './palette.ts';
import { hasTraffic, plural } from './phrases.ts';
import { printable } from './printable.ts';
import { bufferText, countersText, sourceText } from './source-choice.ts';

export interface FootOptions {
  readonly width: number;
  readonly palette: Palette;
  /** How many agents are told one by one. */
  readonly mostAgents: number;
}

const SAMPLE_LENGTH = 100;

/** `shown`: which of the columns that may be absent are there. */
export function unitsText(
  { drops, l7, policies }: Summary,
  shown: readonly string[],
  { width, palette }: FootOptions,
): readonly string[] {
  const connections = ['ALLOWED', ...shown].join(', ');
  const units = `${connections} = new connections, DENIED = packets, ATTEMPTS = distinct denied flows`;
  const dropped = drops.some(({ packets, alsoDenied }) => packets > alsoDenied) ? ', DROPPED = other packets' : '';
  const requests = l7.length > 0 ? ', REQUESTS = decided by proxies' : '';
  const traffic = hasTraffic({ policies })
    ? ', PACKETS and BYTES = of new and open connections and of what a rule refused, in their own direction'
    : '';
  return wrap(units + traffic + dropped + requests, width, '').map((line) => palette.quiet(line));
}

const STATE_TEXT: Readonly<Record<AgentState, string>> = {
  connecting: 'connecting …',
  streaming: 'streaming',
  reconnecting: 'reconnecting …',
  ended: 'ended',
  failed: 'failed',
};

export function agentLines(
  { source }: Pick<Summary, 'source'>,
  { width, palette, mostAgents }: FootOptions,
): readonly string[] {
  const { agents } = source;
  if (agents.length === 0) return [];
  // Whoever is not heard comes first: that is what a person has to know.
  const ordered = agents.toSorted((a, b) => Number(isHeard(a.state, a.buffer)) - Number(isHeard(b.state, b.buffer)));
  const shown = ordered.slice(0, mostAgents);
  const paintState = ({ state, buffer }: SummaryAgent) =>
    isHeard(state, buffer) ? palette.good : state === 'failed' ? palette.bad : palette.warning;
  const lines = layOut(
    [
      { title: 'NODE', align: 'left', cells: shown.map(({ node }) => ({ text: printable(node) })), narrowest: 10 },
      {
        title: 'AGENT',
        align: 'left',
        cells: shown.map(({ namespace, pod }) => ({ text: printable(`${namespace}/${pod}`) })),
        narrowest: 16,
        dropRank: 1,
      },
      {
        title: 'CILIUM',
        align: 'left',
        cells: shown.map((agent) => ({ text: versionText(agent) })),
        narrowest: 8,
        dropRank: 2,
      },
      {
        title: 'STATE',
        align: 'left',
        cells: shown.map((agent) => ({ text: stateText(agent), paint: paintState(agent) })),
      },
    ],
    width,
    palette.heading,
  );
  const hidden = ordered.slice(mostAgents);
  if (hidden.length === 0) return lines;
  const heard = hidden.filter(({ state, buffer }) => isHeard(state, buffer)).length;
  const word = hidden.some(({ buffer }) => buffer !== undefined) ? 'read' : 'streaming';
  return [...lines, palette.quiet(`… ${plural(hidden.length, 'more agent')}, ${heard} of them ${word}`)];
}

function isHeard(state: AgentState, buffer: SummaryBuffer | undefined): boolean {
  return state === 'streaming' || buffer !== undefined;
}

function stateText(agent: SummaryAgent): string {
  const { state, buffer } = agent;
  if (buffer !== undefined) return bufferText(buffer);
  const more = [sourceText(agent), countersText(agent)].filter((text) => text !== null);
  return more.length === 0 ? STATE_TEXT[state] : `${STATE_TEXT[state]} (${more.join('; ')})`;
}

function versionText({ version, dialect }: SummaryAgent): string {
  const known = version === null ? '?' : printable(version, 40);
  return dialect === 'accuknox' ? `${known} (AccuKnox)` : known;
}

type Judged = Parameters<typeof causesOf>[0];

export function completenessLines(summary: Judged, { width, palette }: FootOptions): readonly string[] {
  const paint = summary.completeness.status === 'full' ? palette.good : palette.warning;
  return wrap(completenessText(summary), width, '  ').map((line) => paint(line));
}

export function completenessText(summary: Judged): string {
  const causes = causesText(summary);
  switch (summary.completeness.status) {
    case 'full':
      return 'complete: nothing is known to be missing';
    case 'partial':
      return `≥ lower bounds: ${causes}`;
    case 'unknown':
      return `completeness unknown: ${causes}`;
  }
}

/** Why a summary is not known to be complete. */
export function causesText(summary: Judged): string {
  return causesOf(summary).join('; ');
}

/** ` (banner 2, log 1)`, in the order of the names; nothing where there are none. */
export function reasonsText(reasons: Readonly<Record<string, number>>): string {
  const entries = Object.entries(reasons).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? '' : ` (${entries.map(([reason, count]) => `${reason} ${count}`).join(', ')})`;
}

const HUBBLE_TEXT =
  'Hubble prints flows like these for people: policystat reads what "hubble observe -o jsonpb" prints.';

export function recordLines({ records }: Pick<Summary, 'records'>, { width, palette }: FootOptions): readonly string[] {
  const ignored = Object.values(records.ignored).reduce((sum, count) => sum + count, 0);
  const account = `received ${records.received} = counted ${records.counted} + ignored ${ignored}${reasonsText(records.ignored)} + unparsed ${records.unparsed}${reasonsText(records.unparsedReasons)}`;
  const [sample] = records.unparsedSamples;
  const lines = wrap(account, width, '  ');
  const samples =
    sample === undefined ? [] : wrap(`not understood, for example: ${printable(sample, SAMPLE_LENGTH)}`, width, '  ');
  const advice = records.unparsedReasons['hubble-text'] === undefined ? [] : wrap(HUBBLE_TEXT, width, '  ');
  return [...lines, ...samples, ...advice].map((line) => palette.quiet(line));
}
