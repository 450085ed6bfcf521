/** Judgements: what was found out on one side, status and words on the other. */
import { describe, expect, it } from 'vitest';
import type { ConfigFacts } from '../../src/doctor/facts.ts';
import { judgeAgent, judgeReadiness, judgeSilence } from '../../src/doctor/judge-agents.ts';
import { judgeClock, judgePermissions, judgeServer, judgeUser } from '../../src/doctor/judge-cluster.ts';
import { judgeConfig } from '../../src/doctor/judge-config.ts';
import { judgeCost } from '../../src/doctor/judge-cost.ts';
import { judgeAuditMode, judgeVerdictEvents } from '../../src/doctor/judge-events.ts';
import { judgeTargets } from '../../src/doctor/judge-targets.ts';
import { NEEDS, questionsOf } from '../../src/doctor/needs.ts';
import { exitCodeOf } from '../../src/doctor/report.ts';
import type { Check, CheckStatus } from '../../src/model/doctor.ts';
import type { Problem } from '../../src/model/problem.ts';
import { endpointOf, known, LATE, probeOf, readingOf } from './made.ts';

const told = (checks: readonly Check[]) => checks.map(({ check, status, text }) => `${check} ${status}: ${text}`);

const FORBIDDEN: Problem = {
  code: 'FORBIDDEN',
  context: null,
  verb: 'get',
  resource: 'configmaps',
  namespace: 'kube-system',
  detail: '',
};
const REFUSED = { kind: 'refused', problem: FORBIDDEN } as const;

describe('the API server', () => {
  it.each([
    [known({ version: 'v1.36.2', timeMs: 0 }), 'cluster ok: Kubernetes v1.36.2 at https://api'],
    [known({ version: null, timeMs: null }), 'cluster unknown: https://api responds, but does not report its version'],
    [LATE, 'cluster failed: no answer within 20 s'],
  ])('%j', (info, expected) => {
    expect(told([judgeServer({ server: 'https://api', info, clock: null })])).toEqual([expected]);
  });

  it.each([
    [known({ name: 'anna', groups: ['dev', 'ops'] }), 'user ok: anna (dev, ops)'],
    [known({ name: 'anna', groups: [] }), 'user ok: anna'],
    [known({ name: 'a', groups: ['1', '2', '3', '4', '5', '6', '7'] }), 'user ok: a (1, 2, 3, 4, 5 and 2 more)'],
    [known(null), 'user unknown: this server does not say who you are (Kubernetes 1.28 and newer does)'],
    [LATE, 'user unknown: no answer within 20 s'],
  ])('%j', (user, expected) => {
    expect(told([judgeUser(user)])).toEqual([expected]);
  });

  it.each([
    [{ leastMs: -1_200, mostMs: 800 }, 'clock ok: it agrees with this machine'],
    [{ leastMs: 1_500, mostMs: 3_500 }, 'clock ok: it agrees with this machine'],
    [{ leastMs: 2_500, mostMs: 3_500 }, 'clock warning: it is at least 3 s ahead of this machine'],
    [{ leastMs: -90_000, mostMs: -60_000 }, 'clock warning: it is at least 60 s behind this machine'],
    [null, 'clock unknown: it did not report its time'],
  ])('a clock apart by %j', (clock, expected) => {
    expect(told([judgeClock(clock, 'it', null)])).toEqual([expected]);
  });
});

