/** Which endpoints of one agent are wanted: as the pods are looked up, and at once where the agent says that one of them is gone. */
import { readNotice } from '../attribution/notice.ts';
import type { AgentPlan } from '../model/cluster.ts';
import type { AgentNotice } from '../model/event.ts';

type Targets = AgentPlan['targets'];

export interface FollowedEndpoints {
  targets(): Targets;
  wanted(): readonly number[] | 'all';
  /** True where pods are worth another look. */
  notice(record: AgentNotice, atMs: number): boolean;
  /** The endpoints that are new among the wanted, and since when they were not counted. */
  retarget(targets: Targets, sinceMs: number): { readonly added: readonly number[]; readonly sinceMs: number };
  /** What was said meanwhile was not heard. */
  gap(): void;
}

/** More are made between two looks in no cluster that works. */
const MOST_BORN = 1_000;

export function followEndpoints(first: Targets, changed: (targets: Targets) => void): FollowedEndpoints {
  /** When the agent made them: nobody was there to be counted before. */
  const born = new Map<number, number>();
  let targets = first;
  let wanted = endpointsOf(first);

  function set(next: Targets): void {
    targets = next;
    wanted = endpointsOf(next);
    changed(next);
  }

  return {
    targets: () => targets,
    wanted: () => wanted,
    notice: (record, atMs) => {
      if (targets === 'all') return false;
      const news = readNotice(record);
      if (news?.what !== 'endpoint-gone') return false;
      const { endpoint, isMade } = news;
      if (isMade && born.size < MOST_BORN) born.set(endpoint, atMs);
      // Its number may be another pod's next.
      if (!isMade && targets.some((target) => target.endpoint === endpoint))
        set(targets.map((target) => (target.endpoint === endpoint ? { ...target, endpoint: null } : target)));
      return true;
    },
    retarget: (next, sinceMs) => {
      const before = wanted;
      set(next);
      if (before === 'all' || wanted === 'all') return { added: [], sinceMs };
      const added = wanted.filter((endpoint) => !before.includes(endpoint));
      const since = Math.max(sinceMs, Math.min(...added.map((endpoint) => born.get(endpoint) ?? sinceMs)));
      born.clear();
      return { added, sinceMs: added.length === 0 ? sinceMs : since };
    },
    gap: () => born.clear(),
  };
}

export function endpointsOf(targets: Targets): readonly number[] | 'all' {
  return targets === 'all' ? 'all' : targets.flatMap(({ endpoint }) => (endpoint === null ? [] : [endpoint]));
}
