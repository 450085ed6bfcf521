/** The PATH folders of the demo's containers: its own programs as small shell scripts, and a few of the system's. */
import { access, constants, mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export type Image = 'agent' | 'pod' | 'distroless';

/** Nothing else of the system is in a container, so that a script that needs more fails here as well. */
const SYSTEM_PROGRAMS = ['sh', 'cat', 'timeout', 'kill', 'date'];

async function isThere(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

async function findOnPath(program: string): Promise<string | null> {
  const folders = [
    '/bin',
    '/usr/bin',
    ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/')),
  ];
  for (const folder of folders) {
    if (await isThere(join(folder, program), constants.X_OK)) return join(folder, program);
  }
  return null;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

export async function createImages(
  root: string,
  programsFolder: string,
  agentProgram: string,
): Promise<(image: Image) => string> {
  // Bundled it is JavaScript; in the source folder Node runs TypeScript as it is.
  const extension = (await isThere(join(programsFolder, 'cilium.js'), constants.R_OK)) ? 'js' : 'ts';
  const programs: Readonly<Record<Image, Readonly<Record<string, string>>>> = {
    agent: { [agentProgram]: 'cilium', hubble: 'hubble' },
    pod: { curl: 'curl' },
    distroless: {},
  };
  const system = await Promise.all(SYSTEM_PROGRAMS.map(async (name) => ({ name, path: await findOnPath(name) })));
  const folderOf = (image: Image) => join(root, 'images', image, 'bin');
  await Promise.all(
    (['agent', 'pod', 'distroless'] as const).map(async (image) => {
      const folder = folderOf(image);
      await mkdir(folder, { recursive: true });
      if (image === 'distroless') return;
      const own = Object.entries(programs[image]).map(([name, script]) =>
        // `exec`, so that a signal for the program reaches the program.
        writeFile(
          join(folder, name),
          `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(join(programsFolder, `${script}.${extension}`))} "$@"\n`,
          { mode: 0o755 },
        ),
      );
      const linked = system.flatMap(({ name, path }) => (path === null ? [] : [symlink(path, join(folder, name))]));
      await Promise.all([...own, ...linked]);
    }),
  );
  return folderOf;
}
