/** `doctor --role`: the Roles that a command needs, without asking any cluster. */
import { needsFor, questionsOf, type RoleMode } from '../doctor/needs.ts';
import { rolesYaml } from '../doctor/role-yaml.ts';
import type { DoctorFlags } from './doctor-request.ts';

const USUAL_AGENT_NAMESPACE = 'kube-system';

/** With `-n` for targets in one namespace, else for those in all. */
export function roleFor(mode: RoleMode, flags: Pick<DoctorFlags, 'namespace' | 'agentNamespace'>): string {
  const places = {
    targets: flags.namespace === undefined ? null : [flags.namespace],
    agents: [flags.agentNamespace ?? USUAL_AGENT_NAMESPACE],
  };
  const wanted = needsFor(mode).map((need) => ({ need, questions: questionsOf(need, places) }));
  return rolesYaml(`policystat-${mode}`, wanted);
}
