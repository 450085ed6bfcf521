/** Lets a bundle take Node's larger modules without their ESM form, which costs 30 ms for `node:http` alone at every start. */
import type { Plugin } from 'esbuild';

export const plainBuiltins: Plugin = {
  name: 'plain-builtins',
  setup(build) {
    // For subcommands that are programs of their own; policystat has none, and loading it takes 3 ms.
    build.onResolve({ filter: /^node:child_process$/ }, ({ path, importer }) =>
      importer.includes('/commander/') ? { path, namespace: 'builtin-on-use' } : undefined,
    );
    build.onResolve(
      { filter: /^(node:)?(https?|net|tls|crypto|stream|zlib|process|child_process)$/ },
      ({ path, kind }) => (kind === 'require-call' ? undefined : { path, namespace: 'builtin' }),
    );
    build.onLoad({ filter: /.*/, namespace: 'builtin-on-use' }, ({ path }) => ({
      contents: `export default new Proxy({}, { get: (_, name) => process.getBuiltinModule(${JSON.stringify(path)})[name] });`,
    }));
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};
