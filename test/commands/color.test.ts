/** When there are colours: the flag, then the environment, then the terminal. */
import { expect, it } from 'vitest';
import { usesColor } from '../../src/commands/color.ts';

it.each([
  ['auto', true, {}, true],
  ['auto', false, {}, false],
  ['auto', true, { NO_COLOR: '1' }, false],
  ['auto', true, { NO_COLOR: '' }, true],
  ['auto', false, { FORCE_COLOR: '1' }, true],
  ['auto', true, { FORCE_COLOR: '0' }, false],
  ['auto', true, { TERM: 'dumb' }, false],
  ['auto', false, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ['always', false, { NO_COLOR: '1' }, true],
  ['never', true, { FORCE_COLOR: '1' }, false],
] as const)('--color %s, terminal %s, %j: %s', (color, isTerminal, env, expected) => {
  expect(usesColor({ env }, { isTerminal }, { color })).toBe(expected);
});
