/** Filters held against the names of a cluster. */
import { podAddresses } from '../discovery/services.ts';
import { compileFilter } from '../filter/filter.ts';
import { type FilterFlags, podsAmong } from '../filter/words.ts';
import type { Io } from '../io/io.ts';
import type { RecordFilter } from '../model/attributed.ts';
import type { HeardCluster } from './connected.ts';
import { elapsed } from './until.ts';

/** How long the first records wait for the names of identities. */
const NAMES_MS = 1_000;

/** Null where no flag was given. */
export async function filterOfCluster(
  flags: FilterFlags,
  { kube, signal, plan }: HeardCluster,
  io: Pick<Io, 'clock'>,
): Promise<RecordFilter | null> {
  const [addresses] = await Promise.all([
    Promise.all(
      podsAmong(flags).map(async ({ namespace, name }): Promise<readonly [string, readonly string[]]> => {
        const found = await podAddresses(kube, namespace, name, signal).catch(() => []);
        return [`${namespace}/${name}`, found];
      }),
    ),
    Promise.race([plan.namesSettled(), elapsed(io.clock, NAMES_MS, signal)]),
  ]);
  const ofPod = new Map(addresses);
  return compileFilter(flags, {
    identityName: plan.identityName,
    podAddresses: (pod) => ofPod.get(pod) ?? [],
  });
}
