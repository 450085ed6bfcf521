/** Flags to plan: what each way to name targets becomes, and the sentence for each wrong one. */
import { describe, expect, it } from 'vitest';
import { durationMs, positiveNumber, requestTimeoutMs } from '../../src/commands/options.ts';
import { toListenPlan } from '../../src/commands/plan.ts';
import { Failure } from '../../src/model/problem.ts';

const agentSelector = 'k8s-app=cilium';

function problemOf(task: () => unknown): string {
  try {
    task();
  } catch (error) {
    if (error instanceof Failure && error.problem.code === 'USAGE') return error.problem.message;
    throw error;
  }
  throw new Error('no problem');
}

describe('targets', () => {
  it.each([
    [[], { pod: ['deathstar'] }, { pods: ['deathstar'] }],
    [[], { pod: ['ns/a', 'b'] }, { pods: ['ns/a', 'b'] }],
    [['deploy/deathstar'], {}, { workloads: ['deploy/deathstar'] }],
    [[], { selector: 'app=web' }, { selector: 'app=web' }],
    [[], { node: ['n1'] }, { nodes: ['n1'] }],
    [[], { namespace: 'shop' }, { namespace: 'shop' }],
    [[], { allNamespaces: true }, { allNamespaces: true }],
  ])('%j %j', (targets, flags, expected) => {
    expect(toListenPlan(targets, { agentSelector, ...flags }, {}).query).toEqual({
      pods: [],
      workloads: [],
      selector: null,
      nodes: [],
      namespace: null,
      allNamespaces: false,
      ...expected,
    });
  });

  it.each([
    [[], {}, 'Say whose policies'],
    [['deathstar'], {}, '--pod deathstar'],
    [['deploy/'], {}, 'is not TYPE/NAME'],
    [[], { pod: ['a/b/c'] }, '--pod takes NAME or NAMESPACE/NAME'],
    [[], { pod: ['a'], selector: 'b=c' }, 'Give either names'],
    [[], { namespace: 'a', allNamespaces: true }, 'either --namespace or --all-namespaces'],
  ])('refuses %j %j', (targets, flags, sentence) => {
    expect(problemOf(() => toListenPlan(targets, { agentSelector, ...flags }, {}))).toContain(sentence);
  });

  it('hands the cluster flags on and leaves out what was not given', () => {
    const flags = {
      agentSelector: 'k8s-app=anetd',
      agentNamespace: 'gke',
      pod: ['a'],
      context: 'prod',
      as: 'eve',
      requestTimeout: 5000,
    };
    const plan = toListenPlan([], flags, { HOME: '/h' });
    expect(plan.kube).toEqual({ env: { HOME: '/h' }, context: 'prod', as: 'eve', requestTimeoutMs: 5000 });
    expect(plan.agentLocation).toEqual({ namespace: 'gke', selector: 'k8s-app=anetd', container: null });
  });
});

describe('durations', () => {
  it.each([
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1h', 3_600_000],
  ])('%s', (text, ms) => expect(durationMs(text)).toBe(ms));

  it.each(['30', '', '-5s', 'soon', '0s'])('refuses %j', (text) =>
    expect(() => durationMs(text)).toThrow('with its unit'),
  );
  it.each([
    ['5', 5000],
    ['0', 0],
    ['0s', 0],
    ['1.5', 1500],
    ['2m', 120_000],
    ['300ms', 300],
  ])('--request-timeout %s as for kubectl', (text, ms) => expect(requestTimeoutMs(text)).toBe(ms));
  it.each(['soon', '', '-1'])('--request-timeout %j is refused', (text) =>
    expect(() => requestTimeoutMs(text)).toThrow('with its unit'),
  );
  it.each(['-1', 'x', '', 'Infinity'])('a rate of %j is refused', (text) =>
    expect(() => positiveNumber(text)).toThrow('0 or above'),
  );
});
