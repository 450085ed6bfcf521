import { expect, test } from 'vitest';
import { ageOf, humanDuration } from '../../../src/demo/api/age.ts';

const [SECOND, MINUTE, HOUR, DAY] = [1, 60, 3600, 86_400];

test.each([
  [0, '0s'],
  [-1, '0s'],
  [-5, '<invalid>'],
  [119 * SECOND, '119s'],
  [2 * MINUTE, '2m'],
  [3 * MINUTE + 5, '3m5s'],
  [26 * MINUTE + 40, '26m'],
  [179 * MINUTE, '179m'],
  [3 * HOUR, '3h'],
  [4 * HOUR + 20 * MINUTE, '4h20m'],
  [47 * HOUR, '47h'],
  [3 * DAY + 4 * HOUR, '3d4h'],
  [8 * DAY, '8d'],
  [729 * DAY, '729d'],
  [1000 * DAY, '2y270d'],
  [10 * 365 * DAY, '10y'],
])('%d seconds are %s', (seconds, text) => {
  expect(humanDuration(seconds * 1000)).toBe(text);
});

test('what has no time has no age', () => {
  expect(ageOf('', 0)).toBe('<unknown>');
});