describe('permissions', () => {
  const places = { targets: ['shop'], agents: ['kube-system'] };
  const answers = (missing: (resource: string) => boolean, isUnknown = false) =>
    NEEDS.map((need) => ({
      need,
      missing: questionsOf(need, places).filter(({ resource, subresource = '' }) =>
        missing(`${resource}/${subresource}`),
      ),
      isUnknown,
    }));

  it('are ok where nothing is missing', () => {
    expect(
      judgePermissions(
        answers(() => false),
        'v1.36.2',
      ),
    ).toMatchObject([{ status: 'ok' }]);
  });

  it.each([
    [
      'pods/exec',
      'failed',
      'may not get, create pods/exec in namespace kube-system: every command needs it to run the monitor in the agents, and to query them',
    ],
    [
      'services/',
      'warning',
      'may not list services in the whole cluster: events needs it to name services in translations (-t trace-sock); without it, services are shown by address',
    ],
    [
      'configmaps/',
      'warning',
      'may not get configmaps cilium-config in namespace kube-system: doctor needs it to tell whether events are switched off or rate-limited; without it, only what agents and endpoints say of themselves is known',
    ],
  ])('%s', (lacking, status, text) => {
    expect(
      judgePermissions(
        answers((resource) => resource === lacking),
        'v1.36.2',
      ),
    ).toMatchObject([{ status, text }]);
  });

  it('that nobody answered for are unknown, beside those that are missing', () => {
    const checks = judgePermissions(
      answers((resource) => resource === 'nodes/', true),
      'v1.36.2',
    );
    expect(checks.map(({ status }) => status)).toEqual(['warning', 'unknown']);
  });

  it.each<[string, string | null, CheckStatus]>([
    ['create', 'v1.34.1', 'warning'],
    ['create', 'v1.35.0', 'failed'],
    ['create', null, 'failed'],
    ['get', 'v1.34.1', 'failed'],
  ])('to %s an exec on %s', (verb, version, status) => {
    const exec = NEEDS.filter(({ subresource }) => subresource === 'exec').map((need) => ({
      need,
      missing: questionsOf(need, places).filter((question) => question.verb === verb),
      isUnknown: false,
    }));
    expect(judgePermissions(exec, version)).toMatchObject([{ status }]);
  });

  it('in every namespace are not asked in one of them again', () => {
    const all = NEEDS.flatMap((need) => questionsOf(need, { targets: null, agents: ['kube-system'] }));
    const inAgents = all.filter(({ namespace }) => namespace === 'kube-system');
    expect(inAgents.map(({ verb, resource, subresource }) => `${verb} ${resource}/${subresource ?? ''}`)).toEqual([
      'get pods/exec',
      'create pods/exec',
      'get configmaps/',
    ]);
    const texts = all.map((question) => JSON.stringify(question));
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('agents', () => {
  const obstacle = {
    node: 'n2',
    problem: {
      code: 'AGENT_NOT_READY',
      node: 'n2',
      namespace: 'kube-system',
      pod: 'cilium-y',
      detail: 'CrashLoopBackOff',
    },
  } as const;

  it.each([
    [known({ ready: 2, obstacles: [] }), ['ok']],
    [known({ ready: 1, obstacles: [obstacle] }), ['warning', 'warning']],
    [known({ ready: 0, obstacles: [obstacle] }), ['failed', 'warning']],
    [known({ ready: 0, obstacles: [] }), ['failed']],
    [REFUSED, ['failed']],
  ])('%j', (found, statuses) => {
    expect(judgeReadiness(found).map(({ status }) => status)).toEqual(statuses);
  });

  it.each([
    ['1.19.0-dev', 'ok'],
    ['1.8.13', 'ok'],
    ['1.7.4', 'failed'],
    ['1.20.0', 'warning'],
    ['2.0.0', 'warning'],
    [null, 'unknown'],
  ])('of version %s', (version, status) => {
    const checks = judgeAgent(readingOf({ probe: known(probeOf({ version })) }));
    expect(checks.filter(({ check }) => check === 'version').map((each) => each.status)).toEqual([status]);
  });

  it.each([
    [{ eventTypes: null }, 'event-types', 'unknown', 'did not list'],
    [{ eventTypes: ['drop', 'trace'] }, 'event-types', 'failed', 'no policy-verdict among drop, trace'],
    [{ hubble: null }, 'hubble', 'unknown', 'did not report its status'],
    [{ hubble: { state: 'Disabled', bufferFlows: null } }, 'hubble', 'ok', 'off: not needed'],
    [{ hubble: { state: 'Warning', bufferFlows: 4095 } }, 'hubble', 'warning', 'on, in state Warning'],
    [{ hubble: { state: 'Ok', bufferFlows: null } }, 'hubble', 'ok', 'of unknown size'],
    [{ processes: null }, 'leftovers', 'unknown', 'no sh in the container'],
    [{ dialect: 'accuknox', version: '1.10.90' }, 'version', 'ok', "AccuKnox's patched Cilium"],
  ] as const)('with %j', (changes, name, status, words) => {
    const found = judgeAgent(readingOf({ probe: known(probeOf(changes)) })).filter(({ check }) => check === name);
    expect(found).toMatchObject([{ status, node: 'n1' }]);
    expect(found[0]?.text).toContain(words);
  });

  const silent = readingOf({ probe: LATE, clock: null });
  const forbidden = readingOf({
    probe: {
      kind: 'refused',
      problem: {
        code: 'EXEC_FORBIDDEN',
        context: null,
        namespace: 'kube-system',
        pod: 'cilium-x',
        verbs: [],
        detail: '',
      },
    },
  });
  it.each([
    [[readingOf()], []],
    [[readingOf(), silent], ['agents warning: does not respond: no answer within 20 s']],
    [[silent], ['agents failed: does not respond: no answer within 20 s']],
    [[forbidden], ['agents unknown: not asked: exec into it is forbidden']],
  ])('that do not answer say so once: %#', (readings, expected) => {
    expect(told(judgeSilence(readings))).toEqual(expected);
    expect(judgeAgent(silent)).toEqual([]);
  });
});

describe('cilium-config', () => {
  const inOrder = { 'enable-policy': 'default', 'monitor-aggregation': 'medium' };
  it.each<[string, ConfigFacts, readonly CheckStatus[]]>([
    ['as it is shipped', known(inOrder), ['ok', 'ok', 'ok']],
    ['empty', known({}), ['ok', 'ok', 'ok']],
    ['never enforcing', known({ 'enable-policy': 'never' }), ['failed', 'ok', 'ok']],
    ['always enforcing', known({ 'enable-policy': 'always' }), ['ok', 'ok', 'ok']],
    ['with a rate limit', known({ 'bpf-events-default-rate-limit': '10' }), ['ok', 'warning', 'ok']],
    ['with a rate limit of 0', known({ 'bpf-events-default-rate-limit': '0' }), ['ok', 'ok', 'ok']],
    ['that reads no NetworkPolicies', known({ 'enable-k8s-networkpolicy': 'false' }), ['ok', 'warning', 'ok', 'ok']],
    ['that reports no drops', known({ 'bpf-events-drop-enabled': 'false' }), ['ok', 'warning', 'ok', 'ok']],
    ['absent', known(null), ['unknown', 'unknown', 'unknown']],
    ['forbidden', REFUSED, ['unknown', 'unknown', 'unknown']],
  ])('%s', (_name, config, statuses) => {
    expect(judgeConfig(config, []).map(({ status }) => status)).toEqual(statuses);
  });
});

describe('what an agent says of its own configuration', () => {
  const shipped = {
    PolicyEnforcement: 'default',
    MonitorAggregationLevel: 'Medium',
    DropNotification: 'Enabled',
    BPFEventsDefaultRateLimit: '0',
  };
  const running = (changes: Readonly<Record<string, string>>) => [
    readingOf({ probe: known(probeOf({ running: { ...shipped, ...changes } })) }),
  ];

  it.each<[string, Readonly<Record<string, string>>, ConfigFacts, readonly string[]]>([
    ['agrees', {}, known({ 'enable-policy': 'default' }), []],
    ['is all there is', {}, REFUSED, []],
    ['was changed while it runs', { PolicyEnforcement: 'never' }, known({}), ['enforcement failed']],
    [
      'is older than what is configured',
      {},
      known({ 'enable-policy': 'never', 'bpf-events-default-rate-limit': '50' }),
      ['enforcement warning', 'enforcement warning'],
    ],
    ['limits events', { BPFEventsDefaultRateLimit: '9' }, REFUSED, ['rate-limit warning']],
    ['has no drops', { DropNotification: 'Disabled' }, REFUSED, ['verdict-events warning']],
    ['reads no policies', { EnableCiliumNetworkPolicy: 'false' }, REFUSED, ['enforcement warning']],
    ['has a level of its own', { MonitorAggregationLevel: 'None' }, known({ 'monitor-aggregation': 'medium' }), []],
  ])('%s', (_name, changes, config, expected) => {
    const checks = judgeConfig(config, running(changes));
    expect(checks.every(({ node }) => node === 'n1')).toBe(true);
    expect(checks.flatMap(({ check, status }) => (status === 'ok' ? [] : [`${check} ${status}`]))).toEqual(expected);
  });

  it('counts for nothing where it does not tell what is enforced', () => {
    const old = [readingOf({ probe: known(probeOf({ running: { Debug: 'Disabled' } })) })];
    expect(judgeConfig(REFUSED, old).map(({ status }) => status)).toEqual(['unknown', 'unknown', 'unknown']);
  });
});

describe('options of endpoints', () => {
  const audited = endpointOf({ options: { PolicyAuditMode: 'Enabled', PolicyVerdictNotification: 'Enabled' } });
  const silent = endpointOf({ endpoint: 7, pod: null, options: { PolicyVerdictNotification: 'Disabled' } });
  const reading = (...endpoints: ReturnType<typeof endpointOf>[]) => [readingOf({ endpoints: known(endpoints) })];

  it('say which endpoint is in audit mode, and how to end that', () => {
    const [found] = judgeAuditMode(known({}), reading(audited, endpointOf()));
    expect(found).toMatchObject({ status: 'warning', node: 'n1' });
    expect(found?.text).toContain('on for 1 endpoint (default/deathstar)');
    expect(found?.advice).toContain('-- cilium-dbg endpoint config 733 PolicyAuditMode=Disabled"');
  });

  it('are not asked where the whole agent is in audit mode', () => {
    const checks = judgeAuditMode(known({ 'policy-audit-mode': 'true' }), reading(audited));
    expect(checks).toMatchObject([{ status: 'warning', node: null }]);
  });

  it('say where an agent was not restarted since the configuration changed', () => {
    const audit = judgeAuditMode(known({ 'policy-audit-mode': 'true' }), reading(endpointOf()));
    expect(told(audit).at(-1)).toMatch(/not in effect for 1 endpoint \(default\/deathstar\)/);
    const events = judgeVerdictEvents(known({ 'bpf-events-policy-verdict-enabled': 'false' }), reading(endpointOf()));
    expect(events.map(({ status }) => status)).toEqual(['failed', 'warning']);
  });

  it.each([
    [reading(endpointOf()), 'ok'],
    [[readingOf({ endpoints: LATE })], 'unknown'],
    [[readingOf({ endpoints: known(null) })], 'unknown'],
    [[], 'unknown'],
  ])('without audit mode: %#', (readings, status) => {
    expect(judgeAuditMode(known({}), readings)).toMatchObject([{ status }]);
  });

  it('say whose verdicts are switched off', () => {
    const some = judgeVerdictEvents(known({}), reading(silent, endpointOf()));
    expect(some).toMatchObject([{ status: 'failed', node: 'n1' }]);
    expect(some[0]?.text).toContain('switched off for 1 endpoint (endpoint 7)');
    expect(judgeVerdictEvents(known(null), reading(silent))[0]?.text).toContain('for every endpoint');
  });

  it.each<[string, ConfigFacts, ReturnType<typeof reading>, CheckStatus]>([
    ['the configuration says so', known({ 'bpf-events-policy-verdict-enabled': 'false' }), [], 'failed'],
    ['endpoints are in order', REFUSED, reading(endpointOf()), 'ok'],
    ['nobody tells', REFUSED, [], 'unknown'],
    ['the configuration says nothing', known({}), [], 'ok'],
  ])('%s', (_name, config, readings, status) => {
    expect(judgeVerdictEvents(config, readings)).toMatchObject([{ status }]);
  });
});

describe('targets', () => {
  const target = {
    namespace: 'default',
    pod: 'deathstar',
    node: 'n1',
    endpoint: 733,
    identity: 1,
    addresses: [],
  };
  const found = (changes: object = {}) => known({ targets: [target], nodes: ['n1'], warnings: [], ...changes });

  it.each([
    ['in order', found(), [readingOf()], ['targets ok: 1 pod on 1 node']],
    ['whole nodes', found({ targets: [] }), [readingOf()], ['targets ok: every endpoint on 1 node']],
    [
      'that no policy applies to',
      found(),
      [readingOf({ endpoints: known([endpointOf({ enforced: 'none' })]) })],
      [
        'targets ok: 1 pod on 1 node',
        'targets warning: no policy applies to default/deathstar: all their traffic is let through, and makes no verdicts',
      ],
    ],
    ['whose agent does not answer', found(), [readingOf({ endpoints: LATE })], ['targets ok: 1 pod on 1 node']],
  ])('%s', (_name, answer, readings, expected) => {
    expect(told(judgeTargets(answer, readings))).toEqual(expected);
  });

  it('of which one is not there', () => {
    const warnings: Problem[] = [
      { code: 'ENDPOINT_NOT_FOUND', namespace: 'default', pod: 'xwing', node: 'n1' },
      { code: 'AGENT_NOT_READY', node: 'n1', namespace: 'kube-system', pod: 'cilium-x', detail: '' },
    ];
    const [, warning, ...more] = judgeTargets(found({ warnings }), [readingOf()]);
    expect(warning?.status).toBe('warning');
    expect(warning?.text).toContain('no endpoint for pod default/xwing');
    expect(more).toEqual([]);
  });
});

describe('costs', () => {
  it('are the dearest of all agents', () => {
    const slow = readingOf({ costs: [{ question: 'endpoint list', bytes: 3_000_000, ms: 6_000 }] });
    const [check] = judgeCost([readingOf(), slow]);
    expect(check).toMatchObject({ status: 'warning', node: null });
    expect(check?.text).toContain('at most "endpoint list" 2.9 MiB in 6000 ms and "policy selectors" 800 B in 20 ms');
    expect(judgeCost([readingOf({ costs: [] })])).toEqual([]);
  });
});

describe('the exit code', () => {
  const check = (name: Check['check'], status: CheckStatus): Check => ({
    check: name,
    status,
    node: null,
    text: '',
    advice: null,
  });
  it.each<[readonly Check[], number]>([
    [[], 0],
    [[check('leftovers', 'warning'), check('user', 'unknown')], 0],
    [[check('cluster', 'failed')], 1],
    [[check('permissions', 'failed'), check('agents', 'failed')], 5],
    [[check('targets', 'failed')], 6],
    [[check('agents', 'failed'), check('verdict-events', 'failed')], 6],
    [[check('enforcement', 'failed')], 1],
  ])('of %j', (checks, code) => {
    expect(exitCodeOf({ checks })).toBe(code);
  });
});
