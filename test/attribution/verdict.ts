/** Makes verdicts for the tests of attribution: a TCP SYN to port 80 unless told otherwise. */
import type { Verdict } from '../../src/model/event.ts';

export function verdictOf(changes: Partial<Verdict>): Verdict {
  return {
    type: 'policy-verdict',
    dialect: 'cilium',
    endpoint: 1026,
    direction: 'ingress',
    action: 'allow',
    audit: false,
    remoteIdentity: 12530,
    protocol: 'TCP',
    match: 'L3-L4',
    auth: 'disabled',
    source: { ip: '10.244.0.121', port: 55790 },
    destination: { ip: '10.244.0.225', port: 80 },
    destinationPort: 80,
    tcpFlags: ['SYN'],
    icmp: null,
    flow: '0x0',
    flowKey: 0,
    policyName: null,
    hubble: null,
    ...changes,
  };
}
