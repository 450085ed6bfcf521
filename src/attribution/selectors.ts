/** Owns what the agent calls its selectors (`policy selectors -o json`): their text, what it says, and the identities that each selects now. */
import * as v from 'valibot';
import { type Operator, type Requirement, requirement } from './label-selector.ts';

/** What the text of a selector says; `text` alone where it is written in an unknown way. */
export type SelectorMeaning =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'labels'; readonly requirements: readonly Requirement[] }
  | { readonly kind: 'fqdn'; readonly name: string; readonly pattern: string }
  | { readonly kind: 'unknown' };

export interface SelectorTable {
  /** False where the agent does not list the selector. */
  selects(selector: string, identity: number): boolean;
  /** True where any selector selects the identity: one that nobody selects may be newer than this table. */
  knows(identity: number): boolean;
  /** The same number for identities that the same selectors select; null where none does. */
  groupOf(identity: number): number | null;
}

const tableSchema = v.array(v.object({ selector: v.string(), identities: v.nullish(v.array(v.number())) }));

/** Null where the text is not what the command prints. */
export function readSelectors(text: string): SelectorTable | null {
  const read = v.safeParse(v.pipe(v.string(), v.parseJson(), tableSchema), text);
  if (!read.success) return null;
  const bySelector = new Map(read.output.map(({ selector, identities }) => [selector, new Set(identities)]));
  const groups = groupsOf(bySelector.values());
  return {
    selects: (selector, identity) => bySelector.get(selector)?.has(identity) ?? false,
    knows: (identity) => groups.has(identity),
    groupOf: (identity) => groups.get(identity) ?? null,
  };
}

/** Each selector parts those that it selects from the rest of their groups. */
function groupsOf(selections: Iterable<ReadonlySet<number>>): ReadonlyMap<number, number> {
  const groups = new Map<number, number>();
  let made = 0;
  for (const identities of selections) {
    const parted = new Map<number | undefined, number>();
    for (const identity of identities) {
      const before = groups.get(identity);
      const group = parted.get(before) ?? made++;
      parted.set(before, group);
      groups.set(identity, group);
    }
  }
  return groups;
}

const LABEL_SELECTOR = /^&LabelSelector\{MatchLabels:map\[string\]string\{(.*?)\},MatchExpressions:\[\](.*),\}$/su;
const MATCH_LABEL = /([^\s,]+): ([^,]*),/gu;
const MATCH_EXPRESSION = /LabelSelectorRequirement\{Key:([^,]*),Operator:([A-Za-z]+),Values:\[([^\]]*)\],\}/gu;
// pkg/policy/api/fqdn.go, FQDNSelector.String
const FQDN = /^MatchName: ([^,]*), MatchPattern: (.*)$/u;

/** The text is Go's own print of the selector; label sources are joined with a dot there. */
export function readSelectorText(text: string): SelectorMeaning {
  const fqdn = FQDN.exec(text);
  if (fqdn !== null) return { kind: 'fqdn', name: fqdn[1] ?? '', pattern: fqdn[2] ?? '' };
  const parts = LABEL_SELECTOR.exec(text);
  if (parts === null) return { kind: 'unknown' };
  const labels = [...(parts[1] ?? '').matchAll(MATCH_LABEL)].map(([, key = '', value = '']) =>
    requirement(splitDotted(key), 'In', [value]),
  );
  const expressions = [...(parts[2] ?? '').matchAll(MATCH_EXPRESSION)].flatMap(
    ([, key = '', word = '', values = '']) => {
      const operator = OPERATORS.get(word);
      return operator === undefined
        ? []
        : [requirement(splitDotted(key), operator, values === '' ? [] : values.split(/,\s*|\s+/u))];
    },
  );
  const requirements = [...labels, ...expressions];
  const everyone = requirements.every(({ source, key }) => source === 'reserved' && key === 'all');
  return everyone ? { kind: 'everyone' } : { kind: 'labels', requirements };
}

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['In', 'In'],
  ['NotIn', 'NotIn'],
  ['Exists', 'Exists'],
  ['DoesNotExist', 'DoesNotExist'],
]);

function splitDotted(text: string): { source: string; key: string } {
  const dot = text.indexOf('.');
  return dot < 0 ? { source: 'any', key: text } : { source: text.slice(0, dot), key: text.slice(dot + 1) };
}
