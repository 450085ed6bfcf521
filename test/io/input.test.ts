/** Files as bytes: unpacked, as far as they are whole, and closed by whoever stops in the middle. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openInput } from '../../src/io/input.ts';

const folder = mkdtempSync(join(tmpdir(), 'policystat-input-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function isOpen(path: string): boolean {
  return readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  });
}

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const TEXT = 'one line and another\n'.repeat(5_000);

describe('an input', () => {
  it.each([
    ['text', Buffer.from(TEXT)],
    ['gzip', gzipSync(TEXT)],
    ['gzip of several members', Buffer.concat([gzipSync(TEXT.slice(0, 7)), gzipSync(TEXT.slice(7))])],
  ])('of %s is read whole', async (name, bytes) => {
    let text = '';
    for await (const chunk of openInput(file(name, bytes))) text += Buffer.from(chunk).toString();
    expect(text).toBe(TEXT);
  });

  it('that ends in the middle is read up to there', async () => {
    const path = file('cut', Buffer.concat([gzipSync(TEXT), gzipSync(TEXT).subarray(0, 30)]));
    let text = '';
    const reading = (async () => {
      for await (const chunk of openInput(path)) text += Buffer.from(chunk).toString();
    })();
    await expect(reading).rejects.toMatchObject({ problem: { code: 'INPUT_UNREADABLE' } });
    expect(text.startsWith(TEXT)).toBe(true);
  });

  it.skipIf(process.platform !== 'linux').each([
    ['text', Buffer.from(TEXT)],
    ['gzip', gzipSync(TEXT)],
    ['cut gzip', gzipSync(TEXT).subarray(0, 60)],
  ])('of %s is closed by whoever stops, or is stopped', async (name, bytes) => {
    const path = file(`stopped ${name}`, bytes);
    try {
      for await (const chunk of openInput(path)) {
        expect(chunk.length).toBeGreaterThan(0);
        expect(isOpen(path)).toBe(true);
        break;
      }
    } catch (error) {
      expect(error).toMatchObject({ problem: { code: 'INPUT_UNREADABLE' } });
    }
    expect(isOpen(path)).toBe(false);
  });
});
