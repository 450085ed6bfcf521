/** `events`: the attributed records themselves, one a line, live from all agents or from kept output. */
import { compileFilter, type Names } from '../filter/filter.ts';
import type { Io } from '../io/io.ts';
import { EXIT } from '../model/exit-code.ts';
import { failure } from '../model/problem.ts';
import type { Summary } from '../model/summary.ts';
import type { EventPrinter } from './event-printer.ts';
import type { EventsFlags } from './event-request.ts';
import { type EventTypes, needsVerbose } from './event-types.ts';
import { listen } from './listen.ts';
import { createNarrator, type Narrator } from './narrator.ts';
import { toldDialect } from './options.ts';
import { requireComplete } from './outcome.ts';
import { type ListenPlan, refuseBesideInput, toListenPlan } from './plan.ts';

const VERDICTS: EventTypes = { wanted: new Set(['policy-verdict']), joinsTranslations: false };

/** `liveFlags` are those given that have a meaning for a cluster only. */
export async function runEvents(
  targets: readonly string[],
  flags: EventsFlags,
  liveFlags: readonly string[],
  io: Io,
): Promise<number> {
  // A word that means nothing is told before anything is asked.
  compileFilter(flags, NO_NAMES);
  if (flags.input !== undefined) return printFiles([...targets, ...liveFlags], flags, flags.input, io);
  const { type, ...rest } = flags;
  const plan = toListenPlan(targets, rest, io.env);
  const narrator = createNarrator(io, flags);
  const types = type ?? VERDICTS;
  return follow({ ...plan, types: [...types.wanted] }, types, flags, io, narrator);
}

const NO_NAMES: Names = { identityName: () => null, podAddresses: () => [] };

async function follow(
  plan: ListenPlan,
  types: EventTypes,
  flags: EventsFlags,
  io: Io,
  narrator: Narrator,
): Promise<number> {
  const made = Promise.withResolvers<EventPrinter>();
  try {
    const listening = await listen(plan, io, narrator, {
      verbose: needsVerbose(types),
      sink: async (cluster) => {
        // Loaded while the streams are being opened: until then, every millisecond is theirs.
        const { eventsOfCluster } = await import('./event-sources.ts');
        const printer = await eventsOfCluster(cluster, types, flags, io, narrator);
        made.resolve(printer);
        return printer;
      },
    });
    try {
      await listening.opened;
      narrator.settle();
      if (io.stop.aborted) return EXIT.interrupted;
      const problem = await listening.over(flags.duration ?? null);
      const summary = await listening.finalSummary();
      await close(await made.promise, summary, flags, io);
      if (problem !== null) throw failure(problem);
      requireComplete(summary, flags.strict === true);
      return EXIT.done;
    } finally {
      await listening.stop();
    }
  } finally {
    narrator.settle();
  }
}

async function printFiles(
  superfluous: readonly string[],
  flags: EventsFlags,
  paths: readonly string[],
  io: Io,
): Promise<number> {
  refuseBesideInput(superfluous);
  const [{ openInputs }, { eventsOfFiles }] = await Promise.all([import('./inputs.ts'), import('./event-sources.ts')]);
  const inputs = await openInputs(paths, io);
  const printer = eventsOfFiles(flags.type ?? null, inputs.replay, flags, io);
  const summary = await inputs.summarize({ sink: printer, dialect: toldDialect(flags) });
  await close(printer, summary, flags, io);
  requireComplete(summary, flags.strict === true);
  return EXIT.done;
}

/** On stderr, so that stdout holds records and nothing else. */
async function close(printer: EventPrinter, summary: Summary, flags: EventsFlags, io: Io): Promise<void> {
  printer.end();
  await printer.room();
  if (flags.quiet === true) return;
  const { accountText } = await import('../report/event-account.ts');
  for (const line of accountText(printer.account(), summary)) io.err.write(`policystat: ${line}\n`);
}
