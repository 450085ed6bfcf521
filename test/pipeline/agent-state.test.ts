/** Checks how an agent's state is asked for: how often, in which order, and what an endpoint that is gone takes from the others. */
import { expect, test } from 'vitest';
import { createAnswers } from '../../src/attribution/answers.ts';
import { createAttributor } from '../../src/attribution/attributor.ts';
import { keepState } from '../../src/pipeline/agent-state.ts';
import { countCost } from '../../src/pipeline/question-cost.ts';
import { verdictOf } from '../attribution/verdict.ts';
import { createFakeClock } from './fake-clock.ts';

const EVERYONE = '&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{},}';
const HOUR_MS = 3_600_000;

interface AgentWord {
  readonly revision: number;
  readonly state: string;
}

function endpointText(id: number, { revision, state }: AgentWord): string {
  const rule = JSON.stringify({ port: 80, protocol: 'TCP', 'l7-rules': [{ [EVERYONE]: null }] });
  const labels = [
    ['k8s:io.cilium.k8s.policy.derived-from=CiliumNetworkPolicy', `k8s:io.cilium.k8s.policy.name=of-${id}`],
  ];
  const l4 = { ingress: [{ rule, 'derived-from-rules': labels, 'rules-by-selector': { [EVERYONE]: labels } }] };
  const realized = { 'policy-enabled': 'ingress', 'policy-revision': revision, l4 };
  return JSON.stringify([{ id, status: { state, policy: { realized } } }]);
}

function surroundings(gone: ReadonlySet<number> = new Set(), selectors = '[]') {
  const clock = createFakeClock(100_000);
  const asked: { readonly args: string; readonly atMs: number }[] = [];
  const word = { revision: 2, state: 'ready' };
  const note = (args: string) => asked.push({ args, atMs: clock.nowMs() - 100_000 });
  const counted = countCost(
    'node1',
    (args) => {
      note(args.join(' '));
      const [what, how, id] = args;
      if (what !== 'endpoint') return Promise.resolve(selectors);
      // None of them is among those that the agent has.
      if (how === 'list') return Promise.resolve('[]');
      return gone.has(Number(id)) ? Promise.reject(new Error('404')) : Promise.resolve(endpointText(Number(id), word));
    },
    clock,
  );
  const attributor = createAttributor(createAnswers());
  const ending = new AbortController();
  const policies = () => {
    note('policies');
    return Promise.resolve([]);
  };
  const keeper = keepState(attributor, { ask: counted.ask, policies }, { clock, signal: ending.signal });
  const nameOf = (endpoint: number) =>
    attributor.attribute(verdictOf({ endpoint, match: 'L4-Only' }), clock.nowMs()).policies.map(({ name }) => name);
  const endpointGets = () => asked.map(({ args }) => args).filter((args) => args.startsWith('endpoint get'));
  /** A verdict each second, as if nobody knew what became of the last. */
  const pass = async (ms: number, endpoints: readonly number[], word: () => void = () => {}) => {
    for (let second = 0; second < ms / 1000; second += 1) {
      await clock.run(1000);
      word();
      for (const endpoint of endpoints) nameOf(endpoint);
      keeper.refresh();
    }
  };
  const notice = (text: string, message: unknown) =>
    attributor.notice({ type: 'agent', notice: text, text: JSON.stringify(message) }, clock.nowMs());
  const read = async (endpoints: readonly number[]) => {
    const reading = keeper.read(endpoints);
    await clock.run(5_000);
    return reading;
  };
  return { clock, keeper, nameOf, endpointGets, asked, word, pass, notice, read, ending, cost: counted.cost };
}

test('an endpoint that is gone takes nothing from the others, and is asked for ever more seldom', async () => {
  const { nameOf, endpointGets, pass, read } = surroundings(new Set([7]));
  await read([7, 8]);
  expect(nameOf(8)).toEqual(['of-8']);
  expect(nameOf(7)).toEqual([]);
  expect(endpointGets()).toEqual(['endpoint get 7 -o json', 'endpoint get 8 -o json']);
  await pass(4_000, [7]);
  expect(endpointGets()).toHaveLength(2);
  await pass(2_000, [7]);
  expect(endpointGets().slice(2)).toEqual(['endpoint get 7 -o json']);
  await pass(HOUR_MS, [7]);
  expect(endpointGets().length).toBeLessThan(70);
});

test('an endpoint that is gone is not asked for where nobody has verdicts of it', async () => {
  const { asked, pass, notice, read } = surroundings(new Set([7]));
  await read([7]);
  notice('Policy updated', { revision: 3 });
  await pass(HOUR_MS, []);
  expect(asked.filter(({ args }) => args.startsWith('endpoint'))).toHaveLength(1);
});

test('endpoints that no list has are asked for ever more seldom', async () => {
  const { asked, pass, read } = surroundings();
  expect(await read([1, 2, 3, 4, 5])).toBe(true);
  await pass(HOUR_MS, [1, 2, 3, 4, 5]);
  expect(asked.filter(({ args }) => args.startsWith('endpoint')).length).toBeLessThan(70);
});

