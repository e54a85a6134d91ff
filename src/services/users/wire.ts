/** Users: from rows to the structs of the interface. Times go out in Unix seconds. */
import type { User, UserModular } from '#gen/user_types';
import { toSeconds } from '../../base/clock.ts';
import type { Row } from '../../store/schema.ts';

/** A user made by an administrator is validated from the start. */
const shared = (user: Row<'users'>) => ({
  id: user.user_id,
  email: user.email,
  name: user.name,
  validatedAt: toSeconds(user.created_at),
});

export const toUser = (user: Row<'users'>): User => shared(user);

export const toUserModular = (user: Row<'users'>): UserModular => shared(user);
