/** Owns `-f checks.yaml`: named cases, each an expectation as text or in parts. */
import * as v from 'valibot';
import { parseDocument } from 'yaml';
import { type Failure, failure } from '../model/problem.ts';
import type { Expectation, SyntaxProblem } from './expectation.ts';
import { parseExpectation } from './syntax.ts';

const Peer = v.union([
  v.strictObject({ pod: v.pipe(v.string(), v.description('NAME or NAMESPACE/NAME; a workload by its name, too')) }),
  v.strictObject({ labels: v.pipe(v.record(v.string(), v.string()), v.minEntries(1)) }),
  v.strictObject({ namespace: v.string() }),
  v.strictObject({ cidr: v.string() }),
  v.strictObject({ identity: v.pipe(v.union([v.string(), v.number()]), v.description('a number, or world, host, …')) }),
]);

const Parts = v.strictObject({
  policy: v.optional(v.pipe(v.string(), v.description('NAME, NAMESPACE/NAME or implicit-default-deny; absent: any'))),
  direction: v.optional(v.picklist(['ingress', 'egress'])),
  count: v.picklist(['allowed', 'redirected', 'audited', 'denied', 'attempts']),
  is: v.pipe(v.string(), v.regex(/^\s*(?:>=|<=|==|!=|>|<)\s*\d+\s*$/), v.description('a comparison: ">=1", "==0"')),
  from: v.optional(Peer),
  to: v.optional(Peer),
  port: v.optional(v.pipe(v.union([v.string(), v.number()]), v.description('80, 80/TCP or ICMP'))),
  within: v.optional(v.pipe(v.string(), v.description('from the start: 30s'))),
});

const Case = v.strictObject({
  name: v.string(),
  expect: v.union([v.string(), v.array(v.string()), Parts]),
});

export const ChecksSchema = v.strictObject({
  apiVersion: v.literal('policystat/v1'),
  kind: v.literal('Checks'),
  cases: v.pipe(v.array(Case), v.minLength(1)),
});

export interface NamedExpectation {
  readonly name: string | null;
  readonly expectation: Expectation;
}

/** Throws `Failure` CHECKS_INVALID. */
export function readChecks(text: string, path: string): readonly NamedExpectation[] {
  const invalid = (detail: string): Failure => failure({ code: 'CHECKS_INVALID', path, detail });
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw invalid(error.message);
  const parsed = v.safeParse(ChecksSchema, document.toJS());
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw invalid(`${v.getDotPath(issue) ?? 'the document'}: ${issue.message}`);
  }
  return parsed.output.cases.flatMap(({ name, expect }) =>
    textsOf(expect).map((written) => {
      const expectation = parseExpectation(written);
      if (!isProblem(expectation)) return { name, expectation };
      throw failure({ code: 'EXPECTATION_INVALID', name, ...expectation });
    }),
  );
}

export function isProblem(parsed: Expectation | SyntaxProblem): parsed is SyntaxProblem {
  return 'wanted' in parsed;
}

function textsOf(expect: v.InferOutput<typeof Case>['expect']): readonly string[] {
  if (typeof expect === 'string') return [expect];
  return Array.isArray(expect) ? expect : [textOf(expect)];
}

/** Both forms mean the same because they are the same. */
function textOf({ policy = '*', direction, count, is, from, to, port, within }: v.InferOutput<typeof Parts>): string {
  return [
    `${/^[\w./*-]+$/.test(policy) ? policy : `"${policy}"`}:${direction === undefined ? '' : `${direction}:`}${count}${is.trim()}`,
    from === undefined ? '' : `from ${peerText(from)}`,
    to === undefined ? '' : `to ${peerText(to)}`,
    port === undefined ? '' : `port ${port}`,
    within === undefined ? '' : `within ${within}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function peerText(peer: v.InferOutput<typeof Peer>): string {
  if ('pod' in peer) return peer.pod;
  if ('namespace' in peer) return `${peer.namespace}/*`;
  if ('cidr' in peer) return peer.cidr;
  if ('identity' in peer) return String(peer.identity);
  return Object.entries(peer.labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
