/** Measures how fast files are counted, beside what people count them with today; each program on one core, in turn. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atLeast, atMost, inTurn, isThere, median, say } from './comparison.ts';
import { writeVerdictFile } from './verdict-file.ts';

const bin = fileURLToPath(new URL('../bin/policystat.js', import.meta.url));
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const awkProgram = fileURLToPath(new URL('count.awk', import.meta.url));
const goProgram = fileURLToPath(new URL('count.go', import.meta.url));

const VERDICTS = 6_000_000;
const FLOWS = 200_000;
const OTHER_LINES = 500_000;
const POLL_MS = 10;
const FIELDS = '[.flow.verdict,.flow.traffic_direction,.flow.source.identity,.flow.destination.identity,.flow.l4]';
const pinned = isThere('taskset') ? ['taskset', '-c', '0'] : [];

/** Seconds from start to end, reading `input`. */
async function seconds(command: readonly string[], input: string, sizes: number[] = []): Promise<number> {
  const [program = '', ...args] = [...pinned, ...command];
  const file = openSync(input, 'r');
  const startMs = performance.now();
  const child = spawn(program, args, { stdio: [file, 'ignore', 'inherit'] });
  let size = 0;
  const poll = setInterval(() => {
    size = Math.max(size, peakMegabytes(child.pid));
  }, POLL_MS);
  await once(child, 'exit');
  clearInterval(poll);
  closeSync(file);
  if (child.exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${String(child.exitCode)}`);
  sizes.push(size);
  return (performance.now() - startMs) / 1000;
}

/** The most that a process ever had in memory. */
function peakMegabytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

export async function benchOffline(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'policystat-bench-'));
  try {
    await benchVerdicts(folder);
    await benchFlows(folder);
    await benchOthers(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function summary(file: string): readonly string[] {
  return [process.execPath, bin, 'summary', '--input', file, '-o', 'json'];
}

async function benchVerdicts(folder: string): Promise<void> {
  const file = join(folder, 'verdicts.txt');
  const { lines, bytes } = await writeVerdictFile(file, VERDICTS);
  say(
    `${(lines / 1e6).toFixed(0)} million verdict lines as four ways of printing them have it, ${(bytes / 1e6).toFixed(0)} MB:`,
  );
  const sizes: number[] = [];
  const others = [
    { name: 'wc -l', command: ['wc', '-l'] },
    { name: 'mawk', command: ['mawk', '-f', awkProgram] },
    { name: 'gawk', command: ['gawk', '-f', awkProgram] },
    { name: 'Go', command: goCommand(folder) },
  ].filter(({ command: [program = ''] }) => isThere(program) || existsSync(program));
  const [ours = Number.NaN, ...theirs] = await inTurn(
    () => seconds(summary(file), file, sizes),
    ...others.map(
      ({ command }) =>
        () =>
          seconds(command, file),
    ),
  );
  const perSecond = lines / ours / 1e6;
  atLeast('  summary --input, million lines a second', perSecond, 4);
  for (const [at, { name }] of others.entries()) {
    const time = theirs[at] ?? Number.NaN;
    const times = `  ${name}, ${(lines / time / 1e6).toFixed(2)} million lines a second, times as fast as it`;
    if (name === 'mawk') atLeast(times, time / ours, 3);
    else say(`${times}: ${(time / ours).toFixed(2)}`);
  }
  atMost('  memory at its peak, MB', median(sizes), 120);
}

/** What the program is built as; nothing is there where there is no Go. */
function goCommand(folder: string): readonly string[] {
  const program = join(folder, 'count');
  if (isThere('go')) spawnSync('go', ['build', '-o', program, goProgram], { stdio: 'inherit' });
  return [program];
}

async function benchFlows(folder: string): Promise<void> {
  const scenarios = join(fixtures, 'captures/scenarios');
  const flows = readdirSync(scenarios, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('--hubble.stdout'))
    .flatMap((path) => readFileSync(join(scenarios, path), 'utf8').split('\n'))
    .filter((line) => line.startsWith('{"flow":') && line.includes('"event_type":{"type":5}'));
  const file = join(folder, 'flows.jsonl');
  writeFileSync(file, packetsOf(flows, FLOWS));
  const bytes = statSync(file).size;
  say(
    `${FLOWS / 1000} thousand policy verdicts as Hubble's JSON has them, ${(bytes / FLOWS / 1000).toFixed(1)} KB each:`,
  );
  const [ours = Number.NaN, jq = Number.NaN] = await inTurn(
    () => seconds(summary(file), file),
    () => seconds(['jq', '-c', FIELDS], file),
  );
  const rate = (time: number) => `${(FLOWS / time / 1000).toFixed(0)} thousand flows a second`;
  atLeast(`  summary --input, ${rate(ours)}; jq, ${rate(jq)}; times as fast as it`, jq / ours, 3);
}

/** Real flows again and again, each a packet of its own: at another time, with another uuid, from another port. */
function packetsOf(flows: readonly string[], count: number): string {
  const lines: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const digits = String(made).padStart(6, '0');
    const line = (flows[made % flows.length] ?? '')
      .replaceAll(/\.\d{6}(\d{3}Z)/g, `.${digits}$1`)
      .replace(/("uuid":"\w\w)\w{6}/, `$1${digits}`)
      .replace(/"source_port":\d+/, `"source_port":${32_768 + (made % 28_000)}`);
    lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}

async function benchOthers(folder: string): Promise<void> {
  say(`other records, ${OTHER_LINES / 1000} thousand lines each:`);
  const kinds = [
    { name: 'drops', from: 'drop-l7-agent.txt', begins: 'xx drop' },
    { name: 'traces', from: 'default.txt', begins: '-> ' },
    { name: "monitor's JSON", from: 'json.txt', begins: '{' },
  ];
  for (const { name, from, begins } of kinds) {
    const lines = readdirSync(join(fixtures, 'corpus'))
      .map((version) => join(fixtures, 'corpus', version, from))
      .filter((path) => existsSync(path))
      .flatMap((path) => readFileSync(path, 'latin1').split('\n'))
      .filter((line) => line.startsWith(begins));
    const file = join(folder, 'lines.txt');
    const many = Array.from({ length: OTHER_LINES }, (_, at) => lines[at % lines.length]);
    writeFileSync(file, `${many.join('\n')}\n`, 'latin1');
    const [ours = Number.NaN] = await inTurn(() => seconds(summary(file), file));
    say(`  ${name}, thousand lines a second: ${(OTHER_LINES / ours / 1000).toFixed(0)}`);
  }
}
