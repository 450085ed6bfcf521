/** Compiles the parser's kernel to WebAssembly and keeps it beside its source; with `--check` says whether what is kept is what its source makes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const parser = `${import.meta.dirname}/../src/parser`;
const kept = `${parser}/kernel-wasm.ts`;
/** In pages of 64 KiB, with one behind the last bytes that a caller may put there: texts are read in blocks. */
const MEMORY_PAGES = '78';
// By its path and in a process of its own: its types would change those of the language for every other file.
const compiler = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');

function compile(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'policystat-kernel-'));
  try {
    const outFile = join(folder, 'kernel.wasm');
    const options = ['--runtime', 'stub', '--noAssert', '-O3', '--enable', 'simd'];
    const memory = ['--initialMemory', MEMORY_PAGES, '--maximumMemory', MEMORY_PAGES];
    const args = [compiler, 'index.ts', '--outFile', outFile, ...options, ...memory];
    const { status } = spawnSync(process.execPath, args, { cwd: `${parser}/assembly`, stdio: 'inherit' });
    if (status !== 0) throw new Error('the kernel was not compiled');
    return readFileSync(outFile);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const base64 = compile().toString('base64');
const text = `/** assembly/, compiled; made by tools/kernel.ts. */\nexport const KERNEL_WASM =\n  '${base64}';\n`;
if (!process.argv.includes('--check')) writeFileSync(kept, text);
else if (readFileSync(kept, 'utf8') !== text) {
  process.stderr.write('src/parser/kernel-wasm.ts is not what src/parser/assembly makes: run npm run kernel\n');
  process.exitCode = 1;
}
