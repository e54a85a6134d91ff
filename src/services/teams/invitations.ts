/** Inviting people into a team, and helping those who forgot their password: secrets that go to them by mail, or by hand. */
import { type ChangeToken, ChangeTokenType, type TeamRole } from '#gen/user_types';
import { toSeconds } from '../../base/clock.ts';
import { BadRequest } from '../../base/errors.ts';
import { NO_PASSWORD } from '../../base/secrets.ts';
import { privilegesOf, type RoleName, requireAll, requirePrivilege } from '../../domain/privileges.ts';
import { auditUser, newChangeToken } from '../../engine/accounts.ts';
import { audit } from '../../engine/audit.ts';
import { addMember } from '../../engine/members.ts';
import { createUser } from '../../engine/people.ts';
import type { Store, Transactor } from '../../store/database.ts';
import type { Row } from '../../store/schema.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';
import { requireShared } from '../users/accounts.ts';
import { letter, type Mail, requireMail } from '../users/mail.ts';
import { userNotFound } from '../users/reading.ts';
import { known } from './members.ts';

const { JOIN_TOKEN, FORGOT_PASSWORD_TOKEN } = ChangeTokenType;

/** Somebody with a confirmed account is a member at once, anybody else on accepting. */
export function addByEmail(
  store: Store,
  mail: Mail | undefined,
  call: Call,
  teamId: string,
  sent: string,
  roles: TeamRole[],
): Promise<void> {
  const { email, roleNames } = checked(call, teamId, sent, roles);
  return store.transact(async tx => {
    const user = await tx.people.userByEmail(email);
    if (user && user.validated_at !== null) return addMember(tx, call, teamId, user.user_id, roleNames);
    const post = requireMail(mail, 'use inviteUser and hand the token over yourself');
    const { token } = await invited(tx, call, teamId, user, email, roleNames);
    tx.onCommit(() => post.send(letter(post, email, JOIN_TOKEN, token)));
  });
}

export function invite(
  store: Store,
  call: Call,
  teamId: string,
  sent: string,
  roles: TeamRole[],
): Promise<ChangeToken> {
  const { email, roleNames } = checked(call, teamId, sent, roles);
  return store.transact(async tx => {
    const user = await tx.people.userByEmail(email);
    if (user && user.validated_at !== null) {
      throw new BadRequest(
        'email-taken',
        `email: ${email} belongs to a user; addUserByEmail makes that user a member`,
        {
          email,
        },
      );
    }
    return toChangeToken(await invited(tx, call, teamId, user, email, roleNames));
  });
}

export function resetPassword(store: Store, call: Call, teamId: string, userId: string): Promise<ChangeToken> {
  requirePrivilege(call.caller, teamId, 'adminAdvanced');
  return store.transact(async tx => {
    const [user] = await tx.people.membersNamed(teamId, [userId]);
    if (!user || user.user_id !== userId) throw userNotFound(userId);
    // Whoever can set a password has the account, and all that it may do in other teams.
    await requireShared(tx, call, userId, 'adminAdvanced');
    const made = await newChangeToken(tx, call, { user_id: userId, kind: FORGOT_PASSWORD_TOKEN });
    await auditUser(tx, call, userId, 'user.reset');
    return toChangeToken(made);
  });
}

function checked(
  call: Call,
  teamId: string,
  sent: string,
  roles: TeamRole[],
): { email: string; roleNames: RoleName[] } {
  const email = checks.emailAddress('email', sent);
  const roleNames = known(roles);
  requirePrivilege(call.caller, teamId, 'adminBasic');
  requireAll(call.caller, teamId, privilegesOf(roleNames));
  return { email, roleNames };
}

type Made = Awaited<ReturnType<typeof newChangeToken>>;

/** An invitation takes the place of the one before to the same team. */
async function invited(
  tx: Transactor,
  call: Call,
  teamId: string,
  user: Row<'users'> | undefined,
  email: string,
  roles: readonly RoleName[],
): Promise<Made> {
  const account = { email, name: email.slice(0, email.indexOf('@')), passwordHash: NO_PASSWORD, isInvited: true };
  const userId = user?.user_id ?? (await createUser(tx, call, account));
  await audit(tx, call, teamId, 'user.invited', userId, { email, roles });
  return newChangeToken(tx, call, {
    user_id: userId,
    kind: JOIN_TOKEN,
    for_team: teamId,
    roles: JSON.stringify(roles),
    inviter_id: call.caller.userId,
  });
}

const toChangeToken = ({ token, row }: Made): ChangeToken => ({
  token,
  userId: row.user_id,
  tokenType: row.kind,
  inviteType: 0,
  ...(row.for_team === null ? {} : { teamId: row.for_team }),
  ...(row.inviter_id === null ? {} : { inviterId: row.inviter_id }),
  createdAt: toSeconds(row.created_at),
  updatedAt: toSeconds(row.created_at),
});
