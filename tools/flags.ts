/** Writes docs/flags.md from the command tree; with --check it fails where the file is not what would be written. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { flagReference } from '../src/commands/reference.ts';
import { processIo } from '../src/io/process.ts';

const path = fileURLToPath(new URL('../docs/flags.md', import.meta.url));
const text = flagReference(processIo());
if (!process.argv.includes('--check')) writeFileSync(path, text);
else if (readFileSync(path, 'utf8') !== text) {
  process.stderr.write('docs/flags.md is out of date: run "npm run docs"\n');
  process.exitCode = 1;
}
