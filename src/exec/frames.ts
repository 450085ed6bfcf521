/** The channels of an exec over WebSocket (v5 and v4), and how its status channel tells the end. */
import * as v from 'valibot';

type Channel = 'stdout' | 'stderr' | 'status' | 'other';

export interface Frame {
  readonly channel: Channel;
  readonly data: Uint8Array;
}

/** How an exec was over. */
export type ExecEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  /** The program was never started, or the runtime cannot tell how it ended. */
  | { readonly kind: 'error'; readonly message: string }
  /** The connection went without a word on the status channel. */
  | { readonly kind: 'lost'; readonly code: number; readonly reason: string };

/** Ends the program's stdin: channel 255 names the channel to close. Only v5 knows it. */
export const CLOSE_STDIN: Uint8Array = Uint8Array.of(255, 0);

const CHANNELS: readonly Channel[] = ['other', 'stdout', 'stderr', 'status'];

const StatusSchema = v.object({
  status: v.string(),
  message: v.optional(v.string(), ''),
  reason: v.optional(v.string(), ''),
  details: v.optional(
    v.nullable(
      v.object({
        causes: v.optional(
          v.nullable(v.array(v.object({ reason: v.optional(v.string()), message: v.optional(v.string()) }))),
        ),
      }),
    ),
  ),
});

/** The data is a view into the frame, not a copy. */
export function readFrame(frame: Uint8Array): Frame {
  return { channel: CHANNELS[frame[0] ?? 0] ?? 'other', data: frame.subarray(1) };
}

export function readStatus(text: string): ExecEnd {
  const status = parseStatus(text);
  if (status === null) return { kind: 'error', message: text.slice(0, 200) };
  if (status.status === 'Success') return { kind: 'exited', exitCode: 0 };
  const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode');
  if (status.reason === 'NonZeroExitCode' && /^\d{1,3}$/.test(cause?.message ?? '')) {
    return { kind: 'exited', exitCode: Number(cause?.message) };
  }
  return { kind: 'error', message: status.message };
}

function parseStatus(text: string): v.InferOutput<typeof StatusSchema> | null {
  try {
    const status = v.safeParse(StatusSchema, JSON.parse(text));
    return status.success ? status.output : null;
  } catch {
    return null;
  }
}
