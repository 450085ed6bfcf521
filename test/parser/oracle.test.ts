/** The byte reader and the string reader see the same in the same lines, real ones and made ones. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { intactFiles, readRecords } from './corpus.ts';
import { readByString } from './string-reader.ts';

const encoder = new TextEncoder();

function agree(lines: readonly string[]): number {
  const records = readRecords([encoder.encode(`${lines.join('\n')}\n`)]);
  expect(records.length).toBe(lines.length);
  let compared = 0;
  lines.forEach((line, i) => {
    const wanted = readByString(line);
    const record = records[i];
    if (wanted === null || record === undefined) return;
    compared++;
    const { remote, ...fields } = wanted;
    expect(record).toMatchObject({ type: 'policy-verdict', destinationPort: wanted.destination.port, ...fields });
    if (record.type === 'policy-verdict' && /^\d+$/.test(remote)) expect(record.remoteIdentity).toBe(Number(remote));
  });
  return compared;
}

test('over the lines of the corpus', () => {
  const lines = intactFiles().flatMap((file) => file.lines.filter((line) => line.startsWith('Policy verdict log: ')));
  expect(agree(lines)).toBeGreaterThan(5_000);
});

test('over lines made from the grammar', () => {
  const port = fc.nat({ max: 65_535 });
  // Go prints addresses in one form only; gopacket's IPv4-in-IPv6 comes out as IPv4.
  const groups = fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 8, maxLength: 8 });
  const v6 = groups.chain((words) =>
    fc.record({ from: fc.nat({ max: 6 }), count: fc.nat({ max: 8 }) }).map(({ from, count }) => {
      const hex = words.map((word) => word.toString(16));
      const to = Math.min(8, from + count);
      if (to - from < 2) return `[${hex.join(':')}]`;
      return `[${hex.slice(0, from).join(':')}::${hex.slice(to).join(':')}]`;
    }),
  );
  const address = fc.boolean().chain((isV4) => (isV4 ? fc.tuple(fc.ipV4(), fc.ipV4()) : fc.tuple(v6, v6)));
  const transport = fc.constantFrom(
    ...['tcp SYN', 'tcp SYN, ACK', 'tcp ', 'tcp ACK, RST', 'tcp ACK, FIN'].map((words) => [6, words] as const),
    ...([
      [17, 'udp'],
      [132, 'sctp'],
    ] as const),
  );
  const flow = fc.nat({ max: 0xffff_ffff }).map((hash) => `0x${hash.toString(16)}`);
  const endpoint = fc.oneof(port, fc.nat({ max: 5 }));
  const identity = fc.oneof(fc.nat({ max: 0xffff_ffff }).map(String), fc.constantFrom('world', 'host', 'remote-node'));
  const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,60}[a-z0-9])?$/);
  const direction = fc.constantFrom('ingress', 'egress');
  const match = fc.constantFrom('none', 'L3-Only', 'L3-L4', 'L4-Only', 'all', 'L3-Proto', 'Proto-Only');
  const patchedHead = fc.oneof(
    name.map((text) => `, PolicyName ${text},`),
    fc.constantFrom(',', ', PolicyName ,'),
  );
  const patchedAction = fc
    .tuple(fc.constantFrom('ALLOW', 'DENY', 'REDIRECT'), fc.boolean())
    .map(([word, mode]) => `${word} auditMode:${mode},`);
  const stockAction = fc
    .tuple(
      fc.constantFrom('allow', 'deny', 'redirect', 'audit'),
      fc.constantFrom('', ' auth: disabled,', ' auth: spire,'),
    )
    .map(([word, auth]) => `${word},${auth}`);
  const dialect = fc.oneof(fc.tuple(patchedHead, patchedAction), fc.tuple(fc.constant(''), stockAction));
  const line = fc
    .tuple(flow, dialect, endpoint, identity, direction, match, fc.tuple(address, port, port), transport)
    .map(
      ([hash, [head, action], id, remote, way, matched, [[from, to], fromPort, toPort], [protocol, words]]) =>
        `Policy verdict log: flow ${hash}${head} local EP ID ${id}, remote ID ${remote}, proto ${protocol}, ${way}, action ${action} match ${matched}, ${from}:${fromPort} -> ${to}:${toPort} ${words}`,
    );
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
      expect(agree(lines)).toBe(lines.length);
    }),
    { numRuns: 300 },
  );
});
