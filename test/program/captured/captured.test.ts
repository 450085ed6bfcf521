/** A real cluster's own bytes through the whole program: what is counted, and for whom, is what Hubble told of the same seconds. */
import { afterEach, expect, it } from 'vitest';
import { eventually } from '../../eventually.ts';
import { accountedFor, parseSummary, type SummaryJson } from '../cluster.ts';
import { type Running, start, untilAttributing } from '../run.ts';
import { type CapturedCluster, startCapturedCluster } from './cluster.ts';
import { parseReport, printedEvents, printedRows, textOf } from './printed.ts';
import { capturedObjects, SCENARIOS } from './scenario.ts';
import { NO_POLICY, otherLines, TRAFFIC, type TrueRow, type TrueVerdict, trueRows, trueVerdicts } from './truth.ts';

/** Nobody asked the real agents how they run. */
const NOT_CAPTURED = ' config --all';

let cluster: CapturedCluster | null = null;
let started: readonly Running[] = [];

afterEach(async () => {
  const ending = cluster;
  cluster = null;
  for (const one of started) one.process.kill();
  if (ending === null) return;
  try {
    await eventually('no process of the agents is left', () => ending.processes().length === 0);
    expect(ending.unanswered().filter((question) => !question.endsWith(NOT_CAPTURED))).toEqual([]);
  } finally {
    await ending.stop();
  }
});

/** Each source for everyone and for some. */
const PROGRAMS = {
  summaryOfAll: ['summary', '-A', '--source', 'monitor', '--duration', '1h', '--traffic', '-o', 'json'],
  eventsOfSome: ['events', '--pod', 'deathstar', '--source', 'monitor', '-o', 'jsonl'],
  summaryOfSome: ['summary', '--pod', 'deathstar', '--source', 'hubble', '--duration', '1h', '--traffic', '-o', 'json'],
  eventsOfAll: ['events', '-A', '--source', 'hubble', '-o', 'jsonl'],
  policies: ['policies', '-A', '--source', 'auto', '--duration', '1h', '-o', 'json'],
} as const;

/** Of each monitor one at each node, and of each Hubble another for what the agents say of themselves. */
const LISTENERS = 2 * (2 * 1 + 3 * 2);

const COUNTERS = ['node1 --all', 'node2 --all', 'node1 1026', 'node2 1062'].map((which) => {
  const [node = '', endpoint = ''] = which.split(' ');
  return `${node} cilium-dbg bpf policy get ${endpoint} -o json`;
});

/** What each program prints while the seconds of the capture pass; so many events are awaited. */
async function observe(
  scenario: string,
  events: { all: number; some: number },
): Promise<Record<keyof typeof PROGRAMS, string>> {
  const captured = await startCapturedCluster(scenario);
  cluster = captured;
  const run = (name: keyof typeof PROGRAMS) =>
    start([...PROGRAMS[name], '-v'], { kubeconfig: captured.kubeconfigPath });
  const programs = {
    summaryOfAll: run('summaryOfAll'),
    eventsOfSome: run('eventsOfSome'),
    summaryOfSome: run('summaryOfSome'),
    eventsOfAll: run('eventsOfAll'),
    policies: run('policies'),
  };
  started = Object.values(programs);
  await eventually('all listen', () => captured.listeners() === LISTENERS);
  await Promise.all(started.map(async (running) => untilAttributing(running)));
  await eventually('the counters are read', () => COUNTERS.every((asked) => captured.answered().includes(asked)));
  await captured.play();
  const lines = (count: number) => (stdout: string) => stdout.split('\n').length - 1 >= count;
  await programs.eventsOfAll.until(lines(events.all));
  await programs.eventsOfSome.until(lines(events.some));
  const stdoutOf = async (running: Running) => {
    running.process.kill('SIGINT');
    const { code, stdout, stderr } = await running.outcome;
    expect(code, stderr).toBe(0);
    return stdout;
  };
  const summaries = await Promise.all([stdoutOf(programs.summaryOfAll), stdoutOf(programs.summaryOfSome)]);
  const [summaryOfAll, summaryOfSome] = summaries;
  const eventsOfAll = await stdoutOf(programs.eventsOfAll);
  const eventsOfSome = await stdoutOf(programs.eventsOfSome);
  const policies = await stdoutOf(programs.policies);
  return { summaryOfAll, eventsOfSome, summaryOfSome, eventsOfAll, policies };
}

function gradeOf(source: string, { by, isNamed }: Pick<TrueRow, 'by' | 'isNamed'>): string {
  if (by === NO_POLICY) return 'unattributed';
  return isNamed ? (source === 'hubble' ? 'correlated' : 'derived') : 'default-deny';
}

