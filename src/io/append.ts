/** Text added to the end of a file, which may be shared with others, as that of a CI job's summary is. */
import { appendFile } from 'node:fs/promises';
import { failure } from '../model/problem.ts';

export async function append(path: string, text: string): Promise<void> {
  try {
    await appendFile(path, text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw failure({ code: 'OUTPUT_UNWRITABLE', detail }, error);
  }
}
