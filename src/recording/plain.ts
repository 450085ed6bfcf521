/** Records as plain objects: a reader's own may be read from the line only when they are asked. */
import type { MonitorRecord } from '../model/event.ts';

export function plainRecord(record: MonitorRecord): MonitorRecord {
  if (record.type !== 'policy-verdict') return record;
  return {
    type: record.type,
    dialect: record.dialect,
    endpoint: record.endpoint,
    direction: record.direction,
    action: record.action,
    audit: record.audit,
    remoteIdentity: record.remoteIdentity,
    protocol: record.protocol,
    match: record.match,
    auth: record.auth,
    source: record.source,
    destination: record.destination,
    destinationPort: record.destinationPort,
    tcpFlags: record.tcpFlags,
    icmp: record.icmp,
    flow: record.flow,
    flowKey: record.flowKey,
    policyName: record.policyName,
    hubble: record.hubble,
  };
}

/** Whom a record is about: their names are taken down beside it. */
export function identitiesOf(record: MonitorRecord): readonly (number | null)[] {
  switch (record.type) {
    case 'policy-verdict':
      return [record.remoteIdentity];
    case 'drop':
    case 'trace':
    case 'l7':
      return [record.sourceIdentity, record.destinationIdentity];
    default:
      return [];
  }
}
