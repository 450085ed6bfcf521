/** What is done to lines of every type on their way: whatever it is, no record has a wrong field, and nothing takes long. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { intactFiles, readRecords } from './corpus.ts';
import { type CorpusEvent, differences, eventsOf } from './expected.ts';

const encoder = new TextEncoder();
const files = intactFiles();
const events = files.flatMap(eventsOf);
const singles = events.filter(({ lines }) => lines.length === 1);
const anEvent = fc.constantFrom(...singles);

/** Of what was read, all that is not so. */
function wrongIn(bytes: Uint8Array, { truth, lines }: CorpusEvent): string[] {
  return readRecords([bytes, encoder.encode('\n')]).flatMap((record) =>
    record.type === 'ignored' || record.type === 'unparsed' ? [] : differences(truth, lines, record),
  );
}

function lineOf({ lines }: CorpusEvent): string {
  return lines[0] ?? '';
}

describe('no record has a wrong field', () => {
  const place = fc.double({ min: 0, max: 1, noNaN: true });

  test('where bytes got in that are no text', () => {
    const junk = fc.constantFrom([0], [7], [0x1b], [0x7f], [0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xc3, 0x28]);
    fc.assert(
      fc.property(anEvent, place, junk, fc.nat({ max: 1 }), (event, share, bytes, taken) => {
        const whole = encoder.encode(lineOf(event));
        const at = Math.floor(share * (whole.length - 1));
        const damaged = Uint8Array.from([...whole.subarray(0, at), ...bytes, ...whole.subarray(at + taken)]);
        expect(wrongIn(damaged, event)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test("where another program's words got in", () => {
    const words = fc.constantFrom(
      'Unable to use a TTY - input is not a terminal or the right kind of file',
      'Defaulted container "cilium-agent" out of: cilium-agent, config (init)',
      'error: error reading from error stream: next reader: websocket: close 1006 (abnormal closure): unexpected EOF',
      'E1122 09:13:02.114532   18823 v3.go:79] EOF',
      'level=info msg="Initializing dissection cache..." subsys=monitor',
      'command terminated with exit code 137',
    );
    fc.assert(
      fc.property(anEvent, place, words, (event, share, text) => {
        const line = lineOf(event);
        const at = Math.floor(share * line.length);
        // At the end of a line they can be cut off again: there it is whole.
        fc.pre(line.slice(at).trim() !== '');
        expect(wrongIn(encoder.encode(`${line.slice(0, at)}${text}${line.slice(at)}`), event)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('where a newline was lost, with or without the end of the line', () => {
    fc.assert(
      fc.property(anEvent, anEvent, place, (one, other, share) => {
        const first = lineOf(one);
        const at = Math.max(4, Math.floor(share * first.length));
        expect(wrongIn(encoder.encode(`${first}${lineOf(other)}`), one)).toEqual([]);
        // A line's beginning may be all of another: then only that other is seen.
        expect(wrongIn(encoder.encode(`${first.slice(0, at)}${lineOf(other)}`), other)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('where the beginning is missing', () => {
    fc.assert(
      fc.property(anEvent, place, (event, share) => {
        const line = lineOf(event);
        expect(wrongIn(encoder.encode(line.slice(1 + Math.floor(share * line.length))), event)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('where the end is missing, and the line would have told that it ends', () => {
    const ends = / (?:tcp [A-Z, ]*|udp|sctp)(?: \[tunnel .*\])?$|^CPU \d+: Lost |\}$/;
    const told = singles.filter((event) => ends.test(lineOf(event)) && !lineOf(event).includes('DEBUG: '));
    expect(told.length).toBeGreaterThan(5_000);
    fc.assert(
      fc.property(fc.constantFrom(...told), place, (event, share) => {
        const line = lineOf(event);
        const wrong = wrongIn(encoder.encode(line.slice(0, 1 + Math.floor(share * (line.length - 1)))), event);
        // Of the flags any number may have been set.
        expect(wrong.filter((problem) => !problem.startsWith('tcpFlags: '))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('an event of several lines, one of them damaged', () => {
  const several = events.filter(({ lines }) => lines.length > 1);
  const PACKET = ['protocol', 'source', 'destination', 'tcpFlags', 'icmp', 'ipTraceId'];
  const cutOff = (line: string, at: number) => `${line.slice(0, at)}\n`;
  const damages: readonly ((line: string, at: number) => string)[] = [
    cutOff,
    (line, at) => `${line.slice(at)}\n`,
    (line, at) => `${line.slice(0, at)}\0${line.slice(at)}\n`,
    (line, at) => `${line.slice(0, at)}level=info msg="connection closed"${line.slice(at)}\n`,
    (line) => line,
    () => '',
  ];

  test('is told without its packet where the packet is not whole', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...several),
        share,
        share,
        fc.constantFrom(...damages),
        (event, which, at, damage) => {
          const { truth, lines } = event;
          const place = Math.floor(which * (lines.length - 1));
          // A head ends in a number, of which the beginning is a number, too.
          fc.pre(damage !== cutOff || lines[place]?.includes(' MARK ') !== true);
          const text = lines
            .map((line, i) => (i === place ? damage(line, 1 + Math.floor(at * (line.length - 1))) : `${line}\n`))
            .join('');
          for (const record of readRecords([encoder.encode(text)])) {
            if (record.type === 'ignored' || record.type === 'unparsed') continue;
            const hasPacket = 'source' in record && record.source !== null;
            expect(differences(truth, lines, record, hasPacket ? ['ipTraceId'] : PACKET), text).toEqual([]);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('what is put around a line is taken off', () => {
  // Which side of a response is the source is told by the lines before it.
  const alone = singles.filter(({ truth }) => truth.flow_type !== 'Response');
  const samples = [...new Map(alone.map((event) => [`${event.truth.type} ${lineOf(event)[0]}`, event])).values()];

  test.each([
    ['a carriage return', (line: string) => `${line}\r`],
    ['colours', (line: string) => `\u001b[1;32m${line}\u001b[0m\u001b[K`],
    ['colours inside', (line: string) => `${line.slice(0, 9)}\u001b[31m${line.slice(9)}\u001b[0m`],
    ['a byte order mark', (line: string) => `\ufeff${line}`],
    ['indentation', (line: string) => `  \t${line}`],
    ['kubectl logs --timestamps', (line: string) => `2026-11-22T18:42:16.177543667Z ${line}`],
    ['kubectl logs --prefix', (line: string) => `[pod/cilium-abcde/cilium-agent] ${line}`],
    ['both', (line: string) => `[pod/cilium-abcde/cilium-agent] 2026-11-22T18:42:16.177543667+01:00 ${line}`],
    ['stern', (line: string) => `\u001b[35mcilium-abcde\u001b[0m \u001b[95mcilium-agent\u001b[0m ${line}`],
    ['stern -A', (line: string) => `kube-system cilium-abcde cilium-agent ${line}`],
    ['stern -t', (line: string) => `cilium-abcde cilium-agent 2026-11-22T18:42:16.177543667Z ${line}`],
    ['the container runtime', (line: string) => `2026-11-22T18:42:16.177543667Z stdout F ${line}`],
    ['ts', (line: string) => `Nov 22 18:42:16 ${line}`],
    ['ts with a fraction', (line: string) => `18:42:16.177543 ${line}`],
    ['syslog', (line: string) => `Nov  2 18:42:16 node-1 cilium[812]: ${line}`],
  ])('%s', (_, around) => {
    expect(samples.length).toBeGreaterThan(12);
    for (const event of samples) {
      const [record, ...more] = readRecords([encoder.encode(`${around(lineOf(event))}\n`)]);
      expect(more).toEqual([]);
      expect(differences(event.truth, event.lines, record), lineOf(event)).toEqual([]);
    }
  });
});

describe('names', () => {
  const line = (name: string) =>
    `Policy verdict log: flow 0x0, PolicyName ${name}, local EP ID 262, remote ID 3884, proto 6, ingress, action ALLOW auditMode:false, match all, 10.0.0.1:40000 -> 10.0.0.2:80 tcp SYN`;

  test.each([
    '',
    ' ',
    'local EP ID 7',
    'a, local EP ID 7, remote ID 9',
    'a, local EP ID 7, remote ID 9, proto 17, egress, action DENY auditMode:true, match none, x',
    'action DENY auditMode:true',
    'ingress, action ALLOW',
    'match all, 10.0.0.1:1 -> 10.0.0.2:2 udp',
    'PolicyName b',
    'xx drop (Policy denied) flow 0x0',
    'naïve 名前',
    '__proto__',
    'x'.repeat(4_000),
  ])('"%s"', (name) => {
    const [record] = readRecords([encoder.encode(`${line(name)}\n`)]);
    expect(record).toMatchObject({ type: 'policy-verdict', policyName: name, endpoint: 262, remoteIdentity: 3884 });
  });
});

describe('pieces', () => {
  test('any cutting of any output gives the same records, those of several lines too', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 80 });
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.nat({ max: 40_000 }), sizes, ({ bytes }, from, pieces) => {
        const part = bytes.subarray(from, from + 30_000);
        let at = 0;
        const cut = pieces.map((size) => part.slice(at, (at += size)));
        expect(readRecords([...cut, part.slice(at)])).toEqual(readRecords([part]));
      }),
      { numRuns: 150 },
    );
  });
});

describe('time', () => {
  /** Words of the grammar, over and over, in a line as long as one may be. */
  const heads = [...new Map(events.map(({ truth, lines }) => [truth.type, lines[0] ?? ''])).values()];
  const tokens = [
    ...[' ', 'a ', '-', ' -> ', ', ', ':', '.', '0', '{"a":', '[', '\u001b[', 'k8s:a=b ', ' => 200', ' topic '],
    ...['Protocol=a ', 'SrcIP=1 ', 'SrcPort=1 ', ', local EP ID 1, remote ID ', ') flow 0x0 ', 'identity 1->2'],
    ...['DNS a: b ', 'CPU 01: ', '>> A: ', '2026-11-22T18:42:16Z ', '[a] ', 'a-a a ', '00 '],
  ];

  test.each(tokens)('"%s" without an end is read at once', (token) => {
    for (const head of heads) {
      for (const at of [head.length, Math.floor(head.length / 2), 4]) {
        const line = encoder.encode(`${head.slice(0, at)}${token.repeat(60_000 / token.length)}`);
        const beganMs = performance.now();
        expect(readRecords([line, encoder.encode('\n')]).length).toBe(1);
        // Two hundred times what it needs: only a step that grows with the square is slower.
        expect(performance.now() - beganMs).toBeLessThan(1_000);
      }
    }
  });
});
