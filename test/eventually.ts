/** Waits for a condition that nothing announces, such as the end of a process. */
export async function eventually(what: string, holds: () => boolean, withinMs = 20_000): Promise<void> {
  const startMs = performance.now();
  while (!holds()) {
    if (performance.now() - startMs > withinMs) throw new Error(`did not come true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
