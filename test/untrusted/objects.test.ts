/** Objects of an API server and answers of an agent with anything in them: what is wrong is left out, and the rest is found. */
import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { policiesOfEndpoint } from '../../src/attribution/isolation.ts';
import { readPolicyMaps } from '../../src/attribution/policy-map.ts';
import { readPolicyObject } from '../../src/attribution/policy-object.ts';
import { readPolicyStatus } from '../../src/attribution/policy-status.ts';
import { readRealizedPolicies } from '../../src/attribution/realized-policy.ts';
import { readSelectors } from '../../src/attribution/selectors.ts';
import { readEndpointFacts } from '../../src/doctor/endpoints.ts';
import { Failure } from '../../src/model/problem.ts';
import { ask } from '../discovery/ask.ts';
import { captured, capturedCluster, type TestObject } from '../discovery/cluster.ts';
import { HOSTILE_TEXTS } from './texts.ts';

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(...Object.values(HOSTILE_TEXTS), -1, 1e308, 2 ** 60, {}, [], null),
);

interface Change {
  readonly steps: readonly number[];
  readonly value: unknown;
  /** Another value, or none at all. */
  readonly isMissing: boolean;
}

const changes = fc.array(
  fc.record({
    steps: fc.array(fc.nat({ max: 40 }), { minLength: 2, maxLength: 9 }),
    value: anything,
    isMissing: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Follows the steps down as far as they go, each the number of a field. */
function changed(value: unknown, { steps: [step, ...steps], value: other, isMissing }: Change): unknown {
  if (step === undefined || typeof value !== 'object' || value === null) return other;
  const entries = Object.entries(value);
  const at = step % Math.max(1, entries.length);
  const left = isMissing && steps.length === 0 ? entries.filter((_, index) => index !== at) : entries;
  const inner = left.map(([key, each]: [string, unknown], index) => {
    return [key, index === at && !isMissing ? changed(each, { steps, value: other, isMissing }) : each] as const;
  });
  return Array.isArray(value) ? inner.map(([, each]) => each) : Object.fromEntries(inner);
}

function allChanged(value: unknown, all: readonly Change[]): unknown {
  return all.reduce(changed, value);
}

function isObject(value: unknown): value is TestObject {
  const metadata = typeof value === 'object' && value !== null && 'metadata' in value ? value.metadata : null;
  return typeof metadata === 'object' && metadata !== null;
}

test('discovery finds what is whole', async () => {
  const plurals = ['pods', 'nodes', 'ciliumendpoints', 'ciliumidentities'] as const;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...plurals), changes, changes, async (plural, all, printed) => {
      const cluster = capturedCluster();
      const list = allChanged(cluster.objects.get(plural), all);
      // The fake server itself looks at names and labels.
      const objects = Array.isArray(list) ? list.filter(isObject) : [];
      cluster.objects.set(plural, objects);
      const agent = (node: string, command: string) =>
        JSON.stringify(
          allChanged(
            JSON.parse(captured(`${node.replace('k8s-', '')}--cilium-dbg_${command.replaceAll(' ', '_')}.json`)),
            printed,
          ),
        );
      try {
        const { plan } = await ask(cluster, { query: { allNamespaces: true }, agent });
        expect(plan.agents.length).toBeLessThanOrEqual(2);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
      }
    }),
    { numRuns: 300 },
  );
});

test.each<[string, string, (text: string) => unknown]>([
  ['the realized policy', 'node1--cilium-dbg_endpoint_get_733_-o_json.json', readRealizedPolicies],
  ['selectors', 'node1--cilium-dbg_policy_selectors_-o_json.json', readSelectors],
  ['policy maps', 'node1--cilium-dbg_bpf_policy_get_733_-o_json.json', readPolicyMaps],
  ["doctor's endpoints", 'node1--cilium-dbg_endpoint_list_-o_json.json', readEndpointFacts],
])('%s of an agent', (_, name, read) => {
  const whole: unknown = JSON.parse(captured(name));
  expect(read(captured(name))).not.toBeNull();
  fc.assert(
    fc.property(changes, (all) => {
      read(JSON.stringify(allChanged(whole, all)));
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.nat({ max: captured(name).length }), (end) => {
      read(captured(name).slice(0, end));
    }),
  );
  expect(read('['.repeat(100_000))).toBeNull();
});

test('policies that say anything', () => {
  const list: unknown = JSON.parse(captured('kubectl_get_cnp_-A_-o_json.json'));
  const {
    items: [policy],
  } = v.parse(v.object({ items: v.array(v.unknown()) }), list);
  expect(readPolicyObject(policy)).not.toBeNull();
  const labels = ['k8s:org=empire', 'k8s:class=deathstar', '', ':', '=', 'a:b=c=d'];
  fc.assert(
    fc.property(changes, (all) => {
      const made = allChanged(policy, all);
      const read = readPolicyObject(made);
      if (read !== null) policiesOfEndpoint([read], { labels, entries: { ingress: [], egress: [] } });
      readPolicyStatus(made);
    }),
    { numRuns: 1_000 },
  );
});
