/** Looks for what the agent announces among verdicts that wait for the agent's state, so that a state is not taken for older than it is. */
import type { AgentNotice, Dialect } from '../model/event.ts';
import { createReader } from '../parser/reader.ts';

/** Each announcement comes again when the data has its turn. */
export function readAhead(
  announced: (notice: AgentNotice, atMs: number) => void,
  dialect: Dialect | null,
): (data: Uint8Array, atMs: number) => void {
  let nowMs = 0;
  const reader = createReader(
    (record) => {
      if (record.type === 'agent') announced(record, nowMs);
    },
    { dialect },
  );
  return (data, atMs) => {
    nowMs = atMs;
    reader.push(data);
  };
}
