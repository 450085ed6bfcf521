/** `events -o text`: one attributed record as one line, in columns that widen as wider words come. */
import stringWidth from 'fast-string-width';
import type { Circumstances, StreamGap } from '../model/attributed.ts';
import type { MonitorRecord } from '../model/event.ts';
import type { Attribution } from '../model/policy.ts';
import { timeOf } from './event-json.ts';
import type { Naming } from './event-parts.ts';
import { eventWords } from './event-words.ts';
import type { Palette } from './palette.ts';
import { printable } from './printable.ts';

export interface EventTextOptions extends Naming {
  readonly palette: Palette;
  /** The date, where the times may be of more than one day. */
  readonly dates: boolean;
}

export type EventText = (
  record: MonitorRecord | StreamGap,
  attribution: Attribution | null,
  about: Circumstances,
) => string | null;

/** A column that met one very long word does not keep the rest of the lines apart. */
const WIDEST = 60;
/** What a column is likely to need is taken at once, so that the first lines stand like the later ones. */
const USUAL = { time: 0, node: 0, type: 8, direction: 7, outcome: 10, ends: 0, packet: 8 } as const;
const GAP = '  ';

type Column = keyof typeof USUAL;

export function createEventText(options: EventTextOptions): EventText {
  const { palette, dates } = options;
  const widths = new Map<Column, number>();

  /** Null for a column that nothing has been in yet. */
  function padded(column: Column, text: string): string | null {
    const own = stringWidth(text);
    const needed = own === 0 ? 0 : Math.max(USUAL[column], Math.min(own, WIDEST));
    const width = Math.max(widths.get(column) ?? 0, needed);
    widths.set(column, width);
    return width === 0 ? null : text + ' '.repeat(Math.max(0, width - own));
  }

  return (record, attribution, about) => {
    const words = eventWords(record, attribution, about.node, options);
    if (words === null) return null;
    const hubbleNode = 'hubble' in record ? (record.hubble?.node ?? null) : null;
    const { type, direction, outcome, mood, ends, packet, detail } = words;
    const cells: Cell[] = [
      { column: 'time', text: timeWords(timeOf(record, about), dates), paint: palette.quiet },
      { column: 'node', text: printable(hubbleNode ?? about.node ?? ''), paint: palette.quiet },
      { column: 'type', text: type, paint: palette.heading },
      { column: 'direction', text: direction, paint: plain },
      { column: 'outcome', text: outcome, paint: palette[mood] },
    ];
    // What is about no packet goes on right here.
    if (ends !== '' || packet !== '') {
      cells.push({ column: 'ends', text: ends, paint: palette.name }, { column: 'packet', text: packet, paint: plain });
    }
    const shown = cells.flatMap(({ column, text, paint }) => {
      const cell = padded(column, text);
      return cell === null ? [] : [{ text: cell, paint }];
    });
    if (detail !== '') return `${[...shown.map(({ text, paint }) => paint(text)), detail].join(GAP)}\n`;
    const last = shown.findLastIndex(({ text }) => text.trim() !== '');
    const line = shown.slice(0, last + 1).map(({ text, paint }, at) => paint(at === last ? text.trimEnd() : text));
    return `${line.join(GAP)}\n`;
  };
}

interface Cell {
  readonly column: Column;
  readonly text: string;
  readonly paint: (text: string) => string;
}

function plain(text: string): string {
  return text;
}

/** `2026-11-22T10:11:12.123456789Z` as the time of day in milliseconds. */
function timeWords(time: string | null, dates: boolean): string {
  if (time === null) return '';
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?/.exec(time);
  if (parts === null) return printable(time, 30);
  const [, date = '', clock = '', fraction = ''] = parts;
  return `${dates ? `${date} ` : ''}${clock}.${fraction.padEnd(3, '0').slice(0, 3)}`;
}
