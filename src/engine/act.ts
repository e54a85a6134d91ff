/** What every act knows beside its arguments: who does it, when, and where new ids come from. */
import type { Ids } from '../base/ids.ts';
import type { Caller } from '../domain/privileges.ts';

export interface Act {
  readonly caller: Caller;
  /** The time of the act in epoch milliseconds: one for all that it writes. */
  readonly now: number;
  readonly ids: Ids;
}

/** What the server does by itself: nobody did it, and it needs no rights. */
export const systemAct = (now: number, ids: Ids): Act => ({
  caller: {
    userId: '',
    email: 'system',
    name: 'system',
    createdAt: 0,
    tokenId: '',
    isProgram: false,
    expiresAt: Number.MAX_SAFE_INTEGER,
    rights: new Map(),
  },
  now,
  ids,
});
