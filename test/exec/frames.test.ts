import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFrame, readStatus } from '../../src/exec/frames.ts';
import { detailOf, openSession } from '../../src/exec/session.ts';
import { createTextLines } from '../../src/exec/text-lines.ts';
import type { KubeApi, SocketHandlers } from '../../src/model/kubernetes.ts';

const CAPTURES = new URL('../../fixtures/captures/api/exec-frames/', import.meta.url);
const REQUEST = {
  namespace: 'kube-system',
  pod: 'cilium',
  container: 'cilium-agent',
  command: ['cilium'],
  stdin: false,
};
const CLOCK = { nowMs: () => 0, after: () => () => undefined };

interface Step {
  readonly event: string;
  readonly channel?: number;
  readonly text?: string;
  readonly code?: number;
}

function isStep(value: unknown): value is Step {
  return value instanceof Object && 'event' in value && typeof value.event === 'string';
}

function stepsOf(name: string): Step[] {
  const lines = readFileSync(new URL(name, CAPTURES), 'utf8').trim().split('\n');
  return lines.map((line): unknown => JSON.parse(line)).filter(isStep);
}

async function replay(steps: readonly Step[]): Promise<{ stdout: string; stderr: string; end: string }> {
  let socket: SocketHandlers | null = null;
  const openExec: KubeApi['openExec'] = (_request, handlers) => {
    socket = handlers;
    const nothing = () => undefined;
    return Promise.resolve({
      protocol: 'v5.channel.k8s.io',
      send: nothing,
      ping: nothing,
      close: nothing,
      terminate: nothing,
    });
  };
  const seen = { stdout: '', stderr: '' };
  const output = {
    stdout: (data: Uint8Array) => void (seen.stdout += Buffer.from(data).toString()),
    stderr: (data: Uint8Array) => void (seen.stderr += Buffer.from(data).toString()),
  };
  const session = await openSession(
    { openExec, clock: CLOCK, random: () => 0 },
    REQUEST,
    output,
    new AbortController().signal,
  );
  feed(steps, socket);
  return { ...seen, end: detailOf(await session.ended) };
}

function feed(steps: readonly Step[], socket: SocketHandlers | null): void {
  for (const step of steps) {
    if (step.event === 'frame')
      socket?.frame(Buffer.concat([Buffer.of(step.channel ?? 0), Buffer.from(step.text ?? '')]));
    if (step.event === 'close') socket?.closed(step.code ?? 0, '');
  }
}

const ENDS: Readonly<Record<string, { stdout: RegExp; stderr: RegExp; end: RegExp }>> = {
  'v4-exit-3.jsonl': { stdout: /^out\n$/, stderr: /^err\n$/, end: /^exit code 3$/ },
  'v5-exit-3.jsonl': { stdout: /^out\n$/, stderr: /^err\n$/, end: /^exit code 3$/ },
  'v4-no-such-program.jsonl': { stdout: /^$/, stderr: /^$/, end: /exec: "\/nosuch": stat \/nosuch: no such file/ },
  'v5-no-such-program.jsonl': { stdout: /^$/, stderr: /^$/, end: /exec: "\/nosuch": stat \/nosuch: no such file/ },
  'v4-ok.jsonl': { stdout: /^Client: .*\nDaemon: .*\n$/, stderr: /^$/, end: /^exit code 0$/ },
  'v5-ok.jsonl': { stdout: /^Client: .*\nDaemon: .*\n$/, stderr: /^$/, end: /^exit code 0$/ },
  'v4-stdin.jsonl': { stdout: /^hello\n$/, stderr: /^$/, end: /^connection closed \(1000\)$/ },
  'v5-stdin.jsonl': { stdout: /^hello\n$/, stderr: /^$/, end: /^exit code 0$/ },
  'v5-monitor-lifeline.jsonl': { stdout: /^$/, stderr: /Press Ctrl-C to quit\n$/, end: /^connection closed \(1006\)$/ },
};

describe('frames of a real API server', () => {
  test.each(readdirSync(CAPTURES))('%s', async (name) => {
    const { stdout, stderr, end } = await replay(stepsOf(name));
    expect(stdout).toMatch(ENDS[name]?.stdout ?? /unexpected capture/);
    expect(stderr).toMatch(ENDS[name]?.stderr ?? /unexpected capture/);
    expect(end).toMatch(ENDS[name]?.end ?? /unexpected capture/);
  });
});

test('whatever a frame holds, it is one channel and the rest', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const { channel, data } = readFrame(bytes);
      expect(channel).toBe({ 1: 'stdout', 2: 'stderr', 3: 'status' }[bytes[0] ?? 0] ?? 'other');
      expect([...data]).toEqual([...bytes.slice(1)]);
    }),
  );
});

test('whatever the status channel says, it is an end', () => {
  const status = fc.record({
    status: fc.constantFrom('Success', 'Failure', ''),
    reason: fc.constantFrom('NonZeroExitCode', 'InternalError'),
    details: fc.option(
      fc.record({ causes: fc.array(fc.record({ reason: fc.constant('ExitCode'), message: fc.string() })) }),
    ),
  });
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    status.map((value) => JSON.stringify(value)),
  );
  fc.assert(fc.property(text, (value) => ['exited', 'error'].includes(readStatus(value).kind)));
});

test('lines are the same in any pieces', () => {
  const lines = fc.array(fc.stringMatching(/^[a-zé ]{0,20}$/), { maxLength: 8 });
  fc.assert(
    fc.property(lines, fc.array(fc.nat(40)), (wanted, cuts) => {
      const seen: string[] = [];
      const reader = createTextLines((line) => seen.push(line));
      const bytes = Buffer.from(wanted.join('\n'));
      let from = 0;
      for (const size of cuts) {
        reader.push(bytes.subarray(from, from + size));
        from += size;
      }
      reader.push(bytes.subarray(from));
      reader.end();
      expect(seen).toEqual(wanted.filter((line) => line.trim() !== ''));
    }),
  );
});
