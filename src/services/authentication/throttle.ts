/**
 * Attempts to log in, held up when too many failed. An attempt looks at the failures before it and counts its own within one turn,
 * so that attempts made at once are counted as if they came one after the other; and passwords are checked so few at a time that
 * the processors are left to other calls. It is the same for accounts that there are not.
 */
import { availableParallelism } from 'node:os';
import { LoginPaused, Unauthorized } from '../../base/errors.ts';
import { tokenHash } from '../../base/secrets.ts';
import { Turns } from '../../base/turns.ts';
import { FORGOTTEN_AFTER_MS, type PauseScope, pauseAfter, pauseRules } from '../../domain/login-pauses.ts';
import type { Reader, Store, Transactor } from '../../store/database.ts';
import type { Row } from '../../store/schema.ts';
import type { OpenCall } from '../call.ts';

const turns = new Turns(Math.max(1, availableParallelism() - 1));

export type User = Row<'users'>;

/** A login that succeeded: the user, and the failures that are forgotten with it. */
export interface Admitted {
  readonly user: User;
  readonly forgotten: readonly string[];
}

/**
 * @param email lower case
 * @param fits whether the password is that of the user, or of nobody; takes as long for either
 * @throws Unauthorized (401), LoginPaused (503)
 */
export const admit = (
  store: Store,
  call: OpenCall,
  email: string,
  fits: (user: User | undefined) => Promise<boolean>,
): Promise<Admitted> =>
  turns.take(async () => {
    const keys = keysOf(email, call.session.address);
    const { user, failures } = await store.read(async reader => ({
      failures: await heldUp(reader, keys, call.now),
      user: await reader.people.userByEmail(email),
    }));
    // Of a disabled account no password is right.
    if ((await fits(user)) && user && user.disabled_at === null) {
      const own = [keys.both, keys.account];
      return { user, forgotten: failures.map(row => row.failure_key).filter(key => own.includes(key)) };
    }
    const all = Object.values(keys);
    await store.transact(tx => tx.logins.countFailure(all, call.now, call.now - FORGOTTEN_AFTER_MS));
    throw badCredentials();
  });

/**
 * Checking a password takes a while: what follows from it asks in its own transaction whether it is the password still.
 * @returns the user as it is now, kept from other writers until the end of the transaction
 * @throws Unauthorized (401) when the password was changed, or the account disabled, meanwhile
 */
export async function stillAdmitted(tx: Transactor, { user }: Admitted): Promise<User> {
  const now = await tx.users.locked(user.user_id);
  if (now && now.disabled_at === null && now.password_hash === user.password_hash) return now;
  throw badCredentials();
}

const badCredentials = (): Unauthorized =>
  new Unauthorized('bad-credentials', 'email and password do not fit together; check both');

type Keys = Readonly<Record<PauseScope, string>>;

/** What is typed into a login may be a password in the wrong place: nothing of it is stored but a hash. */
const keysOf = (email: string, address: string): Keys => ({
  both: tokenHash(`both\n${address}\n${email}`),
  address: tokenHash(`address\n${address}`),
  account: tokenHash(`account\n${email}`),
});

async function heldUp(reader: Reader, keys: Keys, now: number): Promise<Row<'login_failures'>[]> {
  const rows = await reader.logins.failures(Object.values(keys));
  const ends = Object.entries(pauseRules).map(([scope, rule]) => {
    const row = rows.find(({ failure_key }) => failure_key === keys[scope as PauseScope]);
    return row ? row.last_at + pauseAfter(row.failures, rule) : 0;
  });
  const seconds = Math.ceil((Math.max(...ends) - now) / 1000);
  if (seconds <= 0) return rows;
  throw new LoginPaused('login-paused', `too many logins failed; try again in ${seconds} s`, {
    retryAfterSeconds: String(seconds),
  });
}
