/** Puts checks and readings together to a report, in the order in which they are shown; and what the exit code says of it. */
import { CHECK_NAMES, type Check, type DoctorAgent, type DoctorReport } from '../model/doctor.ts';
import { EXIT } from '../model/exit-code.ts';
import type { AgentReading } from './facts.ts';
import { clockApartMs } from './judge-cluster.ts';
import { findLeftovers } from './processes.ts';
import { valueOf } from './words.ts';

export function doctorReport(
  head: Pick<DoctorReport, 'time' | 'context' | 'server'>,
  checks: readonly Check[],
  readings: readonly AgentReading[],
  roles: string | null,
): DoctorReport {
  const ordered = [...checks].sort((a, b) => CHECK_NAMES.indexOf(a.check) - CHECK_NAMES.indexOf(b.check));
  return {
    apiVersion: 'policystat/v1',
    kind: 'DoctorReport',
    ...head,
    checks: ordered,
    agents: readings.map(agentOf),
    roles,
  };
}

function agentOf({ agent, probe, clock, names }: AgentReading): DoctorAgent {
  const { node, namespace, pod } = agent;
  const told = valueOf(probe);
  const compared = names === null ? null : valueOf(names);
  const processes = told?.processes ?? null;
  return {
    node,
    namespace,
    pod,
    version: told?.version ?? null,
    dialect: told?.dialect ?? null,
    program: told?.program ?? null,
    eventTypes: told?.eventTypes ?? null,
    hubble: told?.hubble ?? null,
    hubbleNames:
      compared === null
        ? null
        : {
            compared: compared.compared,
            unnamed: compared.unnamed,
            differ: compared.differ,
            differing: compared.differing,
          },
    clockSeconds: clock === null ? null : Math.round(clockApartMs(clock) / 1000),
    monitors: processes === null ? null : monitorsOf(processes),
  };
}

function monitorsOf(processes: Parameters<typeof findLeftovers>[0]): DoctorAgent['monitors'] {
  const { policystat, others, zombies } = findLeftovers(processes);
  return { policystat: policystat.length, others: others.length, zombies: zombies.length };
}

/** The first check that failed decides. */
export function exitCodeOf({ checks }: Pick<DoctorReport, 'checks'>): number {
  const failed = checks.find(({ status }) => status === 'failed');
  if (failed === undefined) return EXIT.done;
  if (failed.check === 'permissions') return EXIT.forbidden;
  return failed.check === 'agents' || failed.check === 'targets' ? EXIT.notFound : EXIT.failed;
}
