/** Help, version and wrong use, as a shell sees them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BIN, run } from './run.ts';

describe('help', () => {
  it.each([
    [['--help']],
    [['watch', '--help']],
    [['summary', '--help']],
    [['events', '--help']],
    [['policies', '--help']],
    [['compare', '--help']],
    [['record', '--help']],
    [['doctor', '--help']],
    [['demo', '--help']],
  ])('%j', async (args) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(
      `golden/${args.join(' ').replaceAll('--', '').trim().replaceAll(' ', '-')}.txt`,
    );
  });
});

it.each([['watch'], ['check'], ['compare'], ['demo']])('"help %s" is its --help', async (command) => {
  const { code, stdout } = await run(['help', command]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: (await run([command, '--help'])).stdout });
});

describe('version', () => {
  it.each([
    ['--version', /^\d+\.\d+\.\d+\n$/],
    ['version', /^policystat \S+ \(Node\.js \S+\)\n$/],
  ])('%s is one line on stdout', async (arg, line) => {
    const { code, stdout, stderr } = await run([arg]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(line);
  });
});

describe('wrong use exits with 2 and says so on stderr', () => {
  it.each([
    [['watch'], 'Say whose policies'],
    [['watch', 'deathstar'], '--pod deathstar'],
    [['watch', '--pod', 'a', '-o', 'xml'], 'table, wide, json, jsonl, yaml'],
    [['watch', '--pod', 'a', '--interval', '5'], 'with its unit'],
    [['wach'], 'watch'],
    [['wach', '--policy', 'summary'], '(Did you mean watch?)'],
    [['--quiet', 'watch'], "unknown option '--quiet'"],
    [['watch', '--pods', 'a'], '--pod'],
    [['summary', '--input', '-', '--pod', 'a'], 'leave out --pod'],
    [['summary', '--input', '-', '-n', 'a', '--duration', '1m'], 'leave out --namespace and --duration'],
    [['watch', '--pod', 'a', '-l', 'b=c'], 'Give either names'],
    [['events', '--pod', 'a', '-o', 'json'], '-o jsonl'],
    [['events', '--pod', 'a', '-t', 'polcy'], 'policy-verdict, drop, l7'],
    [['events', '--pod', 'a', '--peer', 'tiefighter'], '--peer does not take "tiefighter"'],
    [['events', '--input', '-', '--port', 'http'], '--port does not take "http"'],
    [['events', '--input', '-', '--pod', 'a'], 'leave out --pod'],
    [['events', '--input', '-', '-n', 'a', '--duration', '1m'], 'leave out --namespace and --duration'],
    [['events', '--input', '-', '--input', '-'], 'only once'],
    [['summary', '--input', BIN, '--input', BIN], 'is given twice'],
    [['doctor', '--role', 'admin'], 'watch, summary, check'],
    [['compare', 'a.json'], 'Give two files, A and B'],
    [['compare', '-', '-'], 'only once'],
    [['compare', '-', 'b.json', '--fail-on', 'denied'], 'became-denied, new-denied'],
    [['demo', '--rate', 'fast'], '0 or above'],
    [['demo', '--dialect', 'calico'], 'accuknox, cilium'],
    [['demo', '--cilium-version', '1.99'], '1.8 to 1.19'],
    [['watch', '--pod', 'a', '-v', '-q'], 'cannot be used with'],
    [[], 'Usage: policystat'],
  ])('%j', async (args, sentence) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
  });

  it('says who speaks and where to read on', async () => {
    const { stderr } = await run(['watch', '--pods', 'a']);
    expect(stderr).toBe(
      'policystat: unknown option \'--pods\'\n(Did you mean --pod?)\nSee "policystat watch --help" for usage.\n',
    );
  });

  it('an environment that is set for other runs does not count as given', async () => {
    const { code, stderr } = await run(['summary', '--input', '-'], { env: { POLICYSTAT_NAMESPACE: 'shop' } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

it('NO_COLOR beside FORCE_COLOR wins without a word of Node about it', async () => {
  const env = { NO_COLOR: '1', FORCE_COLOR: '1' };
  const { code, stdout, stderr } = await run(['demo', '--duration', '200ms'], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).not.toContain('\u001b');
});

describe('input that is damaged', () => {
  it('a path that is not there is named once', async () => {
    const { code, stderr } = await run(['summary', '--input', '/nonexistent/monitor.txt']);
    expect(code).toBe(1);
    expect(stderr.match(/nonexistent/g)).toHaveLength(1);
    expect(stderr).toContain('no such file or directory');
  });

  it('a gzip that ends in the middle is said to be unreadable', async () => {
    const packed = gzipSync(Buffer.from('Policy verdict log: flow 0x0\n'.repeat(1000)));
    const { code, stdout, stderr } = await run(['summary', '--input', '-'], {
      stdin: packed.subarray(0, packed.length - 10),
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^policystat: Cannot read standard input: .*unexpected end of file/);
  });
});

it('output that cannot be written is a failure', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [BIN, '--help'], { stdio: ['ignore', full, 'pipe'] });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const closed: unknown[] = await once(child, 'close');
  closeSync(full);
  expect(closed[0]).toBe(1);
  expect(stderr).toContain('no space left');
});
