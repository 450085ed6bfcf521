/** Bundles the program and the demo's programs into dist/, with the licences of everything that went in. */
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { plainBuiltins } from './builtins.ts';
import { licenseReport, packagesIn } from './licenses.ts';

const root = `${import.meta.dirname}/..`;

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node22.19',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  plugins: [plainBuiltins],
  logLevel: 'warning',
  // Some packages are CommonJS inside and ask for Node's own modules by require.
  banner: {
    js: 'const require = process.getBuiltinModule;',
  },
};

await rm(`${root}/dist`, { recursive: true, force: true });
const results = await Promise.all([
  build({
    ...common,
    entryPoints: ['src/main.ts'],
    outdir: 'dist',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  }),
  build({
    ...common,
    entryPoints: ['cilium', 'hubble', 'curl'].map((name) => `src/demo/programs/${name}.ts`),
    outdir: 'dist/demo',
  }),
]);
const metafiles = results.map((result) => result.metafile).filter((meta): meta is Metafile => meta !== undefined);
writeFileSync(`${root}/THIRD-PARTY-LICENSES.txt`, licenseReport(root, packagesIn(metafiles)));
