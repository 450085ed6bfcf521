/** Starts the compiled kernel; what its functions do is said in assembly/. */
import { KERNEL_WASM } from './kernel-wasm.ts';

/** Addresses are bytes in `memory`; booleans come as 0 or 1. */
export interface Kernel {
  readonly memory: { readonly buffer: ArrayBufferLike };
  readonly INPUT: { readonly value: number };
  readonly INPUT_BYTES: { readonly value: number };
  readonly ROOM: { readonly value: number };
  readonly ROOM_BYTES: { readonly value: number };
  readonly DENIED: { readonly value: number };
  readonly NEWS: { readonly value: number };
  readonly CELLS: { readonly value: number };
  readonly CELL_BYTES: { readonly value: number };
  readonly MOST_SLOTS: { readonly value: number };
  readonly NAME_BYTES: { readonly value: number };
  readonly IS_DENIED: { readonly value: number };
  readonly IS_INGRESS: { readonly value: number };
  readonly IS_PATCHED: { readonly value: number };
  scan(start: number, end: number): number;
  deniedCount(): number;
  newCount(): number;
  forgetTold(): void;
  isFull(): number;
  forgetCells(): void;
  learnName(start: number, length: number): number;
  learnWord(start: number, length: number, identity: number): number;
  learnTail(start: number, length: number, protocol: number): number;
  learnDecision(start: number, length: number, meaning: number, headerPort: number, flags: number): number;
  learnAddress(endpoint: number, family: number, w0: number, w1: number, w2: number, w3: number): void;
  learnHost(family: number, w0: number, w1: number, w2: number, w3: number): void;
  learnCell(remote: number, port: number, name: number, meaning: number): number;
}

declare const WebAssembly: {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly abort: () => void } },
  ) => { readonly exports: Kernel };
};

export function startKernel(): Kernel {
  const module = new WebAssembly.Module(Buffer.from(KERNEL_WASM, 'base64'));
  return new WebAssembly.Instance(module, { env: { abort: () => {} } }).exports;
}
