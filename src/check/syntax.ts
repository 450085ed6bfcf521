/** Owns the language of expectations: `rule1:ingress:allowed>=1 from class=xwing port 80/TCP within 30s`, `no denied`, `lost==0`. */
import parseDuration from 'parse-duration';
import { DIRECTIONS, type Direction } from '../model/packet.ts';
import {
  type Comparison,
  type CountExpectation,
  type Expectation,
  type LossMetric,
  METRICS,
  type Metric,
  type PolicyPattern,
  type PortPattern,
  type SyntaxProblem,
} from './expectation.ts';
import { readPeer } from './peer.ts';
import { Scanner, SyntaxFault } from './scan.ts';

const LOSSES: readonly LossMetric[] = ['lost', 'gaps', 'unparsed'];
const OPERATORS = ['>=', '<=', '==', '!=', '>', '<'] as const;
const PROTOCOLS = new Map(['TCP', 'UDP', 'SCTP', 'ICMP', 'ICMPv6'].map((name) => [name.toLowerCase(), name]));
const SIDES = { from: 'ingress', to: 'egress' } as const;
const HIGHEST_PORT = 65_535;

const WORD = /[A-Za-z][\w-]*/y;
/** Kubernetes names, `*` for every policy; the patched Cilium's names may hold more, which are quoted. */
const POLICY_NAME = /"[^"]+"|\*|[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?(?:\/[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)?/y;
const PHRASE = /\S+/y;
/** `denied==0` is `*:denied==0`, and `egress:denied==0` is `*:egress:denied==0`: a policy of that name is quoted, or its direction told. */
const NO_POLICY = /^(?:(?:ingress|egress)\s*:\s*)?[a-z]+\s*[<>=!]/;

const METRIC_WANTED = METRICS.join(', ');
const CLAUSE_WANTED = 'from PEER, to PEER, port PORT[/PROTOCOL], within TIME, or the end';

/** What is wrong is given back, not thrown: several expectations are explained at once. */
export function parseExpectation(text: string): Expectation | SyntaxProblem {
  try {
    return readExpectation(new Scanner(text));
  } catch (error) {
    if (error instanceof SyntaxFault) return { text, at: error.at, wanted: error.wanted };
    throw error;
  }
}

function readExpectation(scanner: Scanner): Expectation {
  if (scanner.isAtEnd()) scanner.fail('an expectation, such as rule1:ingress:allowed>=1 or "no denied"');
  const first = scanner.peek(WORD);
  if (first === 'no' && /^no\s/.test(scanner.text.slice(scanner.at))) return readNone(scanner);
  const loss = LOSSES.find((name) => name === first);
  if (loss !== undefined && !/^[\w-]+\s*:/.test(scanner.text.slice(scanner.at))) {
    scanner.take(WORD);
    const comparison = readComparison(scanner);
    if (!scanner.isAtEnd()) scanner.fail('the end');
    return { kind: 'loss', text: scanner.text, metric: loss, comparison };
  }
  return readCount(scanner);
}

/** `no denied` is `*:denied==0`. */
function readNone(scanner: Scanner): Expectation {
  scanner.take(WORD);
  const at = scanner.at;
  const word = scanner.need(WORD, `${METRIC_WANTED}, ${LOSSES.join(', ')}`);
  const comparison: Comparison = { operator: '==', count: 0 };
  const loss = LOSSES.find((name) => name === word);
  if (loss !== undefined) {
    if (!scanner.isAtEnd()) scanner.fail('the end');
    return { kind: 'loss', text: scanner.text, metric: loss, comparison };
  }
  const metric = METRICS.find((name) => name === word);
  if (metric === undefined) return scanner.fail(`${METRIC_WANTED}, ${LOSSES.join(', ')}`, at);
  return { ...readClauses(scanner, null), text: scanner.text, policy: null, metric, comparison };
}

function readCount(scanner: Scanner): Expectation {
  const policy = NO_POLICY.test(scanner.text.slice(scanner.at)) ? null : readPolicy(scanner);
  const direction = readDirection(scanner);
  const metric = readMetric(scanner);
  const comparison = readComparison(scanner);
  return { ...readClauses(scanner, direction), text: scanner.text, policy, metric, comparison };
}

