/** `-o yaml`: one document for each summary or report, so that several in a row are a stream. */
import { Document, isScalar, visit } from 'yaml';
import { escapeUnsafe, hasUnsafe } from './printable.ts';

export function renderYaml(value: object): string {
  // Aliases off: a name that occurs twice is not a reference.
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, node) => {
      if (isScalar(node) && typeof node.value === 'string' && hasUnsafe(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  const lines = document.toString({ lineWidth: 0 }).split('\n');
  return `---\n${lines.map((line) => escapeUnsafe(line, yamlEscape)).join('\n')}`;
}

/** Only double-quoted strings have such characters, and they know these escapes (YAML 1.2, 5.7). */
function yamlEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
