/** Owns kubectl's JSONPath templates as a tree: text, paths in braces, and ranges (client-go util/jsonpath/parser.go). */

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'range'; readonly path: Path; readonly body: readonly TemplateNode[] };

export interface Path {
  readonly from: 'root' | 'current';
  readonly parts: readonly PathPart[];
}

export type PathPart =
  | { readonly kind: 'name'; readonly name: string }
  /** `*`, `..`, an index, a slice, several of them, or a filter with its brackets: `?(@.a == 1)`. */
  | { readonly kind: 'step'; readonly step: string };

/** Where a template goes wrong, and what was expected there. */
export class TemplateProblem extends Error {
  readonly at: number;
  readonly wanted: string;

  constructor(at: number, wanted: string) {
    super(wanted);
    this.at = at;
    this.wanted = wanted;
  }
}

const LITERAL_ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" };
const INDEXES = /^-?\d+(?:\s*,\s*-?\d+)*$/;
const SLICE = /^-?\d*:-?\d*(?::\d+)?$/;
const QUOTED = /^(?:'[^']*'|"[^"]*")(?:\s*,\s*(?:'[^']*'|"[^"]*"))*$/;

/** Throws `TemplateProblem`. */
export function parseTemplate(template: string): readonly TemplateNode[] {
  const open: { readonly path: Path | null; readonly at: number; readonly nodes: TemplateNode[] }[] = [
    { path: null, at: 0, nodes: [] },
  ];
  const add = (node: TemplateNode) => open[open.length - 1]?.nodes.push(node);
  let at = 0;
  while (at < template.length) {
    const brace = template.indexOf('{', at);
    const end = brace === -1 ? template.length : brace;
    if (end > at) add({ kind: 'text', text: template.slice(at, end) });
    at = end === template.length ? end : action(end + 1);
  }
  const [unclosed] = open.slice(1);
  if (unclosed !== undefined) throw new TemplateProblem(unclosed.at, '{end} somewhere after this {range}');
  return open[0]?.nodes ?? [];

  /** What is between braces: paths, quoted text, `range PATH`, `end`. Gives the place after them. */
  function action(start: number): number {
    let here = start;
    for (;;) {
      while (/\s/.test(template[here] ?? '')) here += 1;
      const rest = template.slice(here);
      if (rest === '') throw new TemplateProblem(here, '} at the end of what { began');
      if (rest.startsWith('}')) return here + 1;
      const range = /^range\s+/.exec(rest);
      if (range !== null) {
        const { path, next } = readPath(template, here + range[0].length);
        open.push({ path, at: here, nodes: [] });
        here = next;
      } else if (/^end(?![\w.])/.test(rest)) {
        const closed = open.pop();
        if (closed === undefined || closed.path === null)
          throw new TemplateProblem(here, 'a {range} before this {end}');
        add({ kind: 'range', path: closed.path, body: closed.nodes });
        here += 'end'.length;
      } else if (rest.startsWith('"') || rest.startsWith("'")) {
        const { text, next } = readLiteral(template, here);
        add({ kind: 'text', text });
        here = next;
      } else {
        const { path, next } = readPath(template, here);
        add({ kind: 'path', path });
        here = next;
      }
    }
  }
}

function readLiteral(template: string, start: number): { readonly text: string; readonly next: number } {
  const quote = template[start];
  let text = '';
  for (let at = start + 1; at < template.length; at += 1) {
    const character = template[at] ?? '';
    if (character === quote) return { text, next: at + 1 };
    if (character === '\\') {
      at += 1;
      text += LITERAL_ESCAPES[template[at] ?? ''] ?? template[at] ?? '';
    } else text += character;
  }
  throw new TemplateProblem(start, `${quote} at the end of this text`);
}

/** `$.a.b`, `@.a`, `.a[0]`, `..name`, `.a\.b`. */
function readPath(template: string, start: number): { readonly path: Path; readonly next: number } {
  const parts: PathPart[] = [];
  let at = start;
  const from = template[at] === '$' ? 'root' : 'current';
  if (template[at] === '$' || template[at] === '@') at += 1;
  else if (template[at] !== '.' && template[at] !== '[')
    throw new TemplateProblem(at, 'a path such as .policies[*].denied, quoted text, range or end');
  for (;;) {
    const character = template[at];
    if (character === '[') {
      const { step, next } = readBrackets(template, at);
      parts.push(...step);
      at = next;
    } else if (character === '.') {
      const isDescent = template[at + 1] === '.';
      if (isDescent) parts.push({ kind: 'step', step: '..' });
      at += isDescent ? 2 : 1;
      const { name, next } = readName(template, at);
      if (name === '' && (isDescent || !isBare(parts, template[at])) && template[at] !== '[')
        throw new TemplateProblem(at, "a field's name");
      if (name === '*') parts.push({ kind: 'step', step: '*' });
      else if (name !== '') parts.push({ kind: 'name', name });
      at = next;
    } else return { path: { from, parts }, next: at };
  }
}

/** `{.}` is what there is at this place. */
function isBare(parts: readonly PathPart[], next: string | undefined): boolean {
  return parts.length === 0 && (next === '}' || next === undefined || /\s/.test(next));
}

function readName(template: string, start: number): { readonly name: string; readonly next: number } {
  let name = '';
  let at = start;
  while (at < template.length && !/[\s.[\]{}'"]/.test(template[at] ?? '')) {
    // A dot that belongs to the name: `.labels.app\.kubernetes\.io/name`.
    if (template[at] === '\\') at += 1;
    name += template[at] ?? '';
    at += 1;
  }
  return { name, next: at };
}

function readBrackets(template: string, start: number): { readonly step: readonly PathPart[]; readonly next: number } {
  const end = closingBracket(template, start);
  if (end === -1) throw new TemplateProblem(start, '] at the end of what [ began');
  const inside = template.slice(start + 1, end).trim();
  const next = end + 1;
  if (QUOTED.test(inside)) {
    const names = [...inside.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, single, double]) => single ?? double ?? '');
    const [name = '', ...others] = names;
    // Several names, as one step.
    return {
      step: others.length === 0 ? [{ kind: 'name', name }] : [{ kind: 'step', step: names.join(',') }],
      next,
    };
  }
  // Counted from the end.
  if (/^-\d+$/.test(inside)) {
    const until = inside === '-1' ? '' : String(Number(inside) + 1);
    return { step: [{ kind: 'step', step: `${inside}:${until}` }], next };
  }
  if (inside === '*' || INDEXES.test(inside) || SLICE.test(inside) || /^\?\(.*\)$/s.test(inside))
    return { step: [{ kind: 'step', step: inside.startsWith('?') ? inside : inside.replace(/\s/g, '') }], next };
  throw new TemplateProblem(start + 1, "*, a number, a slice such as 0:3, a name in quotes or ?(@.name == 'value')");
}

/** The bracket that closes this one; brackets within quotes are text. */
function closingBracket(template: string, start: number): number {
  let depth = 0;
  let quote: string | null = null;
  for (let at = start; at < template.length; at += 1) {
    const character = template[at] ?? '';
    if (quote !== null) {
      if (character === quote) quote = null;
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '[') depth += 1;
    else if (character === ']') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}
