/** `check`: what happens, or what was recorded, is held against expectations. */
import type { Expectation } from '../check/expectation.ts';
import { isProblem, type NamedExpectation, readChecks } from '../check/file.ts';
import { parseExpectation } from '../check/syntax.ts';
import { createTallies, type Tally } from '../check/tally.ts';
import { createTrial, type Trial } from '../check/verdict.ts';
import type { Io } from '../io/io.ts';
import type { CheckedCommand, CheckReport } from '../model/check.ts';
import { EXIT, EXIT_OF_JUDGEMENT } from '../model/exit-code.ts';
import type { PolicyReport } from '../model/policy-report.ts';
import { failure } from '../model/problem.ts';
import type { Summary } from '../model/summary.ts';
import { printable } from '../report/printable.ts';
import { type PeerPods, peerPodsOf } from './check-pods.ts';
import { missingPolicies } from './check-policies.ts';
import type { CheckFlags } from './check-request.ts';
import { type Listening, listen } from './listen.ts';
import { createNarrator, type Narrator } from './narrator.ts';
import { type ListenPlan, toListenPlan, usage } from './plan.ts';
import { isJsonpath, jsonpathOf } from './rows-flags.ts';
import { elapsed } from './until.ts';

const LOOK_EVERY_MS = 100;
const DEFAULT_DURATION_MS = 30_000;
/** What is not known by then is not said: the judgement does not wait for it. */
const VOUCH_MS = 5_000;

/** `liveFlags` are those given that have a meaning for a cluster only. */
export async function runCheck(
  targets: readonly string[],
  flags: CheckFlags,
  liveFlags: readonly string[],
  command: readonly string[],
  io: Io,
): Promise<number> {
  if (isJsonpath(flags.output)) await jsonpathOf(flags.output);
  const expectations = await readExpectations(flags, io);
  if (command.length > 0 && flags.duration !== undefined)
    throw usage('Give either --duration or a command after --: the window is the time that the command runs.');
  const report = await judge(targets, expectations, { flags, liveFlags, command, io });
  if (report === null) return EXIT.interrupted;
  const { present } = await import('./check-present.ts');
  await present(report, flags, io);
  return EXIT_OF_JUDGEMENT[report.judgement];
}

/** Null where it was interrupted: half a window proves nothing. */
async function judge(
  targets: readonly string[],
  expectations: readonly NamedExpectation[],
  { flags, liveFlags, command, io }: Omit<Run, 'narrator'> & { readonly liveFlags: readonly string[] },
): Promise<CheckReport | null> {
  if (flags.input !== undefined) {
    const { judgeRecordings } = await import('./check-recorded.ts');
    const behind = command.length === 0 ? [] : ['the command'];
    return judgeRecordings(flags.input, expectations, [...targets, ...liveFlags, ...behind], io);
  }
  const plan = toListenPlan(targets, flags, io.env);
  const narrator = createNarrator(io, flags);
  return tryOut(plan, expectations, { flags, command, io, narrator });
}

async function readExpectations(flags: CheckFlags, io: Io): Promise<readonly NamedExpectation[]> {
  const written = (flags.expect ?? []).map((text): NamedExpectation => {
    const expectation = parseExpectation(text);
    if (isProblem(expectation)) throw failure({ code: 'EXPECTATION_INVALID', name: null, ...expectation });
    return { name: null, expectation };
  });
  const files = await Promise.all(
    (flags.file ?? []).map(async (path) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of io.read(path)) chunks.push(Uint8Array.from(chunk));
      return readChecks(Buffer.concat(chunks).toString(), path);
    }),
  );
  const expectations = [...files.flat(), ...written];
  if (expectations.length === 0)
    throw usage('Say what is expected: --expect "rule1:ingress:allowed>=1", or -f checks.yaml.');
  return expectations;
}

interface Run {
  readonly flags: CheckFlags;
  readonly command: readonly string[];
  readonly io: Io;
  readonly narrator: Narrator;
}

