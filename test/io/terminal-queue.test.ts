/** A terminal that stands still never holds up its writer, and what it is given later is whole. */
import { expect, it } from 'vitest';
import { createTerminalQueue } from '../../src/io/terminal-queue.ts';

/** Takes so many bytes at a time, once it is told to go on. */
function slowTerminal(bytesAtATime: number) {
  const shown: Uint8Array[] = [];
  const failures: unknown[] = [];
  const gate = Promise.withResolvers<void>();
  return {
    goOn: () => gate.resolve(),
    breakOff: (error: Error) => gate.reject(error),
    failures,
    text: () => Buffer.concat(shown).toString(),
    writer: {
      write: async (bytes: Uint8Array) => {
        await gate.promise;
        const taken = bytes.slice(0, bytesAtATime);
        shown.push(taken);
        return taken.length;
      },
      failed: (error: unknown) => void failures.push(error),
    },
  };
}

it('keeps what fits, refuses the rest, and writes all of what it took in order', async () => {
  const terminal = slowTerminal(3);
  const queue = createTerminalQueue(terminal.writer, 20);
  expect(queue.offer('first → line\n')).toBe(true);
  // The first text is being written: what waits behind it has the bound.
  expect(queue.offer('second line\n')).toBe(true);
  expect(queue.offer('third line\n')).toBe(false);
  expect(queue.offer('fourth\n')).toBe(true);
  expect(terminal.text()).toBe('');
  terminal.goOn();
  await queue.empty();
  expect(terminal.text()).toBe('first → line\nsecond line\nfourth\n');
  expect(queue.offer('third line, again\n')).toBe(true);
  await queue.empty();
  expect(terminal.text()).toContain('third line, again\n');
});

it('is empty at once where nothing was offered', async () => {
  await createTerminalQueue(slowTerminal(1).writer).empty();
});

it('says that the terminal is gone, once, and takes what comes without a word', async () => {
  const terminal = slowTerminal(10);
  const queue = createTerminalQueue(terminal.writer);
  queue.offer('some text');
  const error = new Error('EIO');
  terminal.breakOff(error);
  await queue.empty();
  expect(terminal.failures).toEqual([error]);
  expect(queue.offer('more')).toBe(true);
  await queue.empty();
  expect(terminal.failures).toHaveLength(1);
});
