import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { type CapturedCluster, startCapturedCluster } from './captured-cluster.ts';

let cluster: CapturedCluster;
beforeEach(async () => {
  cluster = await startCapturedCluster();
});
afterEach(() => cluster.close());

interface Stream {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  stdout(): string;
  pongs(): number;
}

function exec(script: string): Stream {
  const query = new URLSearchParams([
    ['command', 'sh'],
    ['command', '-c'],
    ['command', script],
    ['stdin', 'true'],
    ['stdout', 'true'],
  ]);
  const path = `/api/v1/namespaces/default/pods/xwing/exec?${query.toString()}`;
  const socket = cluster.websocket(path, ['v5.channel.k8s.io']);
  let stdout = '';
  let pongs = 0;
  socket.on('message', (data) => {
    if (Buffer.isBuffer(data) && data[0] === 1) stdout += data.subarray(1).toString('utf8');
  });
  socket.on('pong', () => (pongs += 1));
  socket.on('error', () => undefined);
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  return { socket, closed, stdout: () => stdout, pongs: () => pongs };
}

describe('faults', () => {
  test('dropAfter cuts the next stream after exactly so many bytes, and only that one', async () => {
    cluster.api.faults.dropAfter(10);
    expect(await exec('echo short').closed).toBe(1000);
    const cut = exec('seq 1 100; cat');
    expect(await cut.closed).toBe(1006);
    expect(cut.stdout()).toBe('1\n2\n3\n4\n5\n');
    const whole = exec('seq 1 100');
    expect(await whole.closed).toBe(1000);
    expect(whole.stdout()).toHaveLength(292);
  });

  test('breakStreams cuts what is open', async () => {
    const stream = exec('echo ready; cat');
    await vi.waitFor(() => expect(stream.stdout()).toBe('ready\n'));
    cluster.api.faults.breakStreams();
    expect(await stream.closed).toBe(1006);
    await vi.waitFor(() => expect(cluster.api.processes()).toEqual([]));
  });

  test('stall holds back output, the end, and the answers to pings, until it is over', async () => {
    const stream = exec('echo ready; read -r x; echo "got $x"');
    await vi.waitFor(() => expect(stream.stdout()).toBe('ready\n'));
    cluster.api.faults.stall(400);
    stream.socket.ping();
    stream.socket.send(Buffer.from('\0line\n'));
    const started = performance.now();
    expect(await stream.closed).toBe(1000);
    expect(performance.now() - started).toBeGreaterThan(350);
    expect(stream.stdout()).toBe('ready\ngot line\n');
    expect(stream.pongs()).toBe(1);
  });

  test('a stalled stream is open to new ones too, which say nothing', async () => {
    cluster.api.faults.stall(Infinity);
    const stream = exec('echo ready');
    await new Promise((resolve) => stream.socket.once('open', resolve));
    await vi.waitFor(() => expect(cluster.api.processes()).toEqual([]));
    expect(stream.stdout()).toBe('');
    cluster.api.faults.breakStreams();
    expect(await stream.closed).toBe(1006);
  });

  test('refuseConnections closes new connections', async () => {
    cluster.api.faults.refuseConnections(Infinity);
    await expect(cluster.ask('/version')).rejects.toThrow();
  });
});

describe('close', () => {
  test('kills what was exec’d, children and leftovers included', async () => {
    const stream = exec('sleep 60 & echo ready; sleep 60');
    await vi.waitFor(() => expect(stream.stdout()).toBe('ready\n'));
    const pids = cluster.api.processes();
    expect(pids).toHaveLength(3);
    await cluster.api.close();
    expect(await stream.closed).toBe(1006);
    await vi.waitFor(() => expect(cluster.api.processes()).toEqual([]));
  });
});
