/** What web sockets are made with. */
import type { Clock } from '../../base/clock.ts';
import type { EventWatch } from '../../engine/watching.ts';
import type { Store } from '../../store/database.ts';
import type { Calls } from '../calls.ts';
import type { Shared } from '../connection.ts';
import type { Functions } from '../functions.ts';

export interface SocketParts {
  readonly store: Store;
  readonly watch: EventWatch;
  readonly calls: Calls;
  readonly functions: Functions;
  readonly clock: Clock;
  readonly shared: Shared;
}

/** Why one is closed: the codes of web sockets. */
export const CLOSES = { goingAway: 1001, notText: 1003, policy: 1008, tryAgainLater: 1013 } as const;
