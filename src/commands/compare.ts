/** `compare`: two summaries held against each other, and what the exit code says of the difference. */
import { compareSummaries } from '../compare/compare.ts';
import type { Io } from '../io/io.ts';
import { EXIT, EXIT_OF_JUDGEMENT } from '../model/exit-code.ts';
import { readSide } from './compare-input.ts';
import { renderCompare } from './compare-present.ts';
import { type CompareFlags, sidesOf } from './compare-request.ts';
import { toldDialect } from './options.ts';
import { requireComplete } from './outcome.ts';
import { isJsonpath, jsonpathOf } from './rows-flags.ts';

export async function runCompare(files: readonly string[], flags: CompareFlags, io: Io): Promise<number> {
  const [a, b] = sidesOf(files, flags);
  // A wrong template is told before anything is read.
  if (isJsonpath(flags.output)) await jsonpathOf(flags.output);
  const dialect = toldDialect(flags);
  const before = await readSide(a, io, dialect);
  const after = await readSide(b, io, dialect);
  const report = compareSummaries(
    { input: nameOf(a), summary: before },
    { input: nameOf(b), summary: after },
    flags.failOn ?? [],
  );
  io.out.write(await renderCompare(report, flags, io));
  if (report.judgement !== null && report.judgement !== 'held') return EXIT_OF_JUDGEMENT[report.judgement];
  for (const side of [report.before, report.after]) requireComplete(side, flags.strict === true);
  return EXIT.done;
}

/** `-` alone is standard input. */
function nameOf(paths: readonly string[]): string {
  return paths.join(' + ');
}
