/** Which of the demo's processes run in a container: told by the environment that they were started with. */
import { readFileSync } from 'node:fs';

/** Linux only; elsewhere a container's end leaves its processes to the end of the demo. */
function isIn(pid: number, pod: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`POLICYSTAT_DEMO_POD=${pod}`);
  } catch {
    return false;
  }
}

/** Ends them as the end of their container would: at once. */
export function killContainer(pids: readonly number[], pod: string): void {
  for (const pid of pids.filter((one) => isIn(one, pod))) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It went by itself.
    }
  }
}
