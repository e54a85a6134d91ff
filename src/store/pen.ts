/**
 * Whose turn it is to write, among processes that share one SQLite file. SQLite's own lock is polled, so that who just had it finds it
 * free first, and another may wait for long: with a pen they write in the order in which they asked. The pen is for order alone; what
 * keeps writes apart is the lock.
 */
export interface Pen {
  /** Resolves when it is this process's turn. One batch of writes at a time. */
  take(): Promise<void>;
  /** After the commit of the batch, or when it came to nothing. */
  give(): void;
}