test('an endpoint is asked for once, however many verdicts it has, and five of them with one list', async () => {
  const { clock, keeper, nameOf, endpointGets, read, cost } = surroundings();
  await read([8]);
  for (let verdict = 0; verdict < 100; verdict += 1) {
    await clock.run(100);
    expect(nameOf(8)).toEqual(['of-8']);
    keeper.refresh();
  }
  expect(endpointGets()).toHaveLength(1);
  await read([1, 2, 3, 4, 5]);
  expect(endpointGets()).toHaveLength(1);
  expect(cost()).toMatchObject({ node: 'node1', endpointCalls: 2, failedCalls: 0 });
  expect(cost().bytes).toBeGreaterThan(endpointText(8, { revision: 2, state: 'ready' }).length);
});

test('selectors and policies are asked for after the endpoints, and nothing counts until announcements of before have arrived', async () => {
  const { clock, keeper, nameOf, asked, notice, word } = surroundings();
  const reading = keeper.read([8]);
  await clock.run(249);
  expect(asked.map(({ args }) => args)).toEqual(['endpoint get 8 -o json', 'policy selectors -o json', 'policies']);
  expect(nameOf(8)).toEqual([]);
  notice('Policy updated', { revision: 3 });
  await clock.run(1);
  expect(nameOf(8)).toEqual([]);
  word.revision = 3;
  await clock.run(2_000);
  await reading;
  expect(nameOf(8)).toEqual(['of-8']);
});

test('thousands of changes are read once a second', async () => {
  const { clock, nameOf, endpointGets, word, notice, keeper, read } = surroundings();
  await read([8]);
  for (let change = 0; change < 5_000; change += 1) {
    word.revision += 1;
    notice('Policy updated', { revision: word.revision });
    await clock.run(10);
    keeper.refresh();
  }
  expect(endpointGets().length).toBeGreaterThan(40);
  expect(endpointGets().length).toBeLessThan(52);
  await clock.run(3_000);
  expect(nameOf(8)).toEqual(['of-8']);
  await clock.run(HOUR_MS);
  expect(endpointGets().length).toBeLessThan(54);
});

test('a revision that never comes is asked for ever more seldom, and at once where the agent has news', async () => {
  const { clock, nameOf, endpointGets, word, pass, notice, read } = surroundings();
  await read([8]);
  notice('Policy updated', { revision: 3 });
  await pass(HOUR_MS, [8]);
  expect(endpointGets().length).toBeGreaterThan(50);
  expect(endpointGets().length).toBeLessThan(75);
  word.revision = 3;
  notice('Endpoint regenerated', { id: 8, labels: [] });
  await pass(1_000, [8]);
  await clock.run(2_000);
  expect(nameOf(8)).toEqual(['of-8']);
});

test('without verdicts, a revision that never comes is given up', async () => {
  const { asked, pass, notice, read } = surroundings();
  await read([8]);
  notice('Policy updated', { revision: 3 });
  await pass(HOUR_MS, []);
  expect(asked.filter(({ args }) => args.startsWith('endpoint')).length).toBeLessThan(12);
});

test('selectors that cannot be read are asked for ever more seldom', async () => {
  const { asked, pass, read } = surroundings(new Set(), 'no JSON');
  expect(await read([8])).toBe(false);
  await pass(HOUR_MS, [8]);
  expect(asked.filter(({ args }) => args.startsWith('endpoint')).length).toBeLessThan(70);
});

test('an endpoint that the agent is at work on is waited for', async () => {
  const { clock, keeper, nameOf, endpointGets, word } = surroundings();
  word.state = 'regenerating';
  const reading = keeper.read([8]);
  let isOver = false;
  void reading.then(() => {
    isOver = true;
  });
  await clock.run(1_000);
  expect(isOver).toBe(false);
  word.state = 'ready';
  await clock.run(1_000);
  expect(isOver).toBe(true);
  expect(endpointGets()).toHaveLength(3);
  await clock.run(1_000);
  expect(nameOf(8)).toEqual(['of-8']);
});

test('nothing is asked any more when everything is over', async () => {
  const { clock, asked, notice, keeper, read, ending } = surroundings();
  await read([8]);
  notice('Policy updated', { revision: 3 });
  keeper.refresh();
  await clock.run(500);
  const before = asked.length;
  ending.abort();
  await clock.run(HOUR_MS);
  keeper.refresh();
  expect(asked).toHaveLength(before);
});

test('the policies are asked for when the agent has answered: it may have realized one meanwhile', async () => {
  const clock = createFakeClock(100_000);
  const events: string[] = [];
  const ask = async ([what = '']: readonly string[]) => {
    await new Promise<void>((resolve) => clock.after(50, resolve));
    events.push(`${what} answered`);
    return what === 'endpoint' ? endpointText(8, { revision: 2, state: 'ready' }) : '[]';
  };
  const policies = () => {
    events.push('policies asked');
    return Promise.resolve([]);
  };
  const surroundings = { clock, signal: new AbortController().signal };
  const reading = keepState(createAttributor(createAnswers()), { ask, policies }, surroundings).read([8]);
  await clock.run(1_000);
  await reading;
  expect(events).toEqual(['endpoint answered', 'policies asked', 'policy answered']);
});
