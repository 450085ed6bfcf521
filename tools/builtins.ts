/** Lets a bundle take Node's own modules without their ESM form, which loads all that they export: 30 ms for `node:http` alone at every start. */
import { isBuiltin } from 'node:module';
import type { Plugin } from 'rolldown';

/** Packages that load at once what policystat comes to use seldom, or never. */
const ON_USE: readonly (readonly [RegExp, string])[] = [
  // For subcommands that are programs of their own.
  [/\/node_modules\/commander\//, 'child_process'],
  // For messages that are packed, which exec has none of.
  [/\/node_modules\/ws\//, 'zlib'],
];
const PREFIX = '\0on-use:';

export const plainBuiltins: Plugin = {
  name: 'plain-builtins',
  resolveId: {
    order: 'pre',
    handler(source, importer = '', { kind }) {
      if (!isBuiltin(source)) return null;
      if (ON_USE.some(([by, what]) => source.replace(/^node:/, '') === what && by.test(importer)))
        return `${PREFIX}${kind}:${source}`;
      return { id: source, external: true };
    },
  },
  load(id) {
    if (!id.startsWith(PREFIX)) return null;
    const [, kind, name = ''] = /^(.*?):(.*)$/.exec(id.slice(PREFIX.length)) ?? [];
    const exported = kind === 'require-call' ? 'module.exports =' : 'export default';
    return `${exported} new Proxy({}, { get: (_, key) => ${loaded(name)}[key] });`;
  },
  renderChunk(code) {
    const pieces: string[] = [];
    let at = 0;
    for (const statement of this.parse(code).body) {
      if (statement.type !== 'ImportDeclaration' || !isBuiltin(statement.source.value)) continue;
      const module = loaded(statement.source.value);
      const made = statement.specifiers.map((specifier) => {
        const { name } = specifier.local;
        if (specifier.type !== 'ImportSpecifier') return `const ${name} = ${module};`;
        const imported = specifier.imported.type === 'Identifier' ? specifier.imported.name : specifier.imported.value;
        return imported === 'default' ? `const ${name} = ${module};` : `const { ${imported}: ${name} } = ${module};`;
      });
      pieces.push(code.slice(at, statement.start), made.join(' '));
      at = statement.end;
    }
    return `${pieces.join('')}${code.slice(at)}`;
  },
};

/** Some chunk has a `process` of its own, imported. */
function loaded(name: string): string {
  return `globalThis.process.getBuiltinModule(${JSON.stringify(name)})`;
}
