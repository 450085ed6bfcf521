/** Fetches a real promtool for tests: from Debian's package of Prometheus, unpacked but not installed. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cache = resolve(import.meta.dirname, '../node_modules/.cache/policystat');

/** The path of a promtool; fetches it where it is not there yet. */
export async function promtool(): Promise<string> {
  const path = join(cache, 'promtool');
  if (await exists(path)) return path;
  // Prepared in a folder of its own and then moved, so that two who ask at once do not meet.
  const folder = join(cache, randomUUID());
  await mkdir(folder, { recursive: true });
  try {
    const [archive = ''] = await download('prometheus', folder);
    await run('dpkg-deb', ['--extract', join(folder, archive), folder]);
    await rename(join(folder, 'usr/bin/promtool'), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return path;
}

/** With the machine's lists of packages where it has some, else with fresh ones that nobody else sees. */
async function download(name: string, folder: string): Promise<readonly string[]> {
  const apt = async (...args: readonly string[]) => run('apt-get', ['-qq', ...args], { cwd: folder });
  await apt('download', name).catch(async () => {
    const own = ['lists/partial', 'archives/partial'];
    await Promise.all(own.map(async (part) => mkdir(join(folder, part), { recursive: true })));
    const options = [
      ['-o', `Dir::State::Lists=${join(folder, 'lists')}`],
      ['-o', `Dir::Cache=${folder}`],
      ['-o', 'APT::Sandbox::User='],
    ].flat();
    await apt(...options, 'update');
    await apt(...options, 'download', name);
  });
  return (await readdir(folder)).filter((file) => file.endsWith('.deb'));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
