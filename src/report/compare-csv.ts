/** `compare -o csv`: one line for each peer or port that changed, each policy, and each drop reason that is new or gone. */
import type { ComparedPolicy, ComparedSubject, CompareReport, Credit } from '../model/compare.ts';
import { creditorText } from './compare-words.ts';
import { csvText } from './csv.ts';

const COLUMNS = [
  'kind',
  'name',
  'namespace',
  'protocol',
  'port',
  'direction',
  'change',
  'certain',
  ...['allowedBefore', 'auditedBefore', 'deniedBefore', 'allowedAfter', 'auditedAfter', 'deniedAfter'],
  ...['decidedBefore', 'decidedAfter'],
];

export function renderCompareCsv(report: CompareReport): string {
  const rows = [
    ...report.changes.map(subjectLine),
    ...report.policies.map(policyLine),
    ...report.drops.map(({ reason, direction, change, isCertain, before, after }) => [
      ...['drop', reason, '', '', '', direction ?? '', change, String(isCertain)],
      ...['', '', before, '', '', after, '', ''],
    ]),
  ];
  return csvText({ names: COLUMNS, rows }, true);
}

function subjectLine({ subject, direction, change, isCertain, before, after }: ComparedSubject) {
  const name = 'identity' in subject ? (subject.name ?? String(subject.identity ?? 'unknown')) : '';
  const protocol = 'protocol' in subject ? subject.protocol : '';
  const port = 'port' in subject ? (subject.port ?? '') : '';
  return [
    ...[subject.kind, name, '', protocol, port, direction ?? '', change, String(isCertain)],
    ...amounts(before),
    ...amounts(after),
    ...[before, after].map((credits) => credits.map(creditorText).join('; ')),
  ];
}

/** The greatest, since several policies may be credited with the same verdicts. */
function amounts(credits: readonly Credit[]): readonly number[] {
  return (['allowed', 'audited', 'denied'] as const).map((name) =>
    Math.max(0, ...credits.map((credit) => credit[name])),
  );
}

function policyLine({ policy, direction, change, isCertain, before, after }: ComparedPolicy) {
  const of = (counts: ComparedPolicy['before']) => [
    (counts?.allowed ?? 0) + (counts?.redirected ?? 0),
    counts?.audited ?? 0,
    counts?.denied ?? 0,
  ];
  return [
    ...['policy', policy.name, policy.namespace ?? '', '', '', direction, change, String(isCertain)],
    ...of(before),
    ...of(after),
    ...['', ''],
  ];
}
