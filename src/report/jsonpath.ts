/** `-o jsonpath=TEMPLATE`: parts of a summary or report, in kubectl's template syntax. */
import { JSONPath } from 'jsonpath-plus';
import { type Path, type PathPart, parseTemplate, type TemplateNode, TemplateProblem } from './jsonpath-template.ts';
import { escapeUnsafe, visibleCodePoint } from './printable.ts';

/** Throws `TemplateProblem` for a template that is none, before there is anything to print. */
export function compileJsonpath(template: string): (value: object) => string {
  const nodes = parseTemplate(template);
  checkFilters(nodes, template);
  return (value) => printed(nodes, value, value);
}

function printed(nodes: readonly TemplateNode[], root: unknown, current: unknown): string {
  return nodes
    .map((node) => {
      switch (node.kind) {
        case 'text':
          return node.text;
        case 'path':
          return found(node.path, root, current).map(valueText).join(' ');
        case 'range':
          return found(node.path, root, current)
            .map((each) => printed(node.body, root, each))
            .join('');
      }
    })
    .join('');
}

/** Nothing where it leads nowhere, as kubectl has it. */
function found({ from, parts }: Path, root: unknown, current: unknown): readonly unknown[] {
  const start = from === 'root' ? root : current;
  if (parts.length === 0) return [start];
  return typeof start === 'object' && start !== null ? search(start, parts) : [];
}

function search(json: object, parts: readonly PathPart[]): readonly unknown[] {
  const path = ['$', ...parts.map((part) => (part.kind === 'name' ? `\`${part.name}` : part.step))];
  // Filters are interpreted by the library, never handed to the JavaScript engine; one that does not apply is not true.
  const values: unknown = JSONPath({ path, json, wrap: true, eval: 'safe', ignoreEvalErrors: true });
  return Array.isArray(values) ? values : [];
}

/** Text as it is, but for what would act on a terminal; all else as JSON. */
function valueText(value: unknown): string {
  return escapeUnsafe(typeof value === 'string' ? value : JSON.stringify(value), visibleCodePoint);
}

/** The library reads a filter when it meets the first item: here, one is there at once. */
function checkFilters(nodes: readonly TemplateNode[], template: string): void {
  for (const node of nodes) {
    if (node.kind === 'text') continue;
    for (const part of node.path.parts) {
      if (part.kind === 'name' || !part.step.startsWith('?')) continue;
      try {
        search([{}], [part]);
      } catch {
        throw new TemplateProblem(template.indexOf(part.step), "a filter such as ?(@.direction == 'ingress')");
      }
    }
    if (node.kind === 'range') checkFilters(node.body, template);
  }
}
