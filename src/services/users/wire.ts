/** Users: from rows to the structs of the interface. Times go out in Unix seconds. */
import { type TeamMembership, TeamRole, type User, type UserModular } from '#gen/user_types';
import { toSeconds } from '../../base/clock.ts';
import type { Row } from '../../store/schema.ts';

const shared = (user: Row<'users'>) => ({
  id: user.user_id,
  email: user.email,
  name: user.name,
  validatedAt: toSeconds(user.validated_at ?? 0),
});

export const toUser = (user: Row<'users'>): User => shared(user);

export const toUserModular = (user: Row<'users'>): UserModular => shared(user);

export const toMembership = (membership: Row<'memberships'>): TeamMembership => ({
  addedAt: toSeconds(membership.added_at),
  updatedAt: toSeconds(membership.updated_at),
  removedAt: toSeconds(membership.removed_at ?? 0),
  roles: (JSON.parse(membership.roles) as (keyof typeof TeamRole)[]).map(role => TeamRole[role]),
});
