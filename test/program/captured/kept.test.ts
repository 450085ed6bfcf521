/** What a real cluster's programs printed, kept in files: counted whole, named as far as it is named, and losses are told. */
import { expect, it } from 'vitest';
import { accountedFor, parseSummary, type SummaryJson } from '../cluster.ts';
import { run } from '../run.ts';
import { textOf } from './printed.ts';
import { capturedStream, NODES, SCENARIOS, streamPath } from './scenario.ts';
import { trueVerdicts } from './truth.ts';

async function summarized(inputs: readonly string[], stdin = ''): Promise<SummaryJson> {
  const { code, stdout, stderr } = await run(['summary', ...inputs, '-o', 'json'], { stdin });
  expect(code, stderr).toBe(0);
  const summary = parseSummary(stdout);
  expect(accountedFor(summary)).toBe(true);
  return summary;
}

/** Without a cluster nobody knows what isolates, nor what monitor does not print. */
function expectedNames(scenario: string, source: 'monitor' | 'hubble'): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { by, isolatedBy, isNamed, direction } of trueVerdicts(scenario)) {
    const names =
      isolatedBy.length > 0 ? ['//implicit-default-deny'] : source === 'hubble' && isNamed ? by : ['//unattributed'];
    for (const name of names) counts[`${direction} ${name}`] = (counts[`${direction} ${name}`] ?? 0) + 1;
  }
  return counts;
}

it.each(SCENARIOS.flatMap((scenario) => (['monitor', 'hubble'] as const).map((source) => [scenario, source] as const)))(
  '%s of %s',
  async (scenario, source) => {
    const summary = await summarized(NODES.flatMap((node) => ['--input', streamPath(scenario, node, source)]));
    const printed: Record<string, number> = {};
    // One policy may have several rows: of the same name, but known in another way.
    for (const { policy, direction, allowed, audited, denied } of summary.policies) {
      const name = `${direction} ${textOf(policy)}`;
      printed[name] = (printed[name] ?? 0) + allowed + audited + denied;
    }
    expect(printed).toEqual(expectedNames(scenario, source));
    const lines = NODES.flatMap((node) => capturedStream(scenario, node, source));
    expect(summary.records).toMatchObject({ received: lines.length, unparsed: 0 });
    expect(summary.completeness).toMatchObject({ status: 'unknown', reasons: ['offline-input'] });
  },
);

/** A monitor outside of the agent's container, whose agent restarted; Hubble's command in it ends. */
const RESTART = `time=2026-11-22T19:22:46.759938803Z level=warn msg="connection closed" subsys=cilium-dbg error=EOF
time=2026-11-22T19:23:22.170242076Z level=info msg="Initializing dissection cache..."
Policy verdict log: flow 0x4c7add78 local EP ID 733, remote ID 2371, proto 6, ingress, action deny, auth: disabled, match none, 10.244.1.126:53402 -> 10.244.0.94:80 tcp SYN
`;

it.each([
  ['monitor', RESTART, 1],
  ['hubble', 'rpc error: code = Unavailable desc = error reading from server: EOF\n', 0],
])('tells of an agent that went away: %s', async (_, text, denied) => {
  const summary = await summarized(['--input', '-'], text);
  expect(summary.totals.ingress.denied).toBe(denied);
  expect(summary.records.unparsed).toBe(0);
  expect(summary.completeness).toMatchObject({ status: 'partial', reasons: ['interrupted-input', 'offline-input'] });
  const { code, stderr } = await run(['summary', '--input', '-', '--strict'], { stdin: text });
  expect(code).toBe(4);
  expect(stderr).toContain('its agent went away');
});
