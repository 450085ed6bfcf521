/** Where the parts of a recording are kept, as whoever writes them sees it. */

export interface PartFile {
  /** Never waits: what the disk has not taken yet is remembered. */
  write(bytes: Uint8Array): void;
  /** What the disk has not taken yet. */
  readonly waitingBytes: number;
  /** Resolves when all of it is written. */
  close(): Promise<void>;
}

export interface PartFiles {
  open(part: number): PartFile;
  /** Takes the oldest away where only some are kept. */
  remove(part: number): Promise<void>;
}
