/** Lets a bundle take Node's own modules without their ESM form, which loads all that they export: 30 ms for `node:http` alone at every start. */
import { isBuiltin } from 'node:module';
import { relative } from 'node:path';
import type { Plugin } from 'esbuild';

export const plainBuiltins: Plugin = {
  name: 'plain-builtins',
  setup(build) {
    build.onResolve({ filter: /^[a-z0-9_:/]+$/ }, ({ path, importer, kind }) => {
      if (kind === 'require-call' || !isBuiltin(path)) return undefined;
      // Commander loads it for subcommands that are programs of their own; policystat has none.
      const onUse = path === 'node:child_process' && importer.includes('/commander/');
      // One for each importer: what several share would become a file of its own.
      const by = relative(build.initialOptions.absWorkingDir ?? '', importer).replaceAll('/', '!');
      return { path: `${path}#${by}`, namespace: onUse ? 'builtin-on-use' : 'builtin' };
    });
    build.onLoad({ filter: /.*/, namespace: 'builtin-on-use' }, ({ path }) => ({
      contents: `export default new Proxy({}, { get: (_, name) => ${loaded(path)}[name] });`,
    }));
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      // esbuild copies what a module itself has: of node:util that loads decoders and more, 4 ms at every start.
      contents: `module.exports = ${path.startsWith('node:util#') ? `Object.create(${loaded(path)})` : loaded(path)};`,
    }));
  },
};

function loaded(path: string): string {
  const [name] = path.split('#');
  return `process.getBuiltinModule(${JSON.stringify(name)})`;
}
