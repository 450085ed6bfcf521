/** Which third-party packages a bundle holds, and the text of their licences. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { OutputAsset, OutputChunk } from 'rolldown';

interface BundledPackage {
  readonly name: string;
  readonly folder: string;
}

/** Every package of which something went into the output, sorted by name. */
export function packagesIn(files: readonly (OutputAsset | OutputChunk)[]): BundledPackage[] {
  const folders = new Map<string, BundledPackage>();
  for (const file of files) {
    const modules = file.type === 'chunk' ? Object.entries(file.modules) : [];
    for (const [path, { renderedLength }] of modules) {
      const [, folder, name] = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(path) ?? [];
      if (folder !== undefined && name !== undefined && renderedLength > 0) folders.set(folder, { name, folder });
    }
  }
  return [...folders.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One text with name, version, licence and the licence's wording for each package; a package without one fails the build. */
export function licenseReport(packages: readonly BundledPackage[]): string {
  const sections = packages.map(({ name, folder }) => {
    const manifest: unknown = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    const { version, license } = Object.assign({ version: '', license: '' }, manifest);
    if (license === '') throw new Error(`${name} declares no licence`);
    return `${name} ${version} (${license})\n\n${licenseText(folder) ?? `Licensed under ${license}.`}\n`;
  });
  return `policystat contains the following packages.\n\n${sections.join(`\n${'-'.repeat(78)}\n\n`)}`;
}

function licenseText(folder: string): string | null {
  if (!existsSync(folder)) return null;
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  return file === undefined ? null : readFileSync(`${folder}/${file}`, 'utf8').trim();
}
