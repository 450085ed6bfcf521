/** `policies`: what each policy is good for, by the cluster's own objects, the agents' state and what is heard for a while. */
import type { Io } from '../io/io.ts';
import { EXIT } from '../model/exit-code.ts';
import type { PolicyReport } from '../model/policy-report.ts';
import { Failure, failure } from '../model/problem.ts';
import { listen } from './listen.ts';
import { createNarrator, type Narrator } from './narrator.ts';
import { toldDialect } from './options.ts';
import { requireComplete } from './outcome.ts';
import { type ListenPlan, refuseBesideInput, toListenPlan } from './plan.ts';
import type { PoliciesFlags } from './policies-request.ts';
import { checkRows } from './rows-flags.ts';

/** `liveFlags` are those given that have a meaning for a cluster only. */
export async function runPolicies(
  targets: readonly string[],
  flags: PoliciesFlags,
  liveFlags: readonly string[],
  io: Io,
): Promise<number> {
  await checkRows(flags, async () =>
    (await import('../report/policies-fields.ts')).policiesColumns(flags.traffic === true || flags.input !== undefined),
  );
  if (flags.input !== undefined) return reportFiles([...targets, ...liveFlags], flags, flags.input, io);
  const plan = toListenPlan(targets, flags, io.env);
  const narrator = createNarrator(io, flags);
  try {
    return await listenAndReport(plan, flags, io, narrator);
  } catch (error) {
    if (!isEmptyNamespace(error, plan)) throw error;
    const { reportWithoutPods } = await import('./policies-sources.ts');
    return await present(await reportWithoutPods(plan, io), flags, io);
  } finally {
    narrator.settle();
  }
}

async function listenAndReport(plan: ListenPlan, flags: PoliciesFlags, io: Io, narrator: Narrator): Promise<number> {
  const listening = await listen(plan, io, narrator);
  try {
    await listening.opened;
    // What the slowest agent says counts for as long as what the others say.
    await listening.ready;
    narrator.settle();
    if (io.stop.aborted) return EXIT.interrupted;
    const problem = await listening.over(flags.duration);
    const summary = await listening.finalSummary();
    const { reportCluster } = await import('./policies-sources.ts');
    const exitCode = await present(await reportCluster(summary, plan, listening.cluster), flags, io);
    if (problem !== null) throw failure(problem);
    return exitCode;
  } finally {
    await listening.stop();
  }
}

/** Policies may well be there where no pod is. */
function isEmptyNamespace(error: unknown, { query }: ListenPlan): boolean {
  if (!(error instanceof Failure) || error.problem.code !== 'NO_POD_MATCHES') return false;
  return error.problem.selector === '' && query.namespace !== null && !query.allNamespaces;
}

async function reportFiles(
  superfluous: readonly string[],
  flags: PoliciesFlags,
  paths: readonly string[],
  io: Io,
): Promise<number> {
  refuseBesideInput(superfluous);
  const [{ openInputs }, { reportPolicies }] = await Promise.all([
    import('./inputs.ts'),
    import('../inventory/report.ts'),
  ]);
  const inputs = await openInputs(paths, io);
  const summary = await inputs.summarize({ dialect: toldDialect(flags) });
  return present(reportPolicies(summary, { kind: 'files', namespace: null }, null), flags, io);
}

async function present(report: PolicyReport, flags: PoliciesFlags, io: Io): Promise<number> {
  const { renderPolicies } = await import('./policies-present.ts');
  io.out.write(await renderPolicies(report, flags, io));
  requireComplete(report, flags.strict === true);
  return EXIT.done;
}
