/** Flags become a checked plan before anything runs; pure, so that every wrong use is a row of a table test. */
import type { AgentLocation, TargetQuery } from '../discovery/discover.ts';
import type { KubeOptions } from '../io/kube.ts';
import type { Dialect } from '../model/event.ts';
import { failure } from '../model/problem.ts';
import { type ClusterFlags, type CountFlags, type TargetFlags, toldDialect } from './options.ts';
import type { SourceName } from './source-option.ts';

export interface ListenPlan {
  readonly kube: KubeOptions;
  readonly query: TargetQuery;
  readonly agentLocation: AgentLocation;
  /** What to listen for, in Cilium's words. */
  readonly types: readonly string[];
  readonly source: SourceName;
  /** Null: each line tells its own. */
  readonly dialect: Dialect | null;
  /** Whether packets and bytes are wanted beside the verdicts. */
  readonly traffic: boolean;
}

export function toListenPlan(
  targets: readonly string[],
  flags: ClusterFlags & TargetFlags & CountFlags,
  env: KubeOptions['env'],
): ListenPlan {
  if (flags.allNamespaces === true && flags.namespace !== undefined)
    throw usage('Give either --namespace or --all-namespaces.');
  const query = toQuery(targets, flags);
  return {
    kube: {
      env,
      ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
      ...(flags.context === undefined ? {} : { context: flags.context }),
      ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
      ...(flags.as === undefined ? {} : { as: flags.as }),
      ...(flags.asGroup === undefined ? {} : { asGroup: flags.asGroup }),
      ...(flags.requestTimeout === undefined ? {} : { requestTimeoutMs: flags.requestTimeout }),
    },
    query,
    types: [...new Set(['policy-verdict', ...(flags.type ?? [])])],
    source: flags.source ?? 'monitor',
    dialect: toldDialect(flags),
    traffic: flags.traffic === true,
    agentLocation: {
      namespace: flags.agentNamespace ?? null,
      selector: flags.agentSelector,
      container: flags.agentContainer ?? null,
    },
  };
}

function toQuery(targets: readonly string[], flags: ClusterFlags & TargetFlags): TargetQuery {
  const bare = targets.find((target) => !/^[^/\s]+\/[^/\s]+$/.test(target));
  if (bare !== undefined)
    throw usage(`"${bare}" is not TYPE/NAME. For a pod write --pod ${bare}, for a Deployment deploy/${bare}.`);
  const pods = flags.pod ?? [];
  const wrongPod = pods.find((pod) => !/^(?:[^/\s]+\/)?[^/\s]+$/.test(pod));
  if (wrongPod !== undefined) throw usage(`"${wrongPod}" is no pod: --pod takes NAME or NAMESPACE/NAME.`);
  const nodes = flags.node ?? [];
  const selector = flags.selector ?? null;
  if (selector !== null && pods.length + targets.length > 0) {
    throw usage(
      'Give either names (--pod, TYPE/NAME) or a selector (-l): a name needs no labels. For both, run policystat twice.',
    );
  }
  const named = pods.length + targets.length + nodes.length > 0 || selector !== null;
  if (!named && flags.namespace === undefined && flags.allNamespaces !== true) {
    throw usage(
      'Say whose policies: --pod NAME, TYPE/NAME, -l LABELS, --node NAME, or -n NAMESPACE or -A for every pod there.',
    );
  }
  return {
    pods,
    workloads: targets,
    selector,
    nodes,
    namespace: flags.namespace ?? null,
    allNamespaces: flags.allNamespaces === true,
  };
}

/** Throws `Failure` USAGE for targets and flags that mean nothing beside --input. */
export function refuseBesideInput(superfluous: readonly string[]): void {
  if (superfluous.length > 0)
    throw usage(
      `With --input there is neither a cluster nor anything to wait for: leave out ${superfluous.join(' and ')}.`,
    );
}

/** Throws `Failure` USAGE where standard input is given more than once. */
export function refuseStdinTwice(paths: readonly string[]): void {
  if (paths.filter((path) => path === '-').length > 1) throw usage('Standard input can be read only once.');
}

export function usage(message: string) {
  return failure({ code: 'USAGE', message });
}
