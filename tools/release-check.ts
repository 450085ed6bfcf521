/** Makes what a release consists of, and stops where it could not be vouched for: the tarball twice, the same; nothing that runs when it is installed; a bill of its materials. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import * as v from 'valibot';

const root = join(import.meta.dirname, '..');
/** Where it is put: a folder of this project's, or the one that is named. */
const release = resolve(process.argv[2] ?? join(root, 'release'));

const Manifest = v.object({
  version: v.string(),
  scripts: v.record(v.string(), v.string()),
  dependencies: v.optional(v.record(v.string(), v.string()), {}),
});
const Component = v.looseObject({ name: v.string(), version: v.string(), group: v.optional(v.string()) });
const Bill = v.looseObject({
  metadata: v.looseObject({}),
  components: v.array(Component),
  dependencies: v.array(v.looseObject({ ref: v.string(), dependsOn: v.optional(v.array(v.string()), []) })),
});

/** What npm runs on the machine of whoever installs a package. */
const AT_INSTALL = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare'];

function run(program: string, args: readonly string[], cwd: string): string {
  return execFileSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
}

/** All that is under version control, built and packed in a place of its own on the disk; gives the tarball. */
function packIn(folder: string): string {
  const files = run('git', ['ls-files', '-z'], root).split('\0');
  for (const file of files.filter((name) => name !== '')) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  // The packages are there twice without being copied: a link would show where they are.
  const packages = join(folder, 'node_modules');
  try {
    run('cp', ['-al', join(root, 'node_modules'), packages], root);
  } catch {
    cpSync(join(root, 'node_modules'), packages, { recursive: true, verbatimSymlinks: true });
  }
  run(process.execPath, ['tools/build.ts'], folder);
  run('npm', ['pack', '--silent', '--ignore-scripts'], folder);
  const [tarball = ''] = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  return join(folder, tarball);
}

function digest(path: string): string {
  return createHash('sha512').update(readFileSync(path)).digest('hex');
}

function must(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(sentence);
}

/** Of what is bundled: npm's own bill of everything that is installed here, without the rest. */
function billOfMaterials(folder: string): { readonly text: string; readonly components: number } {
  const notices = readFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  const bundled = new Set(
    [...notices.matchAll(/^(\S+) (\d\S*) \(.+\)$/gm)].map(([, name, version]) => `${name}@${version}`),
  );
  const whole = v.parse(
    Bill,
    JSON.parse(run('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], root)),
  );
  const nameOf = ({ group, name, version }: v.InferOutput<typeof Component>) =>
    `${group === undefined ? '' : `${group}/`}${name}@${version}`;
  const components = whole.components.filter((component) => bundled.has(nameOf(component)));
  const listed = new Set(components.map(nameOf));
  const missing = [...bundled].filter((name) => !listed.has(name));
  must(missing.length === 0, `not in npm's bill of materials: ${missing.join(', ')}`);
  const isListed = (ref: string) => [...listed].some((name) => ref.endsWith(name));
  const dependencies = whole.dependencies
    .filter(({ ref }) => isListed(ref))
    .map((dependency) => ({ ...dependency, dependsOn: dependency.dependsOn.filter(isListed) }));
  return {
    text: `${JSON.stringify({ ...whole, components, dependencies }, null, 2)}\n`,
    components: components.length,
  };
}

const first = join(release, 'first');
const second = join(release, 'in', 'another', 'place');
rmSync(release, { recursive: true, force: true });
try {
  const manifest = v.parse(Manifest, JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  const atInstall = AT_INSTALL.filter((script) => script in manifest.scripts);
  must(atInstall.length === 0, `package.json has scripts that run at installation: ${atInstall.join(', ')}`);
  must(
    Object.keys(manifest.dependencies).length === 0,
    'package.json has dependencies: what is installed is not what was packed',
  );
  const packed = packIn(first);
  must(digest(packed) === digest(packIn(second)), 'the tarball is another one when it is built in another place');
  const { text, components } = billOfMaterials(first);
  const tarball = join(release, basename(packed));
  renameSync(packed, tarball);
  writeFileSync(join(release, `policystat-${manifest.version}.cdx.json`), text);
  writeFileSync(`${tarball}.sha512`, `${digest(tarball)}  ${basename(tarball)}\n`);
  process.stdout.write(
    `policystat ${manifest.version}: the same tarball from two builds, ${components} packages in it\nsha512 ${digest(tarball)}\n`,
  );
} finally {
  rmSync(first, { recursive: true, force: true });
  rmSync(join(release, 'in'), { recursive: true, force: true });
}
