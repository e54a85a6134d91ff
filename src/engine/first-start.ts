/** The first start on an empty database: an administrator, and a team for it. */
import type { Ids } from '../base/ids.ts';
import { hashPassword } from '../base/secrets.ts';
import type { Store } from '../store/database.ts';
import { createTeam, createUser } from './people.ts';

export interface Administrator {
  /** Lower case. */
  readonly email: string;
  readonly password: string;
  readonly teamName: string;
}

/** @returns whether this was the first start: with users in the database nothing is done */
export async function firstStart(store: Store, now: number, ids: Ids, administrator: Administrator): Promise<boolean> {
  if (await store.read(reader => reader.people.anyUser())) return false;
  const passwordHash = await hashPassword(administrator.password);
  return store.transact(async tx => {
    // Another process may have been first, and none may be so now.
    await tx.people.lockUsers();
    if (await tx.people.anyUser()) return false;
    const userId = await createUser(
      tx,
      { now, ids },
      { email: administrator.email, name: 'Administrator', passwordHash },
    );
    await createTeam(tx, { now, ids }, administrator.teamName, userId);
    return true;
  });
}
