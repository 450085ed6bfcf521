/** Which permissions are missing to listen, found out by asking the API server itself. */
import type { AgentRef } from '../model/cluster.ts';
import type { AccessQuestion, KubeApi } from '../model/kubernetes.ts';

/** WebSocket exec is `get` before Kubernetes 1.35 and `create` since: a user needs the one or the other, a role that lasts has both. */
const EXEC_VERBS = ['get', 'create'] as const;

/** Independent of everything else, so that it can run beside it. A server that does not answer the question denies nothing. */
export async function missingPermissions(
  kube: KubeApi,
  agents: readonly Pick<AgentRef, 'namespace'>[],
  signal: AbortSignal,
): Promise<AccessQuestion[]> {
  const namespaces = [...new Set(agents.map(({ namespace }) => namespace))];
  const questions = namespaces.flatMap((namespace) =>
    EXEC_VERBS.map((verb): AccessQuestion => ({ verb, group: '', resource: 'pods', subresource: 'exec', namespace })),
  );
  const answers = await Promise.all(questions.map((question) => kube.mayI(question, signal).catch(() => true)));
  return questions.filter((_, index) => answers[index] === false);
}
