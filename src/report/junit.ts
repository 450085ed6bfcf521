/** `check -o junit`: one test case for each expectation, in the form that CI systems read (Jenkins' junit-10.xsd). */
import { create } from 'xmlbuilder';
import type { CheckReport, JudgedExpectation } from '../model/check.ts';
import { isOnlyPartial, nearestTexts, partialText, seenText } from './check-text.ts';
import { printable } from './printable.ts';

const LONGEST = 2_000;

export function renderJunit(report: CheckReport): string {
  const { expectations, window } = report;
  const count = (judgement: JudgedExpectation['judgement']) =>
    expectations.filter((each) => each.judgement === judgement).length;
  // Whoever reads the file alone is not to see a pass where the exit code is none.
  const partial = isOnlyPartial(report) ? 1 : 0;
  const totals = {
    tests: expectations.length + partial,
    failures: count('failed'),
    errors: count('unknown') + partial,
  };
  const suites = create('testsuites', { encoding: 'UTF-8' }).att({
    name: 'policystat',
    time: window.seconds,
    ...totals,
  });
  const suite = suites.ele('testsuite', {
    name: 'policystat check',
    timestamp: window.start.replace(/\.\d+Z$/, ''),
    time: window.seconds,
    ...totals,
  });
  for (const expectation of expectations) {
    const { name, text, judgement, seconds } = expectation;
    const test = suite.ele('testcase', {
      name: printable(name === null ? text : `${name}: ${text}`, LONGEST),
      classname: 'policystat.check',
      time: seconds,
    });
    if (judgement === 'held') continue;
    const details = [seenText(expectation), ...nearestTexts(expectation)].join('\n');
    test.ele(judgement === 'failed' ? 'failure' : 'error', { message: seenText(expectation) }, details);
  }
  if (partial > 0) {
    const test = suite.ele('testcase', {
      ...{ name: 'the data is complete', classname: 'policystat.check', time: window.seconds },
    });
    test.ele('error', { message: printable(partialText(report), LONGEST) });
  }
  return `${suites.end({ pretty: true })}\n`;
}
