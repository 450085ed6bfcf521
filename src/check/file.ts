/** Owns `-f checks.yaml`: named cases, each an expectation as text or in parts. */
import * as v from 'valibot';
import { parseDocument } from 'yaml';
import { DIRECTIONS } from '../model/packet.ts';
import { type Failure, failure } from '../model/problem.ts';
import { type Expectation, METRICS, type PeerPattern, type SyntaxProblem } from './expectation.ts';
import { cidrPeer, identityPeer, labelsPeer, namespacePeer, podPeer } from './peer.ts';
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
  direction: v.optional(v.picklist(DIRECTIONS)),
  count: v.picklist(METRICS),
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
  return parsed.output.cases.flatMap(({ name, expect }, at) => {
    const read = (text: string): Expectation => {
      const expectation = parseExpectation(text);
      if (isProblem(expectation)) throw failure({ code: 'EXPECTATION_INVALID', name, ...expectation });
      return expectation;
    };
    const refuse = (what: string) => invalid(`cases.${at}.expect: ${what}`);
    if (typeof expect === 'string') return [{ name, expectation: read(expect) }];
    if (Array.isArray(expect)) return expect.map((text) => ({ name, expectation: read(text) }));
    return [{ name, expectation: fromParts(expect, read, refuse) }];
  });
}

export function isProblem(parsed: Expectation | SyntaxProblem): parsed is SyntaxProblem {
  return 'wanted' in parsed;
}

/** A peer is of the kind that was written, whatever its name looks like: a pod may be called `world`. */
function fromParts(
  parts: v.InferOutput<typeof Parts>,
  read: (text: string) => Expectation,
  refuse: (what: string) => Failure,
): Expectation {
  const { from, to, direction } = parts;
  if (from !== undefined && to !== undefined) throw refuse('from and to: a verdict has one peer');
  if (from !== undefined && direction === 'egress') throw refuse('from: egress has its peers in to');
  if (to !== undefined && direction === 'ingress') throw refuse('to: ingress has its peers in from');
  const expectation = read(textOf(parts, ''));
  const written = from ?? to;
  if (written === undefined || expectation.kind !== 'count') return expectation;
  const side = from === undefined ? 'to' : 'from';
  const peer = peerOf(written);
  if (peer === null) throw refuse(`${side}: ${JSON.stringify(written)} is none`);
  const text = textOf(parts, ` ${side} ${peerText(written)}`);
  return { ...expectation, text, peer, direction: side === 'from' ? 'ingress' : 'egress' };
}

function textOf(
  { policy = '*', direction, count, is, port, within }: v.InferOutput<typeof Parts>,
  peer: string,
): string {
  const quoted = /^[\w./*-]+$/.test(policy) ? policy : `"${policy}"`;
  const counted = `${quoted}:${direction === undefined ? '' : `${direction}:`}${count}${is.trim()}`;
  return `${counted}${peer}${port === undefined ? '' : ` port ${port}`}${within === undefined ? '' : ` within ${within}`}`;
}

function peerOf(peer: v.InferOutput<typeof Peer>): PeerPattern | null {
  if ('pod' in peer) return podPeer(peer.pod);
  if ('namespace' in peer) return namespacePeer(peer.namespace);
  if ('cidr' in peer) return cidrPeer(peer.cidr);
  if ('identity' in peer) return identityPeer(String(peer.identity));
  return labelsPeer(Object.entries(peer.labels));
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
