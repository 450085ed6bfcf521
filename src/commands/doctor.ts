/** `doctor`: what is there, what is missing and what to do. It only asks: nothing in the cluster is changed. */
import { judgeAgent, judgeReadiness, judgeSilence } from '../doctor/judge-agents.ts';
import { judgeClock, judgePermissions, judgeServer, judgeUser } from '../doctor/judge-cluster.ts';
import { judgeConfig } from '../doctor/judge-config.ts';
import { judgeCost } from '../doctor/judge-cost.ts';
import { judgeAuditMode, judgeVerdictEvents } from '../doctor/judge-events.ts';
import { judgeTargets } from '../doctor/judge-targets.ts';
import { doctorReport, exitCodeOf } from '../doctor/report.ts';
import { rolesYaml } from '../doctor/role-yaml.ts';
import type { AgentExec } from '../exec/session.ts';
import type { Io } from '../io/io.ts';
import type { DoctorReport } from '../model/doctor.ts';
import { EXIT } from '../model/exit-code.ts';
import { locateAgents, readAgents } from './doctor-agents.ts';
import { createAsker } from './doctor-ask.ts';
import { renderDoctor } from './doctor-present.ts';
import type { DoctorFlags } from './doctor-request.ts';
import { roleFor } from './doctor-role.ts';
import { askConfig, askPermissions, askPolicies, askServer, askUser } from './doctor-server.ts';
import { locateTargets } from './doctor-targets.ts';
import { createNarrator, type Narrator } from './narrator.ts';
import { type ListenPlan, toListenPlan } from './plan.ts';

/** For one question, whoever is asked. */
const LIMIT_MS = 20_000;
/** Where agents are that may not be looked for. */
const USUAL_NAMESPACE = 'kube-system';

export async function runDoctor(targets: readonly string[], flags: DoctorFlags, io: Io): Promise<number> {
  if (flags.role !== undefined) {
    io.out.write(roleFor(flags.role, flags));
    return EXIT.done;
  }
  const areNamed =
    targets.length + (flags.pod ?? []).length + (flags.node ?? []).length > 0 || flags.selector !== undefined;
  const isScoped = areNamed || flags.namespace !== undefined;
  const plan = toListenPlan(targets, isScoped ? flags : { ...flags, allNamespaces: true }, io.env);
  const narrator = createNarrator(io, flags);
  try {
    const report = await examine(plan, isScoped, io, narrator);
    narrator.settle();
    io.out.write(renderDoctor(report, flags, io));
    return exitCodeOf(report);
  } finally {
    narrator.settle();
  }
}

async function examine(plan: ListenPlan, isScoped: boolean, io: Io, narrator: Narrator): Promise<DoctorReport> {
  narrator.step('connect');
  const { connectKube } = await import('../io/kube.ts');
  const kube = await connectKube(plan.kube);
  const { clock } = io;
  const ask = createAsker(clock, plan.kube.requestTimeoutMs ?? LIMIT_MS, io.stop);
  const exec: AgentExec = { openExec: kube.openExec.bind(kube), clock, random: io.random };
  const head = { time: new Date(clock.nowMs()).toISOString(), context: kube.context, server: kube.server };
  const server = await askServer(kube, ask, clock);
  // Whom there is no answer from at all need not be asked again.
  if (server.info.kind !== 'known') return doctorReport(head, [judgeServer(server)], [], null);

  narrator.step('agents');
  const [user, targets] = await Promise.all([
    askUser(kube, ask),
    isScoped ? locateTargets(kube, ask, exec, plan) : null,
  ]);
  const nodes = targets?.kind === 'known' ? targets.value.nodes : null;
  const found = await locateAgents(kube, ask, plan.agentLocation, nodes);
  const agents = found.kind === 'known' ? found.value.agents : [];
  const namespaces = [...new Set(agents.map(({ namespace }) => namespace))];
  if (namespaces.length === 0) namespaces.push(plan.agentLocation.namespace ?? USUAL_NAMESPACE);
  const places = { targets: namespacesMeant(plan, kube.namespace), agents: namespaces };

  narrator.step('ask');
  const [needs, config, readings] = await Promise.all([
    askPermissions(kube, ask, places),
    askConfig(kube, ask, namespaces),
    askPolicies(kube, ask).then(async (policies) => readAgents(ask, exec, agents, policies)),
  ]);
  const checks = [
    judgeServer(server),
    judgeUser(user),
    ...judgePermissions(needs, server.info.value.version),
    judgeClock(server.clock, 'the API server', null),
    ...(targets === null ? [] : judgeTargets(targets, readings)),
    ...judgeReadiness(found),
    ...judgeSilence(readings),
    ...readings.flatMap(judgeAgent),
    ...judgeConfig(config, readings),
    ...judgeAuditMode(config, readings),
    ...judgeVerdictEvents(config, readings),
    ...judgeCost(readings),
  ];
  const wanted = needs
    .filter(({ missing }) => missing.length > 0)
    .map(({ need, missing }) => ({ need, questions: missing }));
  return doctorReport(head, checks, readings, wanted.length === 0 ? null : rolesYaml('policystat', wanted));
}

/** Where the targets are by what was typed; null for anywhere. */
function namespacesMeant({ query }: ListenPlan, ofContext: string): readonly string[] | null {
  const { pods, workloads, nodes, selector, namespace, allNamespaces } = query;
  if (allNamespaces) return null;
  const isAnyElse = workloads.length > 0 || selector !== null || pods.length + nodes.length === 0;
  const named = pods.map((pod) => (pod.includes('/') ? pod.slice(0, pod.indexOf('/')) : (namespace ?? ofContext)));
  return [...new Set(isAnyElse ? [...named, namespace ?? ofContext] : named)];
}
