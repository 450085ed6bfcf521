/** Owns the words for what a summary is known to lack. */
import type { Gap, IncompleteReason, Summary, SummaryAgent } from '../model/summary.ts';
import { durationText, plural, timeText } from './phrases.ts';
import { printable } from './printable.ts';

const MOST_GAPS = 3;

export function causesOf(
  summary: Pick<Summary, 'completeness' | 'source' | 'window'> & {
    readonly records: Pick<Summary['records'], 'unparsed'>;
  },
  reasons: readonly IncompleteReason[] = summary.completeness.reasons,
): readonly string[] {
  const { completeness, records, source, window } = summary;
  return reasons.map((reason) => {
    switch (reason) {
      case 'lost-events':
        return `${plural(completeness.lost, 'event')} lost before they could be read`;
      case 'gap':
        return gapsText(completeness.gaps, source.agents, window.end);
      case 'missing-node':
        return `no agent to listen to on ${listText(completeness.missingNodes)}`;
      case 'not-streaming':
        return `no stream from ${listText(source.agents.filter(isUnheard).map(({ node }) => node))}`;
      case 'unparsed-lines':
        return `${plural(records.unparsed, 'line')} not understood`;
      case 'too-many-flows':
        return 'too many distinct denied flows to tell apart, so ATTEMPTS is too low';
      case 'offline-input':
        return 'a file does not tell what happened before and after its lines';
      case 'unnamed-peers':
        return 'the filter left out records whose peer could not be named when they arrived';
      case 'untimed-records':
        return 'lines without a timestamp are left out';
      case 'truncated-input':
        return 'the input was cut off';
      case 'interrupted-input':
        return 'the input says that its agent went away, and lacks what happened then';
    }
  });
}

function isUnheard({ state, buffer }: SummaryAgent): boolean {
  return state !== 'streaming' && buffer === undefined;
}

function gapsText(gaps: readonly Gap[], agents: readonly SummaryAgent[], end: string): string {
  const latest = gaps.slice(-MOST_GAPS).map(({ node, from, to, seconds }) => {
    const isBeforeBuffer = agents.some((agent) => agent.node === node && agent.buffer !== undefined);
    if (isBeforeBuffer && to !== null)
      return `Hubble on ${printable(node)} has nothing before ${timeText(to, end)} UTC (${durationText(seconds)} are missing)`;
    const until = to === null ? 'now' : timeText(to, end);
    return `${printable(node)} not heard ${timeText(from, end)}-${until} UTC (${durationText(seconds)})`;
  });
  const earlier = gaps.length - latest.length;
  return latest.join(', ') + (earlier > 0 ? ` and ${plural(earlier, 'time')} before` : '');
}

function listText(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => printable(name));
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '');
}
