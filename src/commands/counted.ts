/** What a summary counts of all records, and by what: the filters and groups of its flags, checked before anything runs. */
import type { Counting } from '../aggregator/aggregator.ts';
import { reservedIdentity } from '../discovery/identity-name.ts';
import { compileFilter, type Names } from '../filter/filter.ts';
import type { FilterFlags } from '../filter/words.ts';
import type { Io } from '../io/io.ts';
import type { RecordFilter } from '../model/attributed.ts';
import { filterTexts, hasFilter } from './filters.ts';
import type { Hearing } from './listen.ts';
import type { CountFlags, GroupFlags } from './options.ts';
import { usage } from './plan.ts';
import { checkRows, type RowsFlags } from './rows-flags.ts';

/** What is known without a cluster. */
const NO_CLUSTER: Names = { identityName: reservedIdentity, podAddresses: () => [] };

/** Throws `Failure` USAGE for flags that mean nothing, or nothing together. */
export function hearingOf(flags: FilterFlags & GroupFlags & CountFlags, io: Pick<Io, 'clock'>): Hearing {
  compileFilter(flags, NO_CLUSTER);
  if (flags.reason !== undefined && flags.type?.includes('drop') !== true)
    throw usage('--reason applies to drops only: add -t drop.');
  if (flags.traffic === true && (hasFilter(flags) || flags.groupBy !== undefined))
    throw usage(
      '--traffic counts whole policies, whatever their peers and ports: leave out either it or the filters and groups.',
    );
  return {
    counting: async (cluster) => {
      if (!hasFilter(flags)) return countingOf(flags, null);
      const { filterOfCluster } = await import('./cluster-filter.ts');
      return countingOf(flags, await filterOfCluster(flags, cluster, io));
    },
  };
}

/** `recorded`: the names that recordings tell; null for text. */
export function countingOfFiles(flags: FilterFlags & GroupFlags, recorded: Names | null): Counting {
  return countingOf(flags, compileFilter(flags, recorded ?? NO_CLUSTER));
}

/** Throws `Failure` for rows that cannot be printed like that. */
export async function checkSummaryRows(
  flags: GroupFlags & CountFlags & RowsFlags & { readonly output: string },
): Promise<void> {
  await checkRows(flags, async () => {
    const { columnNames } = await import('../report/policy-fields.ts');
    return columnNames(flags.groupBy ?? [], flags.traffic === true, flags.audit === true);
  });
}

function countingOf(flags: FilterFlags & GroupFlags, chooses: RecordFilter | null): Counting {
  return {
    filter: chooses === null ? null : { texts: filterTexts(flags), chooses },
    groupBy: flags.groupBy ?? [],
    audit: flags.audit === true,
  };
}
