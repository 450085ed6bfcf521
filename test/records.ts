/** A verdict and a drop as monitor tells them of the Star Wars demo: a TCP SYN to port 80 unless told otherwise. */
import type { Drop, Verdict } from '../src/model/event.ts';

export function verdict(changes: Partial<Verdict> = {}): Verdict {
  return {
    type: 'policy-verdict',
    dialect: 'cilium',
    endpoint: 733,
    direction: 'ingress',
    action: 'allow',
    audit: false,
    remoteIdentity: 12530,
    protocol: 'TCP',
    match: 'L3-L4',
    auth: 'disabled',
    source: { ip: '10.244.0.111', port: 42596 },
    destination: { ip: '10.244.0.94', port: 80 },
    destinationPort: 80,
    tcpFlags: ['SYN'],
    icmp: null,
    flow: '0x0',
    flowKey: 1,
    policyName: null,
    hubble: null,
    ...changes,
  };
}

/** What follows from `verdict({ action: 'deny', match: 'none' })`. */
export function drop(changes: Partial<Drop> = {}): Drop {
  return {
    type: 'drop',
    reason: 'Policy denied',
    reasonCode: 133,
    extError: 0,
    endpoint: 733,
    sourceEndpoint: null,
    direction: null,
    sourceIdentity: 2371,
    destinationIdentity: 18031,
    file: 'bpf_lxc.c',
    fileLine: 2086,
    interface: '5',
    protocol: 'TCP',
    source: { ip: '10.244.0.111', port: 42596 },
    destination: { ip: '10.244.0.94', port: 80 },
    tcpFlags: ['SYN'],
    icmp: null,
    flow: '0x0',
    flowKey: 1,
    ipTraceId: null,
    hubble: null,
    ...changes,
  };
}
