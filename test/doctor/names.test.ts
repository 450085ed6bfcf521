/** Hubble's names and those of attribution: every captured scenario, and what a comparison says where they part. */
import { readdirSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it, test } from 'vitest';
import { readPolicyObject } from '../../src/attribution/policy-object.ts';
import { compareNames } from '../../src/doctor/compare-names.ts';
import { readEndpointFacts } from '../../src/doctor/endpoints.ts';
import { judgeNames } from '../../src/doctor/judge-names.ts';
import { known, LATE, readingOf } from './made.ts';

const ROOT = new URL('../../fixtures/captures/scenarios/', import.meta.url);
const Items = v.pipe(v.string(), v.parseJson(), v.object({ items: v.array(v.unknown()) }));

function scenario(name: string, node: string) {
  const read = (file: string) => readFileSync(new URL(`${name}/${file}`, ROOT), 'utf8');
  const texts = {
    flows: read(`${node}--hubble.stdout`),
    endpoints: read(`${node}--endpoint_list.json`),
    selectors: read(`${node}--policy_selectors.json`),
  };
  const policies = v.parse(Items, read('policies.json')).items.flatMap((item) => readPolicyObject(item) ?? []);
  // The state was read after the traffic, and things may have been done to an endpoint in between.
  const facts = (readEndpointFacts(texts.endpoints) ?? []).map((fact) => ({ ...fact, changedMs: null }));
  return { texts, policies, facts };
}

const { agent } = readingOf();

describe.each(readdirSync(ROOT).sort())('%s', (name) => {
  it.each(['node1', 'node2'])('on %s nothing differs', (node) => {
    const { texts, policies, facts } = scenario(name, node);
    const found = compareNames(texts, facts, policies);
    expect(found).toMatchObject({ differing: [], older: 0 });
    expect((found?.compared ?? 0) + (found?.unnamed ?? 0)).toBeGreaterThan(0);
  });
});

describe('rule1', () => {
  const { texts, policies, facts } = scenario('01-rule1', 'node1');

  it('is told where Hubble says something else, with the first of them', () => {
    const flows = texts.flows.replaceAll('"name":"rule1"', '"name":"rule2"');
    const found = compareNames({ ...texts, flows }, facts, policies);
    expect(found?.differing.length).toBeGreaterThan(0);
    expect(found).toMatchObject({ differ: found?.compared });
    const [check] = judgeNames(agent, known(found));
    expect(check).toMatchObject({ status: 'warning', node: 'n1' });
    expect(check?.text).toMatch(
      /with identity 12530, Hubble names default\/rule2, and the agent's state leads to default\/rule1$/,
    );
  });

  it('is counted as often as Hubble says something else, however few are shown', () => {
    const named = texts.flows.split('\n').filter((line) => line.includes('"name":"rule1"'));
    const flows = `${named.join('\n').replaceAll('"name":"rule1"', '"name":"rule2"')}\n`.repeat(30);
    const found = compareNames({ ...texts, flows }, facts, policies);
    expect(found).toMatchObject({ compared: 30 * named.length, differ: 30 * named.length });
    expect(found?.differing).toHaveLength(20);
    expect(judgeNames(agent, known(found))[0]?.text).toContain(`differs for ${30 * named.length} of`);
  });

  it('is not compared where something was done to the endpoint after the verdict', () => {
    const later = facts.map((fact) => ({ ...fact, changedMs: Date.parse('2027-01-01T00:00:00Z') }));
    const flows = texts.flows.replaceAll('"name":"rule1"', '"name":"rule2"');
    const found = compareNames({ ...texts, flows }, later, policies);
    expect(found).toMatchObject({ compared: 0, unnamed: 0, differing: [] });
    expect(judgeNames(agent, known(found))).toMatchObject([{ status: 'ok' }]);
  });

  it('is not compared with what was done to the endpoint later in the same second', () => {
    const done = (timestamp: string) =>
      readEndpointFacts(JSON.stringify([{ id: 1, spec: {}, status: { realized: {}, log: [{ timestamp }] } }]))?.[0];
    expect(done('2026-11-22T19:04:33Z')?.changedMs).toBe(Date.parse('2026-11-22T19:04:33.999Z'));
    expect(done('2026-11-22T19:04:33.250Z')?.changedMs).toBe(Date.parse('2026-11-22T19:04:33.250Z'));
    expect(done('never')?.changedMs).toBeNull();
  });

  it('is not compared where Hubble looked in another policy than the one that was read', () => {
    const flows = texts.flows.replaceAll('"name":"rule1"', '"name":"rule2"');
    const other = flows.replaceAll(/"revision":"\d+"/g, '"revision":"3"');
    const counted = compareNames({ ...texts, flows }, facts, policies)?.compared ?? 0;
    expect(counted).toBeGreaterThan(0);
    expect(compareNames({ ...texts, flows: other }, facts, policies)).toMatchObject({
      compared: 0,
      older: counted,
      differ: 0,
    });
    const same = texts.flows.replaceAll(/"revision":"\d+"/g, '"revision":"3"');
    expect(compareNames({ ...texts, flows: same }, facts, policies)).toMatchObject({ compared: counted, differ: 0 });
  });

  it('has the same name where an older Hubble leaves out its kind', () => {
    const flows = texts.flows.replaceAll(/,?"kind":"CiliumNetworkPolicy"/g, '');
    expect(flows).not.toBe(texts.flows);
    expect(compareNames({ ...texts, flows }, facts, policies)).toMatchObject({ differing: [] });
  });

  it.each([{ endpoints: '' }, { selectors: 'Error' }])('cannot be compared with a state of %j', (broken) => {
    expect(compareNames({ ...texts, ...broken }, facts, policies)).toBeNull();
    expect(judgeNames(agent, known(null))).toMatchObject([{ status: 'unknown' }]);
  });

  it('is not looked for in what is no flow', () => {
    const found = compareNames({ ...texts, flows: 'hubble: not found\n{"flow":{}}\n{' }, facts, policies);
    expect(found).toEqual({ compared: 0, unnamed: 0, older: 0, differ: 0, differing: [] });
  });
});

test('Hubble may name one of several that are possible, and nobody else', () => {
  const { texts, policies, facts } = scenario('03-egress', 'node1');
  // As if a second policy, that is gone by now, had made the same entries.
  const own = /\[(\s*"k8s:io\.cilium\.k8s\.policy\.derived-from=[^\]]*)name=tiefighter-egress([^\]]*)\]/gu;
  const endpoints = texts.endpoints.replaceAll(own, '[$1name=tiefighter-egress$2],[$1name=gone$2]');
  expect(endpoints).not.toBe(texts.endpoints);
  expect(compareNames({ ...texts, endpoints }, facts, policies)).toMatchObject({ differing: [] });
  const flows = texts.flows.replaceAll('"name":"tiefighter-egress"', '"name":"another"');
  expect(compareNames({ ...texts, endpoints, flows }, facts, policies)?.differing.length).toBeGreaterThan(0);
});

describe('a judgement', () => {
  it.each([
    [null, []],
    [LATE, ['unknown']],
    [known({ compared: 0, unnamed: 0, older: 0, differ: 0, differing: [] }), ['ok']],
    [known({ compared: 7, unnamed: 0, older: 0, differ: 0, differing: [] }), ['ok']],
  ])('of %j', (names, statuses) => {
    expect(judgeNames(agent, names).map(({ status }) => status)).toEqual(statuses);
  });
});
