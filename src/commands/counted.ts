/** What of all records a summary counts: the filters of its flags, checked before anything runs. */
import type { AggregatorFilter } from '../aggregator/aggregator.ts';
import { reservedIdentity } from '../discovery/identity-name.ts';
import { compileFilter, type Names } from '../filter/filter.ts';
import type { FilterFlags } from '../filter/words.ts';
import type { Io } from '../io/io.ts';
import { filterTexts, hasFilter } from './filters.ts';
import type { Hearing } from './listen.ts';
import type { CountFlags } from './options.ts';
import { usage } from './plan.ts';

/** What is known without a cluster. */
const NO_CLUSTER: Names = { identityName: reservedIdentity, podAddresses: () => [] };

/** Throws `Failure` USAGE for filters that mean nothing, or nothing here. */
export function hearingOf(flags: FilterFlags & CountFlags, io: Pick<Io, 'clock'>): Hearing {
  compileFilter(flags, NO_CLUSTER);
  if (!hasFilter(flags)) return {};
  if (flags.reason !== undefined && flags.type?.includes('drop') !== true)
    throw usage('--reason chooses among drops: add -t drop.');
  if (flags.traffic === true)
    throw usage('--traffic counts whole policies, whatever their peers and ports: leave the filters or it out.');
  return {
    filter: async (cluster) => {
      const { filterOfCluster } = await import('./cluster-filter.ts');
      return withTexts(flags, await filterOfCluster(flags, cluster, io));
    },
  };
}

export function filterOfFiles(flags: FilterFlags): AggregatorFilter | null {
  return withTexts(flags, compileFilter(flags, NO_CLUSTER));
}

function withTexts(flags: FilterFlags, chooses: AggregatorFilter['chooses'] | null): AggregatorFilter | null {
  return chooses === null ? null : { texts: filterTexts(flags), chooses };
}
