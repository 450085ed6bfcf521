/** The container of an agent whose answers are files: its programs print them, and leave to the demo's what nobody captured, such as streams. */
import { readFileSync } from 'node:fs';
import { appendFile, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface CapturedAgent {
  readonly binFolder: string;
  /** The command lines of questions that were answered. */
  answered(): readonly string[];
  /** Replaces answers, by their command lines with the program's name. */
  answer(answers: ReadonlyMap<string, string>): Promise<void>;
}

const PROGRAMS = ['cilium-dbg', 'hubble'];

/** `cat` and not Node: dozens of questions are asked of an agent at once. */
function script(program: string, folder: string, otherwise: string): string {
  return `#!/bin/sh
if [ -f '${folder}/answers/${program} '"$*" ]; then
cat '${folder}/answers/${program} '"$*"
echo "${program} $*" >>'${folder}/answered'
exit
fi
exec '${otherwise}' "$@"
`;
}

/** `image` is the folder of programs of the demo's agents. */
export async function createCapturedAgent(folder: string, image: string): Promise<CapturedAgent> {
  const binFolder = join(folder, 'bin');
  for (const path of ['bin', 'answers', 'next']) await mkdir(join(folder, path), { recursive: true });
  await appendFile(join(folder, 'answered'), '');
  const names = await readdir(image);
  await Promise.all(
    names.map(async (name) =>
      PROGRAMS.includes(name)
        ? writeFile(join(binFolder, name), script(name, folder, join(image, name)), { mode: 0o755 })
        : symlink(join(image, name), join(binFolder, name)),
    ),
  );
  return {
    binFolder,
    answered: () => readFileSync(join(folder, 'answered'), 'utf8').split('\n').slice(0, -1),
    async answer(answers) {
      await Promise.all(
        [...answers].map(async ([line, text]) => {
          // Whoever is reading the old one reads it to its end.
          await writeFile(join(folder, 'next', line), text);
          await rename(join(folder, 'next', line), join(folder, 'answers', line));
        }),
      );
    },
  };
}