function readPolicy(scanner: Scanner): PolicyPattern | null {
  const word = scanner.need(POLICY_NAME, 'a policy: NAME, NAMESPACE/NAME, implicit-default-deny, unattributed or *');
  scanner.need(/:/y, '":" after the policy');
  if (word === '*') return null;
  if (word.startsWith('"')) return { namespace: null, name: word.slice(1, -1) };
  const slash = word.indexOf('/');
  return slash < 0 ? { namespace: null, name: word } : { namespace: word.slice(0, slash), name: word.slice(slash + 1) };
}

function readDirection(scanner: Scanner): Direction | null {
  const word = scanner.peek(WORD);
  const direction = DIRECTIONS.find((name) => name === word);
  if (direction === undefined) return null;
  scanner.take(WORD);
  scanner.need(/:/y, '":" after the direction');
  return direction;
}

function readMetric(scanner: Scanner): Metric {
  const at = scanner.at;
  const word = scanner.need(WORD, `ingress, egress, ${METRIC_WANTED}`);
  return METRICS.find((name) => name === word) ?? scanner.fail(`ingress, egress, ${METRIC_WANTED}`, at);
}

function readComparison(scanner: Scanner): Comparison {
  const wanted = OPERATORS.join(' ');
  const at = scanner.at;
  const sign = scanner.need(/[<>=!]+/y, wanted);
  const operator = OPERATORS.find((name) => name === sign) ?? scanner.fail(wanted, at);
  const numberAt = scanner.at;
  const count = Number(scanner.need(/\d+/y, 'a whole number'));
  if (!Number.isSafeInteger(count)) scanner.fail('a smaller number', numberAt);
  return { operator, count };
}

type Clauses = Pick<CountExpectation, 'kind' | 'direction' | 'peer' | 'port' | 'withinMs'>;

function readClauses(scanner: Scanner, told: Direction | null): Clauses {
  let direction = told;
  let peer: CountExpectation['peer'] = null;
  let port: PortPattern | null = null;
  let withinMs: number | null = null;
  while (!scanner.isAtEnd()) {
    const at = scanner.at;
    const word = scanner.need(WORD, CLAUSE_WANTED);
    if ((word === 'from' || word === 'to') && peer === null) {
      if (direction !== null && direction !== SIDES[word])
        scanner.fail(
          direction === 'ingress' ? 'from: ingress has its peers there' : 'to: egress has its peers there',
          at,
        );
      direction = SIDES[word];
      peer = readPeer(scanner);
    } else if (word === 'port' && port === null) {
      port = readPort(scanner);
    } else if (word === 'within' && withinMs === null) {
      withinMs = readTime(scanner);
    } else {
      scanner.fail(CLAUSE_WANTED, at);
    }
  }
  return { kind: 'count', direction, peer, port, withinMs };
}

function readPort(scanner: Scanner): PortPattern {
  const wanted = 'a port: 80, 80/TCP or ICMP';
  const at = scanner.at;
  const [first = '', second] = scanner.need(PHRASE, wanted).split('/');
  const alone = PROTOCOLS.get(first.toLowerCase());
  if (alone !== undefined && second === undefined) return { port: null, protocol: alone };
  const port = Number(first);
  if (!/^\d+$/.test(first) || port > HIGHEST_PORT) scanner.fail(wanted, at);
  if (second === undefined) return { port, protocol: null };
  const protocol = PROTOCOLS.get(second.toLowerCase());
  if (protocol === undefined) return scanner.fail([...PROTOCOLS.values()].join(', '), at + first.length + 1);
  return { port, protocol };
}

function readTime(scanner: Scanner): number {
  const wanted = 'a time with its unit: 500ms, 30s, 2m';
  const at = scanner.at;
  const word = scanner.need(PHRASE, wanted);
  const ms = /^[\d.]+$/.test(word) ? null : parseDuration(word);
  if (ms === null || !Number.isFinite(ms) || ms <= 0) return scanner.fail(wanted, at);
  return ms;
}
