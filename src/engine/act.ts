/** What every act knows beside its arguments: who does it, when, and where new ids come from. */
import type { Ids } from '../base/ids.ts';
import type { Caller } from '../domain/privileges.ts';

export interface Act {
  readonly caller: Caller;
  /** The time of the act in epoch milliseconds: one for all that it writes. */
  readonly now: number;
  readonly ids: Ids;
}