function expectedRows(source: string, verdicts: readonly TrueVerdict[]) {
  return trueRows(verdicts).map(({ isNamed, ...row }) => ({
    ...row,
    grade: gradeOf(source, { ...row, isNamed }),
    redirected: 0,
  }));
}

function expectedTotals(verdicts: readonly TrueVerdict[], direction: TrueVerdict['direction']) {
  const own = verdicts.filter((one) => one.direction === direction);
  const of = (outcome: string) => own.filter((one) => one.outcome === outcome);
  return {
    allowed: of('allowed').length,
    redirected: 0,
    audited: of('audited').length,
    denied: of('denied').length,
    attempts: new Set(of('denied').map(({ flow }) => flow)).size,
  };
}

function checkSummary(stdout: string, source: string, verdicts: readonly TrueVerdict[], heard: number): SummaryJson {
  const summary = parseSummary(stdout);
  expect(summary.source.kind).toBe(source);
  expect(printedRows(summary)).toEqual(expectedRows(source, verdicts));
  expect(summary.totals).toEqual({
    ingress: expectedTotals(verdicts, 'ingress'),
    egress: expectedTotals(verdicts, 'egress'),
  });
  expect(accountedFor(summary)).toBe(true);
  expect(summary.records).toMatchObject({ received: heard, counted: verdicts.length, unparsed: 0 });
  expect(summary.completeness).toMatchObject({ status: 'full', lost: 0, gaps: [], reasons: [] });
  return summary;
}

function checkTraffic({ policies }: SummaryJson, expected: (typeof TRAFFIC)[string]): void {
  const named = policies.filter(({ policy }) => policy.kind !== null);
  const measured = named.map(({ policy, traffic }) => [policy.name, traffic] as const);
  const figures = ([packets, bytes]: readonly [number, number]) => ({
    packets,
    bytes,
    shared: false,
    lowerBound: false,
  });
  expect(Object.fromEntries(measured)).toEqual(
    Object.fromEntries(Object.entries(expected).map(([name, counted]) => [name, figures(counted)])),
  );
}

const ACTIONS = { allowed: 'allow', audited: 'audit', denied: 'deny' } as const;

function expectedEvents(source: string, verdicts: readonly TrueVerdict[]): readonly string[] {
  return verdicts
    .map(({ node, endpoint, direction, outcome, flow, by, isNamed }) =>
      [node, endpoint, direction, ACTIONS[outcome], flow, gradeOf(source, { by: by[0] ?? '', isNamed }), ...by].join(
        ' ',
      ),
    )
    .sort();
}

function checkPolicies(stdout: string, scenario: string, verdicts: readonly TrueVerdict[]): void {
  const { policies, listedFrom, unattributed } = parseReport(stdout);
  expect({ listedFrom, unattributed }).toEqual({ listedFrom: 'api', unattributed: 0 });
  for (const { policy, seen, standing, enforcement } of policies) {
    const name = textOf(policy);
    const own = verdicts.filter(({ by }) => by.includes(name));
    const isolated = verdicts.filter(({ isolatedBy }) => isolatedBy.includes(name));
    const of = (some: readonly TrueVerdict[], outcome: string) => some.filter((one) => one.outcome === outcome).length;
    expect(seen, name).toEqual({
      allowed: of(own, 'allowed'),
      denied: of(own, 'denied'),
      defaultDenied: of(isolated, 'denied'),
      defaultAudited: of(isolated, 'audited'),
    });
    expect(standing, name).toBe(own.length > 0 ? 'seen' : 'rules-not-seen');
    expect(enforcement.status, name).toBe(scenario === '04-audit' ? 'audited' : 'enforced');
  }
  const applied = capturedObjects(scenario).filter(({ kind }) => kind.endsWith('Policy'));
  const names = policies.map(({ policy }) => policy.name);
  expect(names.sort()).toEqual(applied.map(({ metadata }) => metadata.name).sort());
}

it('every scenario has its truth', () => {
  expect(Object.keys(TRAFFIC)).toEqual(SCENARIOS);
});

it.each(SCENARIOS)('%s', async (scenario) => {
  const all = trueVerdicts(scenario);
  const some = all.filter(({ pod }) => pod.startsWith('deathstar'));
  const printed = await observe(scenario, { all: all.length, some: some.length });
  const received = (source: 'monitor' | 'hubble') => all.length + otherLines(scenario, source);
  const summary = checkSummary(printed.summaryOfAll, 'monitor', all, received('monitor'));
  checkTraffic(summary, TRAFFIC[scenario] ?? {});
  checkSummary(printed.summaryOfSome, 'hubble', some, received('hubble'));
  expect(printedEvents(printed.eventsOfSome)).toEqual(expectedEvents('monitor', some));
  expect(printedEvents(printed.eventsOfAll)).toEqual(expectedEvents('hubble', all));
  checkPolicies(printed.policies, scenario, all);
});
