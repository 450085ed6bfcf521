/** Compiles the parser's kernel to WebAssembly and keeps it beside its source; with `--check` says whether what is kept is what its source makes. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const parser = `${import.meta.dirname}/../src/parser`;
const source = `${parser}/assembly`;
const kept = `${parser}/kernel-wasm.ts`;
/** Up to the end of the input and what is read past it, in pages of 64 KiB. */
const MEMORY_PAGES = '113';

const compiled = new Map<string, Uint8Array | string>();
const messages: string[] = [];
const { error } = await asc.main(
  [
    'index.ts',
    ...['--outFile', 'kernel.wasm', '--runtime', 'stub', '--noAssert', '-O3', '--enable', 'simd'],
    ...['--initialMemory', MEMORY_PAGES, '--maximumMemory', MEMORY_PAGES],
  ],
  {
    readFile: (name) => (existsSync(`${source}/${name}`) ? readFileSync(`${source}/${name}`, 'utf8') : null),
    writeFile: (name, contents) => void compiled.set(name, contents),
    listFiles: () => [],
    stderr: { write: (text: string) => void messages.push(text) },
  },
);
const binary = compiled.get('kernel.wasm');
if (error !== null || !(binary instanceof Uint8Array)) {
  process.stderr.write(messages.join(''));
  throw error ?? new Error('the kernel was not compiled');
}

const base64 = Buffer.from(binary).toString('base64');
const text = `/** assembly/, compiled; made by tools/kernel.ts. */\nexport const KERNEL_WASM =\n  '${base64}';\n`;
if (!process.argv.includes('--check')) writeFileSync(kept, text);
else if (readFileSync(kept, 'utf8') !== text) {
  process.stderr.write('src/parser/kernel-wasm.ts is not what src/parser/assembly makes: run npm run kernel\n');
  process.exitCode = 1;
}
