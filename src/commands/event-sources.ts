/** Printers for the records of a cluster and of files: what things are called there, and whether a slow reader is waited for. */
import { reservedIdentity } from '../discovery/identity-name.ts';
import { listServices, type ServiceAt } from '../discovery/services.ts';
import { compileFilter, type Names } from '../filter/filter.ts';
import type { Io } from '../io/io.ts';
import type { Translation } from '../model/datapath-event.ts';
import { Failure } from '../model/problem.ts';
import { renderEventJson } from '../report/event-json.ts';
import type { Naming } from '../report/event-parts.ts';
import { createEventText } from '../report/event-text.ts';
import { paletteFor } from '../report/screen.ts';
import { filterOfCluster } from './cluster-filter.ts';
import { usesColor } from './color.ts';
import type { HeardCluster } from './connected.ts';
import { createEventPrinter, type EventPrinter, type PrinterOptions } from './event-printer.ts';
import type { EventsFlags } from './event-request.ts';
import type { EventTypes } from './event-types.ts';
import { hasFilter } from './filters.ts';
import type { ListenedCluster } from './listen.ts';
import type { Narrator } from './narrator.ts';

export async function eventsOfCluster(
  cluster: ListenedCluster,
  types: EventTypes,
  flags: EventsFlags,
  io: Io,
  narrator: Narrator,
): Promise<EventPrinter> {
  const { identityName } = cluster.plan;
  const [services, filter] = await Promise.all([
    types.wanted.has('trace-sock') ? servicesOrWarning(cluster, narrator) : null,
    filterOfCluster(flags, cluster, io),
  ]);
  const naming = { identityName, endpointName: cluster.endpointName };
  return createEventPrinter({
    types,
    damaged: printsDamage(flags),
    filter,
    named: (record) => withService(record, services),
    render: renderer(flags, io, naming, false),
    write: (text) => io.out.offer(text),
    room: () => io.out.room(),
  });
}

/** What is known without a cluster. */
const NO_CLUSTER: Names & Naming = {
  identityName: reservedIdentity,
  podAddresses: () => [],
  endpointName: () => null,
};

/** `recorded`: the names that recordings tell; null for text. */
export function eventsOfFiles(
  types: EventTypes | null,
  recorded: (Names & Naming) | null,
  flags: EventsFlags,
  io: Io,
): EventPrinter {
  const names = recorded ?? NO_CLUSTER;
  return createEventPrinter({
    types,
    damaged: printsDamage(flags),
    filter: compileFilter(flags, names),
    named: (record) => record,
    render: renderer(flags, io, names, true),
    // A file waits for its reader.
    write: (text) => {
      io.out.write(text);
      return true;
    },
    room: () => io.out.room(),
  });
}

/** Whoever asks for certain events gets nothing else. */
function printsDamage(flags: EventsFlags): boolean {
  return flags.type === undefined && !hasFilter(flags);
}

function renderer(flags: EventsFlags, io: Io, naming: Naming, dates: boolean): PrinterOptions['render'] {
  if (flags.output === 'jsonl') return renderEventJson;
  return createEventText({ ...naming, dates, palette: paletteFor(usesColor(io, io.out, flags)) });
}

async function servicesOrWarning({ kube, signal }: HeardCluster, narrator: Narrator): Promise<ServiceAt | null> {
  try {
    return await listServices(kube, signal);
  } catch (error) {
    // Addresses are told without names; that they are not to be listed is told where everything is asked.
    if (error instanceof Failure && error.problem.code !== 'FORBIDDEN') narrator.warn(error.problem);
    return null;
  }
}

function withService(record: Translation, services: ServiceAt | null): Translation {
  const { from } = record;
  if (from?.service !== null || services === null) return record;
  return { ...record, from: { ...from, service: services(from.ip, from.port) } };
}
