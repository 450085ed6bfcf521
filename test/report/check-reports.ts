/** A check's report of what held and what did not, on a summary that knows everything. */
import type { CheckReport } from '../../src/model/check.ts';
import { full } from './summaries.ts';

export function checkReport(changes: Partial<CheckReport> = {}): CheckReport {
  const { source, window, completeness, records, policies } = full();
  return {
    apiVersion: 'policystat/v1',
    kind: 'CheckReport',
    judgement: 'failed',
    expectations: [
      {
        name: null,
        text: 'rule1:ingress:allowed>=1',
        judgement: 'held',
        counted: 3,
        undecided: 0,
        seconds: 1.2,
        nearest: [],
      },
      {
        name: 'xwing may not land',
        text: 'implicit-default-deny:denied>=1 from class=xwing port 8080/TCP',
        judgement: 'failed',
        counted: 0,
        undecided: 0,
        seconds: 30,
        nearest: policies,
      },
    ],
    command: { argv: ['sh', '-c', 'true'], exitCode: 28 },
    source,
    window,
    completeness,
    records,
    ...changes,
  };
}
