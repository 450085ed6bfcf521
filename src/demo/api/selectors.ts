/** Label and field selectors: parsed with Kubernetes' grammar, then asked of objects. */
import type { KubeObject } from '../ports.ts';
import { at } from './fields.ts';

export type Matcher = (object: KubeObject) => boolean;

/** A selector that does not parse; the message is what an API server says. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

const TOKEN = /\s*(==|!=|=|!|<|>|,|\(|\)|[^\s=!<>,()]+|$)/y;

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (;;) {
    const token = TOKEN.exec(text)?.[1] ?? '';
    if (token === '') return tokens;
    tokens.push(token);
  }
}

function isIdentifier(token: string): boolean {
  return !/^(==|!=|=|!|<|>|,|\(|\))$/.test(token);
}

function requirement(tokens: string[]): (labels: Readonly<Record<string, string>>) => boolean {
  const fail = (found: string | undefined, expected: string): never => {
    throw new SelectorError(`unable to parse requirement: found '${found ?? ''}', expected: ${expected}`);
  };
  const negated = tokens[0] === '!';
  if (negated) tokens.shift();
  const key = tokens.shift();
  if (key === undefined || !isIdentifier(key)) return fail(key, 'identifier');
  const operator = tokens[0];
  if (operator === undefined || operator === ',') return (labels) => Object.hasOwn(labels, key) !== negated;
  tokens.shift();
  if (negated) return fail(operator, `',' or 'end of string'`);
  switch (operator) {
    case '=':
    case '==':
    case '!=': {
      // Nothing behind the operator is the empty value (apimachinery labels/selector.go, 1.36).
      const [next] = tokens;
      const value = next !== undefined && isIdentifier(next) ? tokens.shift() : '';
      return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
    }
    case '<':
    case '>': {
      const bound = tokens.shift();
      if (bound === undefined || !/^-?\d+$/.test(bound)) return fail(bound, 'an integer');
      return (labels) => {
        const value = labels[key];
        if (value === undefined || !/^-?\d+$/.test(value)) return false;
        return operator === '<' ? Number(value) < Number(bound) : Number(value) > Number(bound);
      };
    }
    case 'in':
    case 'notin': {
      if (tokens.shift() !== '(') return fail(tokens[0], `'('`);
      const values = new Set<string>();
      for (;;) {
        const token = tokens.shift();
        if (token === ')') break;
        if (token === ',') continue;
        if (token === undefined || !isIdentifier(token)) return fail(token, `',', or ')'`);
        values.add(token);
      }
      return operator === 'in'
        ? (labels) => labels[key] !== undefined && values.has(labels[key])
        : (labels) => labels[key] === undefined || !values.has(labels[key]);
    }
    default:
      return fail(operator, 'in, notin, =, ==, !=, gt, lt');
  }
}

export function labelMatcher(selector: string): Matcher {
  const tokens = tokenize(selector);
  const requirements: ((labels: Readonly<Record<string, string>>) => boolean)[] = [];
  while (tokens.length > 0) {
    requirements.push(requirement(tokens));
    const comma = tokens.shift();
    if (comma !== undefined && comma !== ',') {
      throw new SelectorError(`unable to parse requirement: found '${comma}', expected: ',' or 'end of string'`);
    }
    if (comma === ',' && tokens.length === 0) {
      throw new SelectorError(`unable to parse requirement: found '', expected: identifier after ','`);
    }
  }
  return (object) => {
    const labels = object.metadata.labels ?? {};
    return requirements.every((holds) => holds(labels));
  };
}

/** Which fields may be asked for, besides the two that every resource has. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  nodes: ['spec.unschedulable'],
  namespaces: ['status.phase'],
  replicasets: ['status.replicas'],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.fieldPath',
    'reason',
    'type',
  ],
};

function fieldText(object: KubeObject, path: string): string {
  const value = at(object, ...path.split('.'));
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

export function fieldMatcher(selector: string, plural: string): Matcher {
  const terms = selector.split(/(?<!\\),/).filter((term) => term !== '');
  const matchers = terms.map((term): Matcher => {
    const [, path = '', operator, raw = ''] = /^([^=!]*)(==|=|!=)(.*)$/s.exec(term) ?? [];
    if (operator === undefined) {
      throw new SelectorError(`invalid selector: '${term}'; can't understand '${term}'`);
    }
    if (path !== 'metadata.name' && path !== 'metadata.namespace' && !(FIELDS[plural] ?? []).includes(path)) {
      throw new SelectorError(`field label not supported: ${path}`);
    }
    const value = raw.replace(/\\(.)/gs, '$1');
    return (object) => (fieldText(object, path) === value) === (operator !== '!=');
  });
  return (object) => matchers.every((matches) => matches(object));
}
