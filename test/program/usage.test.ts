/** Help, version and wrong use, as a shell sees them. */
import { describe, expect, it } from 'vitest';
import { run } from './run.ts';

describe('help', () => {
  it.each([[['--help']], [['watch', '--help']], [['summary', '--help']], [['demo', '--help']]])('%j', async (args) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(
      `golden/${args.join(' ').replaceAll('--', '').trim().replaceAll(' ', '-')}.txt`,
    );
  });
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
    [['watch', '--pods', 'a'], '--pod'],
    [['summary', '--input', '-', '--pod', 'a'], 'leave the targets out'],
    [['demo', '--rate', 'fast'], '0 or above'],
    [['demo', '--dialect', 'calico'], 'accuknox, cilium'],
    [['watch', '--pod', 'a', '-v', '-q'], 'cannot be used with'],
    [[], 'Usage: policystat'],
  ])('%j', async (args, sentence) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
  });
});
