/** The rounds of a soak: in peace until everything is counted, then a fault, then the account of what it cost. */
import type { DemoCluster } from '../../src/demo/demo-cluster.ts';
import type { Fault } from './faults.ts';
import { NODES } from './fleet.ts';
import type { Observed } from './observed.ts';
import { add, type Sender, sum, type Tally } from './sender.ts';

/** How long anything may take until it is counted or back. */
const PATIENCE_MS = 60_000;
/** Counts that have not moved for so long are not going to. */
const STILL_MS = 4_000;
/** What the agent has told may still be on its way when the connection goes. */
const ON_ITS_WAY_MS = 1_000;
/** Between the start of the load and a fault that is to strike amid it. */
const WARM_MS = 400;

export interface Surroundings {
  readonly demo: DemoCluster;
  readonly sender: Sender;
  readonly observed: Observed;
  readonly peaceMs: number;
}

export interface Account {
  /** By row: what was sent and not heard, and has to be inside a gap. */
  readonly missed: Tally;
}

export async function round({ demo, sender, observed, peaceMs }: Surroundings, fault: Fault, account: Account) {
  sender.start();
  await wait(peaceMs);
  sender.pause();
  await allCounted(sender, observed, account);

  const startMs = Date.now();
  const before = new Map(sender.missed);
  if (fault.strikes === 'amid') {
    sender.start();
    await wait(WARM_MS);
    await fault.strike(demo);
  } else {
    for (const node of fault.nodes) sender.deaf(node);
    // In this order: the fault strikes before anything more is sent.
    const over = fault.strike(demo);
    sender.start();
    await over;
  }
  const struckMs = Date.now();
  await observed.until(
    `back after: ${fault.name}`,
    ({ source, completeness }) =>
      source.agents.every(({ state }) => state === 'streaming') &&
      fault.nodes.every((node) =>
        completeness.gaps.some((gap) => gap.node === node && gap.to !== null && Date.parse(gap.to) >= struckMs),
      ),
    PATIENCE_MS,
  );
  for (const node of NODES) sender.hearing(node);
  sender.pause();
  if (fault.strikes === 'before') {
    for (const [row, events] of sender.missed) add(account.missed, row, events - (before.get(row) ?? 0));
    await allCounted(sender, observed, account);
    for (const node of fault.nodes) {
      const span = sender.missedSpan(node);
      if (span !== null) insideGaps(observed, node, [span.firstMs, span.lastMs]);
    }
  } else await settle(sender, observed, account, startMs);
}

/** Not one more and not one less, in every row. */
async function allCounted(sender: Sender, observed: Observed, account: Account): Promise<void> {
  const expected = new Map([...sender.sent].map(([row, events]) => [row, events - (account.missed.get(row) ?? 0)]));
  await observed.until(
    `counts are ${JSON.stringify([...expected])}`,
    () => {
      const counted = countedBy(observed);
      return [...expected].every(([row, events]) => counted.get(row) === events) && sum(counted) === sum(expected);
    },
    PATIENCE_MS,
  );
}

/** Where a stream was cut amid the load: what is not counted now was lost with it, and has to be inside a gap. */
async function settle(sender: Sender, observed: Observed, account: Account, startMs: number): Promise<void> {
  let counted = countedBy(observed);
  for (let stillMs = 0; stillMs < STILL_MS; stillMs += 500) {
    await wait(500);
    const next = countedBy(observed);
    if (sum(next) !== sum(counted)) stillMs = 0;
    counted = next;
  }
  let lost = 0;
  for (const [row, events] of sender.sent) {
    const missing = events - (account.missed.get(row) ?? 0) - (counted.get(row) ?? 0);
    if (missing < 0) throw new Error(`${row}: ${-missing} verdicts were counted that nobody sent`);
    add(account.missed, row, missing);
    lost += missing;
  }
  const gaps = observed.latest()?.completeness.gaps ?? [];
  const inGaps = NODES.flatMap((node) => sender.sentAt(node, startMs).filter((atMs) => isInside(gaps, node, atMs)));
  if (lost > inGaps.length) throw new Error(`${lost} verdicts were lost, of which ${inGaps.length} are inside gaps`);
}

type Gaps = NonNullable<ReturnType<Observed['latest']>>['completeness']['gaps'];

function isInside(gaps: Gaps, node: string, atMs: number): boolean {
  return gaps.some(
    (gap) =>
      gap.node === node &&
      atMs >= Date.parse(gap.from) - ON_ITS_WAY_MS &&
      (gap.to === null || atMs <= Date.parse(gap.to)),
  );
}

function insideGaps(observed: Observed, node: string, atMs: readonly number[]): void {
  const gaps = observed.latest()?.completeness.gaps ?? [];
  const outside = atMs.filter((one) => !isInside(gaps, node, one));
  if (outside.length > 0)
    throw new Error(`${node}: missed at ${outside.join(', ')}, outside of ${JSON.stringify(gaps.slice(-3))}`);
}

export function countedBy(observed: Observed): Tally {
  const counted: Tally = new Map();
  for (const { policy, direction, allowed, redirected, audited, denied } of observed.latest()?.policies ?? [])
    add(counted, `${policy.name} ${direction}`, allowed + redirected + audited + denied);
  return counted;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
