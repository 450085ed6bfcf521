/** `check --summary-file`: the report as GitHub shows it on the page of a run. */
import type { CheckReport, Judgement } from '../model/check.ts';
import { causesOf } from './causes.ts';
import { nearestTexts, seenText } from './check-text.ts';
import { markdownText } from './markdown-text.ts';
import { durationText } from './phrases.ts';

const SIGN: Readonly<Record<Judgement, string>> = { held: '✅ held', failed: '❌ failed', unknown: '❔ unknown' };

export function renderCheckMarkdown(report: CheckReport): string {
  const { judgement, expectations, window, completeness } = report;
  const lines = expectations.map((expectation) => {
    const { name, text } = expectation;
    const title = markdownText(name === null ? text : `${name}: ${text}`);
    const details = [seenText(expectation), ...nearestTexts(expectation)].map(markdownText).join('<br>');
    return `| ${SIGN[expectation.judgement]} | ${title} | ${details} |`;
  });
  return [
    `### policystat check: ${SIGN[judgement]}`,
    '',
    `${durationText(window.seconds)} until ${window.end}; the data is ${completeness.status === 'full' ? 'complete' : `not complete: ${markdownText(causesOf(report).join('; '))}`}.`,
    '',
    '| | expectation | seen |',
    '|---|---|---|',
    ...lines,
    '',
    '',
  ].join('\n');
}
