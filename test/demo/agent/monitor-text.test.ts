/** The demo's verdict lines against those that each Cilium version itself printed for the same event. */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { verdictLine } from '../../../src/demo/agent/monitor-text.ts';
import { agentVersion } from '../../../src/demo/cluster/version.ts';

const Truth = v.object({
  type: v.literal('policy-verdict'),
  line: v.number(),
  endpoint_id: v.number(),
  remote_id: v.number(),
  direction: v.picklist(['ingress', 'egress']),
  action: v.picklist(['allow', 'deny', 'redirect', 'audit']),
  audit: v.boolean(),
  match_text: v.picklist(['none', 'L3-Only', 'L3-L4', 'L4-Only', 'all', 'L3-Proto', 'Proto-Only']),
  auth: v.exactOptional(v.literal('disabled')),
  hash: v.number(),
  ip_version: v.literal(4),
  l4: v.picklist(['tcp', 'udp']),
  src_ip: v.string(),
  dst_ip: v.string(),
  src_port: v.number(),
  dst_port: v.number(),
  tcp_flags: v.exactOptional(v.array(v.string())),
  policy_name: v.exactOptional(v.string()),
  payload: v.exactOptional(v.undefined()),
});

describe.each([
  ['accuknox-1.10.90', 'accuknox', '1.10.90', 'verdict'],
  ['cilium-1.8.13', 'cilium', '1.8', 'verdict'],
  ['cilium-1.10.20', 'cilium', '1.10', 'verdict'],
  ['cilium-1.10.20', 'cilium', '1.10', 'numeric-verdict'],
  ['cilium-1.12.7', 'cilium', '1.12', 'verdict'],
  ['cilium-1.14-dev', 'cilium', '1.14', 'verdict'],
  ['cilium-1.16-dev', 'cilium', '1.16', 'verdict'],
  ['cilium-1.19-dev', 'cilium', '1.19', 'verdict'],
  ['cilium-1.19-dev', 'cilium', '1.19', 'numeric-verdict'],
] as const)('%s as %s %s, mode %s', (folder, dialect, text, mode) => {
  const read = (file: string) => readFileSync(`fixtures/corpus/${folder}/${mode}.${file}`, 'utf8').split('\n');
  const lines = read('txt');
  const version = agentVersion(dialect, text);
  const truths = read('expected.jsonl')
    .filter((line) => line !== '')
    .map((line) => v.safeParse(Truth, JSON.parse(line)))
    .flatMap((truth) => (truth.success ? [truth.output] : []))
    // The demo's patched agent never refuses in audit mode, and its datapath knows two matches.
    .filter((truth) => dialect === 'cilium' || !truth.audit || truth.action === 'allow')
    .filter((truth) => dialect === 'cilium' || ['all', 'none'].includes(truth.match_text));

  it('prints the same bytes', () => {
    expect(truths.length).toBeGreaterThan(30);
    for (const truth of truths) {
      const printed = verdictLine(
        {
          type: 'policy-verdict',
          endpoint: truth.endpoint_id,
          direction: truth.direction,
          remoteIdentity: truth.remote_id,
          action: truth.audit ? 'audit' : truth.action,
          match: truth.match_text,
          policyName: truth.policy_name ?? '',
          packet: {
            protocol: truth.l4 === 'tcp' ? 'TCP' : 'UDP',
            source: { ip: truth.src_ip, port: truth.src_port },
            destination: { ip: truth.dst_ip, port: truth.dst_port },
            flags: ['SYN', 'ACK', 'RST', 'FIN'].filter((flag) => truth.tcp_flags?.includes(flag)).join(', '),
            hash: truth.hash,
          },
        },
        { version, numeric: mode.startsWith('numeric'), verbosity: 0 },
      );
      expect(printed).toBe(`${lines[truth.line - 1] ?? ''}\n`);
    }
  });
});
