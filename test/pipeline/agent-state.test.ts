/** Checks how an agent's state is asked for: how often, and what an endpoint that is gone takes from the others. */
import { expect, test } from 'vitest';
import { createAnswers } from '../../src/attribution/answers.ts';
import { createAttributor } from '../../src/attribution/attributor.ts';
import { keepState } from '../../src/pipeline/agent-state.ts';
import { countCost } from '../../src/pipeline/question-cost.ts';
import { verdictOf } from '../attribution/verdict.ts';
import { createFakeClock } from './fake-clock.ts';

const EVERYONE = '&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{},}';

function endpointText(id: number): string {
  const rule = JSON.stringify({ port: 80, protocol: 'TCP', 'l7-rules': [{ [EVERYONE]: null }] });
  const labels = [
    ['k8s:io.cilium.k8s.policy.derived-from=CiliumNetworkPolicy', `k8s:io.cilium.k8s.policy.name=of-${id}`],
  ];
  const l4 = { ingress: [{ rule, 'derived-from-rules': labels, 'rules-by-selector': { [EVERYONE]: labels } }] };
  return JSON.stringify([
    { id, status: { policy: { realized: { 'policy-enabled': 'ingress', 'policy-revision': 2, l4 } } } },
  ]);
}

function surroundings(gone: ReadonlySet<number>) {
  const clock = createFakeClock(100_000);
  const asked: string[] = [];
  const counted = countCost(
    'node1',
    (args) => {
      asked.push(args.join(' '));
      const id = Number(args[2]);
      if (args[0] !== 'endpoint') return Promise.resolve('[]');
      return gone.has(id) ? Promise.reject(new Error('404')) : Promise.resolve(endpointText(id));
    },
    clock,
  );
  const attributor = createAttributor(createAnswers());
  const keeper = keepState(attributor, { ask: counted.ask, policies: () => Promise.resolve([]) }, clock);
  const nameOf = (endpoint: number) =>
    attributor.attribute(verdictOf({ endpoint, match: 'L4-Only' }), clock.nowMs()).policies.map(({ name }) => name);
  const endpointGets = () => asked.filter((args) => args.startsWith('endpoint get'));
  return { clock, keeper, nameOf, endpointGets, cost: counted.cost };
}

/** Lets everything that is answered already be dealt with. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('an endpoint that is gone takes nothing from the others, and is asked for every ten seconds at most', async () => {
  const { clock, keeper, nameOf, endpointGets } = surroundings(new Set([7]));
  await keeper.read([7, 8]);
  expect(nameOf(8)).toEqual(['of-8']);
  expect(nameOf(7)).toEqual([]);
  expect(endpointGets()).toEqual(['endpoint get 7 -o json', 'endpoint get 8 -o json']);
  for (let second = 0; second < 9; second += 1) {
    clock.advance(1000);
    nameOf(7);
    keeper.refresh();
    await settled();
  }
  expect(endpointGets()).toHaveLength(2);
  clock.advance(1000);
  await settled();
  expect(endpointGets().slice(2)).toEqual(['endpoint get 7 -o json']);
});

test('an endpoint is asked for once, however many verdicts it has, and five of them with one list', async () => {
  const { clock, keeper, nameOf, endpointGets, cost } = surroundings(new Set());
  await keeper.read([8]);
  for (let verdict = 0; verdict < 100; verdict += 1) {
    clock.advance(100);
    expect(nameOf(8)).toEqual(['of-8']);
    keeper.refresh();
  }
  await settled();
  expect(endpointGets()).toHaveLength(1);
  await keeper.read([1, 2, 3, 4, 5]);
  expect(endpointGets()).toHaveLength(1);
  expect(cost()).toMatchObject({ node: 'node1', endpointCalls: 2, failedCalls: 0 });
  expect(cost().bytes).toBeGreaterThan(endpointText(8).length);
});

test('the policies are asked for when the agent has answered: it may have realized one meanwhile', async () => {
  const clock = createFakeClock(100_000);
  const answered: string[] = [];
  const ask = async ([what = '']: readonly string[]) => {
    await settled();
    answered.push(what);
    return what === 'endpoint' ? endpointText(8) : '[]';
  };
  const policies = () => {
    answered.push('policies');
    return Promise.resolve([]);
  };
  await keepState(createAttributor(createAnswers()), { ask, policies }, clock).read([8]);
  expect(answered.at(-1)).toBe('policies');
  expect(answered).toHaveLength(3);
});
