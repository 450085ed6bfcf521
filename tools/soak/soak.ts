/** `npm run soak`: policystat against a demo cluster in which something goes wrong every few seconds; what it costs, and whether the counts are right. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startDemoCluster } from '../../src/demo/demo-cluster.ts';
import { FAULTS } from './faults.ts';
import { NODES, raiseFleet } from './fleet.ts';
import { observe, type Sample } from './observed.ts';
import { type Account, countedBy, round } from './rounds.ts';
import { createSender, type Sender, sum } from './sender.ts';

const PEACE_MS = 3_000;
const MB = 1024 * 1024;
const HEADER = 'minute  sent  RSS MB  heap MB  sockets  timers  loop delay ms: p50  p99  max';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '2000' },
    endpoints: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    'sample-every': { type: 'string', default: '60' },
  },
});
const number = (name: keyof typeof values): number => {
  const value = Number(values[name]);
  if (!(value > 0)) throw new RangeError(`--${name} is not a positive number`);
  return value;
};
const say = (line: string) => void process.stdout.write(`${line}\n`);

const startMs = Date.now();
let endMs = startMs + number('minutes') * 60_000;
// Ctrl-C ends it early, with the account.
process.once('SIGINT', () => {
  endMs = 0;
});
let sender: Sender | null = null;
let nextRowMs = 0;
const rows: Sample[] = [];

function sampled(sample: Sample): void {
  const nowMs = Date.now();
  if (nowMs < nextRowMs) return;
  nextRowMs = nowMs + number('sample-every') * 1000;
  rows.push(sample);
  const { rss, heapUsed, sockets, timers, p50Ms, p99Ms, maxMs } = sample;
  const cells = [
    ((nowMs - startMs) / 60_000).toFixed(1),
    sum(sender?.sent ?? new Map()),
    (rss / MB).toFixed(0),
    (heapUsed / MB).toFixed(0),
    sockets,
    timers,
    ...[p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(1)),
  ];
  say(cells.join('  '));
}

const demo = await startDemoCluster({
  dialect: 'cilium',
  rate: 0,
  seed: number('seed'),
  programsFolder: fileURLToPath(new URL('../../dist/demo/', import.meta.url)),
  replaceAgent: (node, cilium) => (invocation) => {
    const known = NODES.find((one) => one === node);
    const isListening = invocation.argv[0] === 'monitor' && !invocation.argv.some((arg) => /^(-h|--help)$/.test(arg));
    // From here on it would be heard, and when exactly only the summary tells.
    if (known !== undefined && isListening) sender?.hold(known);
    return cilium(invocation);
  },
});
try {
  const shot = raiseFleet(demo, number('endpoints'));
  const args = ['watch', '-n', 'default', '-o', 'jsonl', '--interval', '500ms', '--request-timeout', '3s'];
  const observed = observe(demo.kubeconfigPath, args, sampled);
  await observed.until('listens', ({ source }) => source.agents.every(({ state }) => state === 'streaming'));
  sender = createSender(demo, shot, number('rate'));
  const account: Account = { missed: new Map() };
  say(HEADER);
  const surroundings = { demo, sender, observed, peaceMs: PEACE_MS };
  let rounds = 0;
  // The seed decides with which fault it begins.
  for (let next = number('seed') - 1; Date.now() < endMs; next += 1) {
    const fault = FAULTS[next % FAULTS.length];
    if (fault === undefined) break;
    await round(surroundings, fault, account);
    rounds += 1;
  }
  const code = await observed.stop();
  const summary = observed.latest();
  const counted = countedBy(observed);
  if (summary === null) throw new Error('policystat printed no summary');
  const { records, completeness } = summary;
  say('\nrow: sent = counted + inside gaps');
  let isRight = code === 0;
  for (const [row, events] of [...sender.sent].sort()) {
    const missed = account.missed.get(row) ?? 0;
    const heard = counted.get(row) ?? 0;
    say(`${row}: ${events} = ${heard} + ${missed}`);
    isRight &&= events === heard + missed;
  }
  const ignored = Object.values(records.ignored).reduce((total, events) => total + events, 0);
  isRight &&= sum(counted) === [...sender.sent.keys()].reduce((total, row) => total + (counted.get(row) ?? 0), 0);
  isRight &&= records.received === records.counted + ignored + records.unparsed && completeness.lost === 0;
  say(
    `all: ${sum(sender.sent)} = ${sum(counted)} + ${sum(account.missed)}, lost ${completeness.lost}; ` +
      `${rounds} faults, ${completeness.gaps.length} gaps told`,
  );
  say(`records: ${JSON.stringify(records)}; exit code ${String(code)}`);
  say(isRight ? 'the counts are exact' : 'the counts are WRONG');
  if (!isRight) process.exitCode = 1;
} finally {
  await demo.stop();
}
