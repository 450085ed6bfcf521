/** Doctor's reports, made by the judgements themselves: of a cluster in order, of one in trouble, of a hostile one, of a wide one. */
import type { AgentReading } from '../../src/doctor/facts.ts';
import { judgeAgent, judgeReadiness, judgeSilence } from '../../src/doctor/judge-agents.ts';
import { judgeClock, judgePermissions, judgeServer, judgeUser } from '../../src/doctor/judge-cluster.ts';
import { judgeConfig } from '../../src/doctor/judge-config.ts';
import { judgeCost } from '../../src/doctor/judge-cost.ts';
import { judgeAuditMode, judgeVerdictEvents } from '../../src/doctor/judge-events.ts';
import { judgeTargets } from '../../src/doctor/judge-targets.ts';
import { NEEDS, questionsOf } from '../../src/doctor/needs.ts';
import { doctorReport } from '../../src/doctor/report.ts';
import { rolesYaml } from '../../src/doctor/role-yaml.ts';
import type { DoctorReport } from '../../src/model/doctor.ts';
import { endpointOf, known, LATE, probeOf, readingOf } from '../doctor/made.ts';
import { HOSTILE } from './summaries.ts';

interface Found {
  readonly readings: readonly AgentReading[];
  readonly config: Readonly<Record<string, string>>;
  readonly missing: readonly string[];
  readonly words: string;
  readonly clockMs: number;
}

function reportOf({ readings, config, missing, words, clockMs }: Found): DoctorReport {
  const places = { targets: ['shop'], agents: ['kube-system'] };
  const answers = NEEDS.map((need) => ({
    need,
    missing: questionsOf(need, places).filter(({ resource, subresource = '' }) =>
      missing.includes(`${resource}/${subresource}`),
    ),
    isUnknown: false,
  }));
  const server = `https://${words}`;
  const target = { namespace: words, pod: words, node: 'n1', endpoint: 733, identity: 1, addresses: [] };
  const checks = [
    judgeServer({ server, info: known({ version: 'v1.36.2', timeMs: 0 }), clock: null }),
    judgeUser(known({ name: words, groups: [words] })),
    ...judgePermissions(answers, 'v1.36.2'),
    judgeClock({ leastMs: clockMs, mostMs: clockMs + 1_000 }, 'the API server', null),
    ...judgeTargets(known({ targets: [target], nodes: ['n1'], warnings: [] }), readings),
    ...judgeReadiness(known({ ready: readings.length, obstacles: [] })),
    ...judgeSilence(readings),
    ...readings.flatMap(judgeAgent),
    ...judgeConfig(known(config), readings),
    ...judgeAuditMode(known(config), readings),
    ...judgeVerdictEvents(known(config), readings),
    ...judgeCost(readings),
  ];
  const wanted = answers
    .map(({ need, missing: questions }) => ({ need, questions }))
    .filter(({ questions }) => questions.length > 0);
  const head = { time: '2026-11-23T17:00:00.000Z', context: words, server };
  return doctorReport(head, checks, readings, wanted.length === 0 ? null : rolesYaml('policystat', wanted));
}

const onNode = (node: string) => ({ node, namespace: 'kube-system', pod: `cilium-${node}`, container: 'cilium-agent' });

export function healthy(): DoctorReport {
  const readings = ['n1', 'n2'].map((node) => readingOf({ agent: onNode(node) }));
  return reportOf({ readings, config: {}, missing: [], words: 'lab', clockMs: 0 });
}

const process = (pid: number, parent: number, state: string, ...words: string[]) => ({
  pid,
  parent,
  state,
  name: words[0] ?? 'cilium-dbg',
  words,
  ageSeconds: 7_200,
});

export function troubled(): DoctorReport {
  const processes = [
    process(20, 0, 'S', 'sh', '-c', '…', 'policystat'),
    process(21, 20, 'S', 'cilium-dbg', 'monitor', '-t', 'policy-verdict', '-n'),
    process(30, 1, 'S', 'cilium-dbg', 'monitor', '-v'),
    process(31, 1, 'S', 'hubble', 'observe', '-f'),
    process(32, 1, 'Z'),
  ];
  const audited = endpointOf({
    options: { PolicyAuditMode: 'Enabled', PolicyVerdictNotification: 'Disabled' },
    enforced: 'none',
  });
  const readings = [
    readingOf({
      agent: onNode('n1'),
      probe: known(probeOf({ processes, hubble: { state: 'Failure', bufferFlows: null } })),
      clock: { leastMs: 40_000, mostMs: 42_000 },
      endpoints: known([audited]),
    }),
    readingOf({ agent: onNode('n2'), probe: known(probeOf({ version: '1.7.0', eventTypes: ['drop', 'trace'] })) }),
    readingOf({ agent: onNode('n3'), probe: LATE, clock: null, endpoints: LATE, costs: [] }),
  ];
  return reportOf({
    readings,
    config: {
      'enable-policy': 'never',
      'bpf-events-default-rate-limit': '100',
      'bpf-events-default-burst-limit': '200',
    },
    missing: ['pods/exec', 'ciliumidentities/', 'configmaps/'],
    words: 'lab',
    clockMs: -9_000,
  });
}

export function hostile(): DoctorReport {
  const processes = [process(30, 1, 'S', 'cilium-dbg', 'monitor', HOSTILE)];
  const reading = readingOf({
    agent: { node: HOSTILE, namespace: HOSTILE, pod: HOSTILE, container: HOSTILE },
    probe: known(
      probeOf({
        processes,
        version: HOSTILE,
        program: HOSTILE,
        eventTypes: [HOSTILE],
        hubble: { state: HOSTILE, bufferFlows: null },
      }),
    ),
    endpoints: known([endpointOf({ pod: HOSTILE, options: { PolicyAuditMode: 'Enabled' }, enforced: HOSTILE })]),
  });
  const config = { 'enable-policy': HOSTILE, 'monitor-aggregation': HOSTILE, 'bpf-events-default-rate-limit': '1' };
  return reportOf({ readings: [reading], config, missing: [], words: HOSTILE, clockMs: 0 });
}

/** Nodes that all have something of their own to say. */
export function wide(): DoctorReport {
  const readings = Array.from({ length: 40 }, (_, at) =>
    readingOf({
      agent: onNode(`node-${at}`),
      probe: known(
        probeOf({ version: `1.${16 + (at % 4)}.0`, processes: [process(100 + at, 1, 'S', 'cilium-dbg', 'monitor')] }),
      ),
    }),
  );
  return reportOf({ readings, config: {}, missing: [], words: 'lab', clockMs: 0 });
}