async function tryOut(
  plan: ListenPlan,
  expectations: readonly NamedExpectation[],
  run: Run,
): Promise<CheckReport | null> {
  const { io, narrator, flags, command } = run;
  const isInterrupted = () => io.stop.aborted;
  let beganMs: number | null = null;
  let tallies: readonly Tally[] = [];
  const lookAgain: PeerPods['look'][] = [];
  const counting = expectations.flatMap(({ expectation }) => (expectation.kind === 'count' ? [expectation] : []));
  try {
    const listening = await listen(plan, io, narrator, {
      sink: async ({ plan: found, ...asking }) => {
        const peers = peerPodsOf(counting, plan.query.namespace, asking);
        lookAgain.push(async () => peers.look());
        const names = { identityName: found.identityName, podAddresses: peers.addresses };
        const made = createTallies(counting, () => beganMs, names);
        tallies = made.tallies;
        await peers.look();
        return { record: made.record, room: () => Promise.resolve() };
      },
    });
    try {
      await listening.opened;
      await listening.ready;
      narrator.settle();
      if (isInterrupted()) return null;
      const limits = import('./rate-limits.ts').then(async ({ rateLimits }) => rateLimits(listening.cluster));
      beganMs = io.clock.nowMs();
      const trial = createTrial(
        expectations,
        new Map<Expectation, Tally>(tallies.map((tally) => [tally.expectation, tally])),
        ({ text }, judgement) => narrator.detail(`${printable(text)}: ${judgement}`),
      );
      const began = beganMs;
      const moment = () => ({ elapsedMs: io.clock.nowMs() - began, isOver: false, summary: listening.summary() });
      const decided = untilDecided(trial, moment, listening, io);
      const ran = command.length === 0 ? null : await runBeside(command, run);
      const waitMs = command.length === 0 ? (flags.duration ?? DEFAULT_DURATION_MS) : flags.settle;
      await Promise.race([decided.promise, listening.over(waitMs)]);
      decided.stop();
      if (isInterrupted()) return null;
      const [summary] = await Promise.all([listening.finalSummary(), ...lookAgain.map(async (look) => look())]);
      const vouched = vouch(expectations, summary, limits, { listening, narrator });
      await Promise.race([vouched, elapsed(io.clock, VOUCH_MS, io.stop)]);
      return trial.report({ ...moment(), summary }, ran);
    } finally {
      await listening.stop();
    }
  } finally {
    narrator.settle();
  }
}

/** Says what a judgement cannot be built on. */
async function vouch(
  expectations: readonly NamedExpectation[],
  summary: Summary,
  asked: Promise<PolicyReport['rateLimited']>,
  { listening, narrator }: { readonly listening: Listening; readonly narrator: Narrator },
): Promise<void> {
  for (const problem of await missingPolicies(expectations, summary, listening.cluster)) narrator.warn(problem);
  const limits = await asked;
  if (limits.length === 0) return;
  const { rateLimitText } = await import('../report/policies-words.ts');
  narrator.tell(rateLimitText(limits));
}

/** A failing command is part of many checks: what it says is told, and not judged. */
async function runBeside(command: readonly string[], { flags, io }: Run): Promise<CheckedCommand> {
  const { runCommand } = await import('../io/child.ts');
  return runCommand(command, flags.output === 'table' ? 'stdout' : 'stderr', io.stop);
}

function untilDecided(
  trial: Trial,
  moment: () => Parameters<Trial['decide']>[0],
  listening: Pick<Listening, 'settle'>,
  io: Io,
) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let cancel = () => {};
  let isStopped = false;
  const look = async () => {
    const { elapsedMs } = moment();
    // What came within its time counts, although it still waits for its policy.
    if (trial.isDue(elapsedMs)) await listening.settle();
    if (isStopped) return;
    if (trial.decide({ ...moment(), elapsedMs })) resolve();
    else cancel = io.clock.after(LOOK_EVERY_MS, again);
  };
  const again = () => void look().catch(reject);
  again();
  return {
    promise,
    stop: () => {
      isStopped = true;
      cancel();
    },
  };
}
