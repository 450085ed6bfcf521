/** Where a check's report goes: stdout in one form, a Markdown file, and the annotations of GitHub Actions. */
import type { Io } from '../io/io.ts';
import type { CheckReport } from '../model/check.ts';
import type { Jsonpath } from '../model/order.ts';
import { renderAnnotations } from '../report/check-annotations.ts';
import { renderCheckMarkdown } from '../report/check-markdown.ts';
import { renderCheckText } from '../report/check-text.ts';
import { renderJson } from '../report/json.ts';
import { renderJunit } from '../report/junit.ts';
import { paletteFor } from '../report/screen.ts';
import type { CheckFlags } from './check-request.ts';
import { usesColor } from './color.ts';
import { isJsonpath, jsonpathOf, PIPE_COLUMNS } from './rows-flags.ts';

export async function present(report: CheckReport, flags: CheckFlags, io: Io): Promise<void> {
  const { output } = flags;
  io.out.write(isJsonpath(output) ? (await jsonpathOf(output))(report) : rendered(report, output, flags, io));
  if (io.env.GITHUB_ACTIONS === 'true') io.err.write(renderAnnotations(report));
  if (flags.summaryFile !== undefined) await io.append(flags.summaryFile, renderCheckMarkdown(report));
}

function rendered(
  report: CheckReport,
  output: Exclude<CheckFlags['output'], Jsonpath>,
  flags: CheckFlags,
  io: Io,
): string {
  switch (output) {
    case 'json':
      return renderJson(report);
    case 'junit':
      return renderJunit(report);
    case 'table':
      return renderCheckText(report, {
        width: io.out.isTerminal ? io.out.columns : PIPE_COLUMNS,
        palette: paletteFor(usesColor(io, io.out, flags)),
      });
  }
}
