/** A cluster that may not be asked everything: what is done without a permission is told once, whoever asked and how often. */
import type { KubeApi } from '../model/kubernetes.ts';
import { Failure, type Problem } from '../model/problem.ts';
import { withoutIt } from '../report/without.ts';

/** What nothing works without ends in a problem of its own. */
export function tellingWhatIsMissing<K extends KubeApi>(kube: K, warn: (problem: Problem) => void): K {
  const told = new Set<string>();
  const heard = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof Failure && error.problem.code === 'FORBIDDEN') tell(error.problem);
      throw error;
    }
  };
  const tell = ({ context, verb, resource, namespace }: Extract<Problem, { code: 'FORBIDDEN' }>) => {
    if (withoutIt(resource) === null || told.has(resource)) return;
    told.add(resource);
    warn({ code: 'DONE_WITHOUT', context, verb, resource, namespace });
  };
  return {
    ...kube,
    list: async (...asked) => heard(kube.list(...asked)),
    get: async (...asked) => heard(kube.get(...asked)),
  };
}
