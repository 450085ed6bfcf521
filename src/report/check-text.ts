/** `check -o table`: a line for each expectation, and for what did not hold what was seen instead. */
import type { CheckReport, JudgedExpectation, Judgement } from '../model/check.ts';
import type { PolicyRow } from '../model/summary.ts';
import { causesOf } from './causes.ts';
import { wrap } from './layout.ts';
import type { Palette } from './palette.ts';
import { durationText, peersText, plural, policyText, portsText } from './phrases.ts';
import { printable } from './printable.ts';

interface TextOptions {
  readonly width: number;
  readonly palette: Palette;
}

const MOST_PEERS = 3;
const SIGN: Readonly<Record<Judgement, string>> = { held: '✔ held   ', failed: '✘ FAILED ', unknown: '? UNKNOWN' };

export function renderCheckText(report: CheckReport, options: TextOptions): string {
  const lines = report.expectations.flatMap((expectation) => expectationLines(expectation, options));
  return `${[...lines, '', ...verdictLines(report, options)].join('\n')}\n`;
}

function expectationLines(expectation: JudgedExpectation, { width, palette }: TextOptions): readonly string[] {
  const { judgement, name, text } = expectation;
  const title = `${SIGN[judgement]} ${name === null ? '' : `${printable(name)}: `}${printable(text)}`;
  const paint = paintOf(judgement, palette);
  const lines = wrap(`${title}  ${seenText(expectation)}`, width, '    ').map(paint);
  const nearest = nearestTexts(expectation).flatMap((line) => wrap(line, width - 4, '  ').map((part) => `    ${part}`));
  return [...lines, ...nearest.map((line) => palette.quiet(line))];
}

function paintOf(judgement: Judgement, palette: Palette): (text: string) => string {
  return judgement === 'held' ? palette.good : judgement === 'failed' ? palette.bad : palette.warning;
}

/** Only where it is so. */
export function partialText(report: CheckReport): string {
  return `The data is incomplete: ${causesOf(report).join('; ')}`;
}

/** Whether nothing but the completeness of the data keeps a check from passing. */
export function isOnlyPartial({ judgement, expectations }: CheckReport): boolean {
  return judgement === 'unknown' && expectations.every((each) => each.judgement === 'held');
}

/** What was seen, in one half of a sentence. */
export function seenText({ judgement, counted, undecided, seconds }: JudgedExpectation): string {
  const seen = `${counted} seen in ${durationText(seconds)}`;
  if (judgement !== 'unknown') return seen;
  if (undecided === 0) return `${seen}, but the data is incomplete`;
  return `${seen}, and ${undecided} more whose policy or peer is unknown`;
}

export function nearestTexts({ nearest }: JudgedExpectation): readonly string[] {
  return nearest.map((row) => `seen: ${rowText(row)}`);
}

function rowText(row: PolicyRow): string {
  const { policy, direction, allowed, redirected, audited, denied, attempts, ports } = row;
  const counts = [
    allowed > 0 ? `${allowed} allowed` : '',
    redirected > 0 ? `${redirected} redirected` : '',
    audited > 0 ? `${audited} audited` : '',
    denied > 0 ? `${denied} denied in ${plural(attempts, 'attempt')}` : '',
  ].filter((text) => text !== '');
  const side = direction === 'ingress' ? 'from' : 'to';
  return `${policyText(policy)} ${direction}: ${counts.join(', ')} ${side} ${peersText(row, MOST_PEERS, '')}, port ${portsText(ports, MOST_PEERS)}`;
}

function verdictLines(report: CheckReport, { width, palette }: TextOptions): readonly string[] {
  const { judgement, expectations, completeness, command } = report;
  const held = expectations.filter((each) => each.judgement === 'held').length;
  const ended =
    command === null || command.exitCode === 0
      ? ''
      : ` The command ended with ${command.exitCode === null ? 'a signal' : `exit code ${command.exitCode}`}.`;
  const partial = completeness.status === 'full' ? '' : ` ${partialText(report)}.`;
  const text = `${held} of ${plural(expectations.length, 'expectation')} held.${partial}${ended}`;
  return wrap(text, width, '  ').map(paintOf(judgement, palette));
}
