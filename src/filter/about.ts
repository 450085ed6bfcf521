/** Whether a record is about the pods that were asked for; what names no pod is not known to be about another. */
import type { Target } from '../model/cluster.ts';
import type { MonitorRecord, PacketEnd } from '../model/event.ts';

/** The agent shows other endpoints' events too: they are told apart here. */
export function isAbout(record: MonitorRecord, targets: readonly Target[] | 'all'): boolean {
  if (targets === 'all') return true;
  const has = (endpoint: number | null) => targets.some((target) => endpoint !== null && target.endpoint === endpoint);
  const hasAddress = (end: PacketEnd | null) =>
    targets.some(({ addresses }) => end !== null && addresses.includes(end.ip));
  switch (record.type) {
    case 'policy-verdict':
      return has(record.endpoint);
    case 'drop':
    case 'trace':
      // The text of drops and traces leaves the endpoint of one end out.
      return (
        has(record.endpoint) ||
        has(record.sourceEndpoint) ||
        hasAddress(record.source) ||
        hasAddress(record.destination)
      );
    case 'l7':
      return has(record.sourceEndpoint) || has(record.destinationEndpoint);
    case 'capture':
      if (record.endpoint !== null) return has(record.endpoint);
      return hasAddress(record.source) || hasAddress(record.destination) || record.source === null;
    case 'debug':
      return record.endpoint === null || record.endpoint === 0 || has(record.endpoint);
    default:
      return true;
  }
}
