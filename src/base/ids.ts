/** Where the ids of what is stored come from: UUIDv7, so that rows made together lie together in an index. Tests count instead. */
import { v7 } from 'uuid';

export interface Ids {
  next(): string;
}

export const uuids: Ids = { next: () => v7() };
