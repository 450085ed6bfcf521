/** Bytes that arrive while the agent's state is read keep their order and their time, and never wait for ever. */
import { describe, expect, it } from 'vitest';
import { createHold } from '../../src/pipeline/hold.ts';
import { createFakeClock } from './fake-clock.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function setUp() {
  const clock = createFakeClock();
  const seen: string[] = [];
  const ahead: string[] = [];
  const hold = createHold({
    clock,
    lookAhead: () => (data) => ahead.push(new TextDecoder().decode(data)),
    handOn: (data, atMs) => seen.push(`${new TextDecoder().decode(data)}@${atMs}`),
  });
  return { clock, seen, ahead, hold };
}

describe('hold', () => {
  it('hands on at once where nothing is awaited', () => {
    const { seen, hold } = setUp();
    hold.push(bytes('a'));
    expect(seen).toEqual(['a@0']);
  });

  it('keeps what comes until the state is there, with its own time and in order', async () => {
    const { clock, seen, ahead, hold } = setUp();
    const ready = Promise.withResolvers<undefined>();
    hold.until(ready.promise.then(() => {}));
    const reused = bytes('a');
    hold.push(reused);
    reused.fill(0x78);
    clock.advance(5);
    hold.push(bytes('b'));
    expect(seen).toEqual([]);
    clock.advance(5);
    expect(ahead).toEqual(['a', 'b']);
    ready.resolve(undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual(['a@0', 'b@5']);
    hold.push(bytes('c'));
    expect(seen.at(-1)).toBe('c@10');
    expect(ahead).toEqual(['a', 'b']);
  });

  it('waits for everything that is awaited, and no longer than for the first', async () => {
    const { clock, seen, hold } = setUp();
    const [first, second] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    hold.until(first.promise.then(() => {}));
    hold.push(bytes('a'));
    clock.advance(1_000);
    hold.until(second.promise.then(() => {}));
    first.resolve(undefined);
    await new Promise((resolve) => setImmediate(resolve));
    hold.push(bytes('b'));
    expect(seen).toEqual([]);
    second.resolve(undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual(['a@0', 'b@1000']);
    hold.until(new Promise(() => {}));
    hold.push(bytes('c'));
    clock.advance(2_000);
    hold.until(new Promise(() => {}));
    clock.advance(1_000);
    expect(seen.at(-1)).toBe('c@1000');
  });

  it('is settled as soon as the state is there, or can no longer be waited for', async () => {
    const { clock, seen, hold } = setUp();
    await hold.settle();
    const ready = Promise.withResolvers<undefined>();
    hold.until(ready.promise.then(() => {}));
    hold.push(bytes('a'));
    const settled = hold.settle();
    expect(seen).toEqual([]);
    ready.resolve(undefined);
    await settled;
    expect(seen).toEqual(['a@0']);
    hold.until(new Promise(() => {}));
    hold.push(bytes('b'));
    const late = hold.settle();
    clock.advance(3_000);
    await late;
    expect(seen).toEqual(['a@0', 'b@0']);
  });

  it('waits no longer than three seconds', () => {
    const { clock, seen, hold } = setUp();
    hold.until(new Promise(() => {}));
    hold.push(bytes('a'));
    clock.advance(2_999);
    expect(seen).toEqual([]);
    clock.advance(1);
    expect(seen).toEqual(['a@0']);
  });

  it('keeps no more than 4 MiB', () => {
    const { seen, hold } = setUp();
    hold.until(new Promise(() => {}));
    hold.push(bytes('x'.repeat(4 * 1024 * 1024)));
    expect(seen).toEqual([]);
    hold.push(bytes('y'));
    expect(seen.map((text) => text[0])).toEqual(['x', 'y']);
  });
});
