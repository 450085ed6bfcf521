/** Where summaries go: the live screen, one text per interval, the last one at the end; and what the exit code says of them. */
import type { Io } from '../io/io.ts';
import type { Jsonpath } from '../model/order.ts';
import type { Summary } from '../model/summary.ts';
import { arrange } from '../report/arrange.ts';
import { renderCsv } from '../report/csv.ts';
import { renderJson } from '../report/json.ts';
import { renderJsonl } from '../report/jsonl.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { renderPrometheus } from '../report/prometheus.ts';
import { createScreen, paletteFor } from '../report/screen.ts';
import { renderTable } from '../report/table.ts';
import { usesColor } from './color.ts';
import type { OutputFlags } from './options.ts';
import { isJsonpath, jsonpathOf, pipeColumns } from './rows-flags.ts';
import { every } from './until.ts';

/** Often enough to look live, seldom enough to cost nothing. */
const REDRAW_EVERY_MS = 250;

export interface Presenter {
  /** Shows what is there again and again until the returned function is called. */
  follow(current: () => Summary, intervalMs: number | null): () => void;
  final(summary: Summary): void;
}

export async function createPresenter(io: Io, flags: OutputFlags): Promise<Presenter> {
  const render = await renderer(io, flags);
  const live = io.out.isTerminal && (flags.output === 'table' || flags.output === 'wide');
  return {
    follow: (current, intervalMs) => {
      if (live) return followOnScreen(io, flags, current);
      if (intervalMs === null) return () => {};
      return every(
        io.clock,
        intervalMs,
        unhurried(io, () => io.out.write(render(current()))),
      );
    },
    final: (summary) => {
      io.out.write(render(summary));
      // A CSV has no place for it.
      const { omittedRows = 0 } = flags.output === 'csv' ? arrange(summary, { ...flags, live: false }) : {};
      if (omittedRows > 0 && flags.quiet !== true)
        io.err.write(`policystat: ${omittedRows} more rows left out by --top\n`);
    },
  };
}

function followOnScreen(io: Io, flags: OutputFlags, current: () => Summary): () => void {
  const screen = createScreen(io.out);
  const palette = paletteFor(usesColor(io, io.out, flags));
  const draw = unhurried(io, () => {
    const { columns: width, rows: height } = io.out;
    screen.draw(
      renderTable(arrange(current(), { ...flags, live: true }), {
        ...{ width, height, wide: flags.output === 'wide', palette, live: true, columns: flags.columns ?? null },
      }),
    );
  });
  draw();
  io.out.onResize(draw);
  const stop = every(io.clock, REDRAW_EVERY_MS, draw);
  return () => {
    stop();
    screen.close();
  };
}

/** A terminal that stands still (Ctrl-S), or a reader that is slow, gets the newest when it goes on, and not all that it missed. */
function unhurried(io: Io, show: () => void): () => void {
  let isTaken = true;
  return () => {
    if (!isTaken) return;
    isTaken = false;
    show();
    void io.out.room().then(() => {
      isTaken = true;
    });
  };
}

async function renderer(io: Io, flags: OutputFlags): Promise<(summary: Summary) => string> {
  const { output } = flags;
  const render = isJsonpath(output) ? await jsonpathOf(output) : await rendererOf(io, flags, output);
  return (summary) => render(arrange(summary, { ...flags, live: false }));
}

async function rendererOf(
  io: Io,
  flags: OutputFlags,
  output: Exclude<OutputFlags['output'], Jsonpath>,
): Promise<(summary: Summary) => string> {
  switch (output) {
    case 'json':
      return renderJson;
    case 'jsonl':
      return renderJsonl;
    case 'yaml':
      return (await import('../report/yaml.ts')).renderYaml;
    case 'csv':
      return (summary) => renderCsv(summary, flags);
    case 'markdown':
      return (summary) => renderMarkdown(summary, flags);
    case 'prometheus':
      return renderPrometheus;
    case 'table':
    case 'wide': {
      const palette = paletteFor(usesColor(io, io.out, flags));
      return (summary) =>
        renderTable(summary, {
          ...{ columns: flags.columns ?? null, headers: flags.headers },
          width: io.out.isTerminal ? io.out.columns : pipeColumns(flags),
          wide: flags.output === 'wide',
          palette,
          live: false,
        });
    }
  }
}
