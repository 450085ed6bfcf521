/** The problem that some work fails with. */
import { Failure, type Problem } from '../src/model/problem.ts';

export async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error.problem;
  throw new Error('no Failure', { cause: error });
}
