/** Whether a sink gets colours: the flag, else NO_COLOR and FORCE_COLOR, else what it is. */
import type { Io, Sink } from '../io/io.ts';
import type { OutputFlags } from './options.ts';

/** https://no-color.org, https://force-color.org; the flag wins. */
export function usesColor(
  { env }: Pick<Io, 'env'>,
  sink: Pick<Sink, 'isTerminal'>,
  { color }: Pick<OutputFlags, 'color'>,
): boolean {
  if (color !== 'auto') return color === 'always';
  if ((env.NO_COLOR ?? '') !== '') return false;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return sink.isTerminal && env.TERM !== 'dumb';
}
