/** L7 lines (Cilium pkg/monitor/logrecord.go), 1.0 to 1.19, and those of the patched Cilium with policy name and audit mode. */

import type { L7Record } from '../model/l7.ts';
import type { Direction } from '../model/packet.ts';
import { readDetails } from './l7-details.ts';
import type { L7Ends, L7Side, ResponseOrder } from './l7-ends.ts';
import type { TextLine } from './text-line.ts';

const L7 =
  /^(->|<-|\?\?) (Request|Response|Sample) (\S+) (from|to) (\d{1,10}) \(\[([^\]]*)\]\) (from|to) (\d{1,10}) \(\[([^\]]*)\]\), identity (\d{1,16})->(\d{1,16}), verdict (Forwarded|Denied|Error|Redirected)/;
/** `auditMode:true PolicyName N ` on one patched branch, `, auditMode true, policyName N ` on the other. */
const PATCHED = /^(?:,? auditMode[: ](true|false),? [Pp]olicyName )(.*)$/;
/** A name may hold blanks: it ends where all that follows is a request. */
const NAMED: ReadonlyMap<string, RegExp> = new Map([
  ['http', /^(.*)( [!-~]* \S* => (?:0|[1-9]\d\d))$/],
  ['kafka', /^(.*)( \S* topic \S* => -?\d{1,5})$/],
  ['dns', /^(.*?)( DNS [A-Za-z][\w-]*: \S* .*)$/],
]);
const OTHER_NAMED = /^(\S*)(.*)$/;
const LABELS = /^[a-z0-9-]+:[^\s"]+(?: [a-z0-9-]+:[^\s"]+)*$/;
/** 1.13 on prints the source as it is (Cilium d4b41c1fd7); before, `Proxy`. */
const LOWER_CASE_DNS = /^ DNS [a-z]/;

const DIRECTIONS: ReadonlyMap<string, Direction> = new Map([
  ['<-', 'ingress'],
  ['->', 'egress'],
]);

interface Patched {
  readonly audit: boolean;
  readonly policyName: string | null;
}

export function readL7(line: TextLine, ends: L7Ends): L7Record | null {
  const parts = L7.exec(line.text);
  if (parts === null) return null;
  const [head, arrow = '', flowType = '', protocol = '', word] = parts;
  const [, , , , , firstId, firstLabels = '', otherWord, secondId, secondLabels = '', from, to, verdict] = parts;
  if (!areLabels(firstLabels) || !areLabels(secondLabels)) return null;
  if (word === otherWord || !isFlowType(flowType) || !isL7Verdict(verdict)) return null;
  const { patched, rest } = withoutName(protocol, line.text.slice(head.length));
  const read = readDetails(protocol, flowType === 'Request', rest);
  if (read === null) return null;
  line.mayBeCut = read.mayBeCut;
  const first = { endpoint: Number(firstId), labels: firstLabels };
  const second = { endpoint: Number(secondId), labels: secondLabels };
  const sourceIdentity = Number(from);
  const destinationIdentity = Number(to);
  let sides: readonly [source: L7Side, destination: L7Side] | null = [first, second];
  if (word === 'to') {
    const told = orderToldBy(patched, rest);
    const order = ends.orderOf(first, second, sourceIdentity, destinationIdentity, told);
    if (order === null) sides = null;
    else if (order === 'destination-first') sides = [second, first];
  }
  const [source = null, destination = null] = sides ?? [];
  if (source !== null) ends.learn(source, sourceIdentity);
  if (destination !== null) ends.learn(destination, destinationIdentity);
  return {
    type: 'l7',
    direction: DIRECTIONS.get(arrow) ?? null,
    flowType,
    verdict,
    sourceEndpoint: source?.endpoint ?? null,
    sourceIdentity,
    sourceLabels: labelsOf(source),
    destinationEndpoint: destination?.endpoint ?? null,
    destinationIdentity,
    destinationLabels: labelsOf(destination),
    source: null,
    destination: null,
    l7: read.details,
    audit: patched?.audit ?? null,
    policyName: patched?.policyName ?? null,
    hubble: null,
  };
}

/** Takes off what only the patched Cilium prints between the verdict and the request. */
function withoutName(protocol: string, text: string): { readonly patched: Patched | null; readonly rest: string } {
  const [, mode, named] = PATCHED.exec(text) ?? [];
  if (named === undefined) return { patched: null, rest: text };
  const [, name = '', rest = ''] = (NAMED.get(protocol) ?? OTHER_NAMED).exec(named) ?? [];
  // Only requests over HTTP carry a rule; for others one branch prints this word.
  const policyName = protocol !== 'http' && name === 'unknown' ? null : name;
  return { patched: { audit: mode === 'true', policyName }, rest };
}

/** The patched Cilium is a 1.10. */
function orderToldBy(patched: Patched | null, rest: string): ResponseOrder | null {
  if (patched !== null) return 'source-first';
  return LOWER_CASE_DNS.test(rest) ? 'destination-first' : null;
}

/** Each has its source before it: `k8s:app=a`, `reserved:world`. */
function areLabels(text: string): boolean {
  return text === '' || LABELS.test(text);
}

function labelsOf(side: L7Side | null): readonly string[] {
  return side === null || side.labels === '' ? [] : side.labels.split(' ');
}

export function isFlowType(word: unknown): word is 'Request' | 'Response' | 'Sample' {
  return word === 'Request' || word === 'Response' || word === 'Sample';
}

export function isL7Verdict(word: unknown): word is L7Record['verdict'] {
  return word === 'Forwarded' || word === 'Denied' || word === 'Error' || word === 'Redirected';
}
