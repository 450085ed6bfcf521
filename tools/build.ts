/** Bundles the program and the demo's programs into dist/, with the licences of everything that went in. */
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type InputOptions, type OutputOptions } from 'rolldown';
import { plainBuiltins } from './builtins.ts';
import { inLayers } from './layers.ts';
import { licenseReport, packagesIn } from './licenses.ts';

const root = join(import.meta.dirname, '..');

/** Some packages are CommonJS inside and ask for Node's own modules by require; what else they ask for they do without. */
const REQUIRE = `const require = (name) => {
  const builtin = globalThis.process.getBuiltinModule(name);
  if (builtin === undefined) throw new Error(\`there is no \${name}\`);
  return builtin;
};`;

const input: InputOptions = {
  cwd: root,
  platform: 'node',
  plugins: [plainBuiltins],
  transform: { target: 'node22.19' },
  preserveEntrySignatures: 'allow-extension',
  logLevel: 'warn',
};

const output: OutputOptions = {
  format: 'esm',
  comments: false,
  topLevelVar: true,
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  polyfillRequire: false,
  banner: REQUIRE,
};

/** In the order in which a run comes to them. */
const LAYERS = [
  { name: 'main', roots: ['src/main.ts'] },
  // Until the first exec request.
  { name: 'listen', roots: ['src/commands/watch.ts'] },
  { name: 'kube', roots: ['src/io/kube.ts'] },
  // While the agents are answering.
  { name: 'count', roots: ['src/pipeline.ts'] },
  { name: 'present', roots: ['src/commands/present.ts'] },
];

await rm(join(root, 'dist'), { recursive: true, force: true });
const results = await Promise.all([
  build({
    ...input,
    input: 'src/main.ts',
    output: {
      ...output,
      dir: 'dist',
      chunkFileNames: 'chunks/[name]-[hash].js',
      codeSplitting: { groups: inLayers(root, LAYERS) },
    },
  }),
  ...['cilium', 'hubble', 'curl'].map(async (name) =>
    build({
      ...input,
      input: `src/demo/programs/${name}.ts`,
      output: { ...output, file: `dist/demo/${name}.js`, codeSplitting: false },
    }),
  ),
]);
const packages = packagesIn(results.flatMap(({ output: files }) => files));
writeFileSync(join(root, 'THIRD-PARTY-LICENSES.txt'), licenseReport(packages));
