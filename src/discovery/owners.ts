/** Which controller made a pod: by its owner references and the labels that controllers set, never by the look of its name. */
import type { Pod } from './objects.ts';

export interface MadeBy {
  readonly kind: string;
  readonly name: string;
}

/** Labels with the hash that a Deployment or an Argo Rollout appends to its name to name a ReplicaSet. */
const HASH_LABELS = ['pod-template-hash', 'rollouts-pod-template-hash'];

/** A CronJob names a Job after itself and when it was due: in minutes since the epoch, in older versions in seconds. */
const CRON_JOB_RUN = /^(.+)-\d{8,10}$/;

/** The pod's controller and the controller of that: `ReplicaSet deathstar-77dd4fb786`, `Deployment deathstar`. */
export function makersOf(pod: Pod): MadeBy[] {
  return pod.metadata.ownerReferences
    .filter(({ controller }) => controller)
    .flatMap(({ kind, name }) => {
      const above = makerOf(kind, name, pod);
      return above === null ? [{ kind, name }] : [{ kind, name }, above];
    });
}

function makerOf(kind: string, name: string, pod: Pod): MadeBy | null {
  if (kind === 'ReplicaSet') {
    for (const label of HASH_LABELS) {
      const hash = pod.metadata.labels[label];
      if (hash === undefined || hash === '' || !name.endsWith(`-${hash}`)) continue;
      return { kind: label === 'pod-template-hash' ? 'Deployment' : 'Rollout', name: name.slice(0, -hash.length - 1) };
    }
  }
  const [, cronJob] = kind === 'Job' ? (CRON_JOB_RUN.exec(name) ?? []) : [];
  return cronJob === undefined ? null : { kind: 'CronJob', name: cronJob };
}

export function isMadeBy(pod: Pod, name: string, kind: string | null = null): boolean {
  return makersOf(pod).some((maker) => maker.name === name && (kind === null || maker.kind === kind));
}
