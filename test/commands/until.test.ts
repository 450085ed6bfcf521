/** One question for all who want to know: never asked before they did, and not too often. */
import { expect, test } from 'vitest';
import { askTogether } from '../../src/commands/until.ts';
import { createFakeClock } from '../pipeline/fake-clock.ts';

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('whoever asks while a question is being answered gets the answer to the next', async () => {
  const clock = createFakeClock(1_000);
  const asked: PromiseWithResolvers<string>[] = [];
  const ask = askTogether(clock, 200, () => {
    const question = Promise.withResolvers<string>();
    asked.push(question);
    return question.promise;
  });
  const first = Promise.all([ask(), ask()]);
  await settled();
  expect(asked).toHaveLength(1);
  const second = Promise.all([ask(), ask()]);
  asked[0]?.resolve('old');
  expect(await first).toEqual(['old', 'old']);
  clock.advance(199);
  await settled();
  expect(asked).toHaveLength(1);
  clock.advance(1);
  await settled();
  expect(asked).toHaveLength(2);
  asked[1]?.resolve('new');
  expect(await second).toEqual(['new', 'new']);
  clock.advance(200);
  void ask();
  await settled();
  expect(asked).toHaveLength(3);
});

test('a question that fails is asked anew', async () => {
  const clock = createFakeClock();
  let times = 0;
  const ask = askTogether(clock, 200, () => {
    times += 1;
    return times === 1 ? Promise.reject(new Error('away')) : Promise.resolve(times);
  });
  await expect(ask()).rejects.toThrow('away');
  clock.advance(200);
  expect(await ask()).toBe(2);
});
