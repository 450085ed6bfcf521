/** Questions that are asked together: how often, and that nobody gets an answer from before the question. */
import { expect, test } from 'vitest';
import { askTogether } from '../../src/commands/until.ts';
import { createFakeClock } from '../pipeline/fake-clock.ts';

test('one question serves all who ask until it is asked, and none who asks later', async () => {
  const clock = createFakeClock();
  const asked: number[] = [];
  const ask = askTogether(clock, 500, async () => {
    asked.push(clock.nowMs());
    const mine = asked.length;
    await new Promise<void>((resolve) => clock.after(100, resolve));
    return mine;
  });
  const answers: string[] = [];
  const note = (who: string) => void ask().then((answer) => answers.push(`${who} ${answer} at ${clock.nowMs()}`));
  note('a');
  note('b');
  await clock.run(10);
  // It is on its way already.
  note('c');
  await clock.run(290);
  note('d');
  await clock.run(1000);
  note('e');
  await clock.run(100);
  expect(asked).toEqual([0, 500, 1300]);
  expect(answers).toEqual(['a 1 at 100', 'b 1 at 100', 'c 2 at 600', 'd 2 at 600', 'e 3 at 1400']);
});

test('a question that fails fails for those who asked, and the next is another', async () => {
  const clock = createFakeClock();
  let times = 0;
  const ask = askTogether(clock, 500, () => {
    times += 1;
    return times === 1 ? Promise.reject(new Error('no answer')) : Promise.resolve(times);
  });
  await expect(Promise.all([ask(), ask()])).rejects.toThrow('no answer');
  const next = ask();
  await clock.run(500);
  expect(await next).toBe(2);
});
