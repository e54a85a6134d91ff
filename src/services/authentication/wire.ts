/** Logins: what a client learns of itself. */
import type { LoginResult } from '#gen/authentication_types';
import { TeamRole } from '#gen/user_types';
import { toSeconds } from '../../base/clock.ts';
import type { Caller, Rights } from '../../domain/privileges.ts';
import type { TeamWithOwner } from '../../store/people.ts';
import type { Row } from '../../store/schema.ts';
import { REGION_ID } from '../teams/wire.ts';
import { toUser, toUserModular } from '../users/wire.ts';
import { IDLE_MS, LONGEST_MS } from './caller.ts';

/** Of the token of a program. */
export const LONGEST_PROGRAM_MS = 366 * 24 * 60 * 60 * 1000;

export function toLoginResult(
  token: string,
  caller: Caller,
  user: Row<'users'>,
  teams: readonly TeamWithOwner[],
): LoginResult {
  const byTeam = <T>(value: (rights: Rights) => T): { [teamId: string]: T } =>
    Object.fromEntries([...caller.rights].map(([teamId, rights]) => [teamId, value(rights)]));
  return {
    authToken: token,
    currentUser: toUser(user),
    currentUserModular: toUserModular(user),
    teamIdToTeamRole: byTeam(({ roles }) => roles.map(role => TeamRole[role])),
    teamIdToRegionId: byTeam(() => REGION_ID),
    regionIdToRegion: { [REGION_ID]: { id: REGION_ID, apiHost: '', sigHost: '', staticHost: '' } },
    preferredRegionId: REGION_ID,
    periods: {
      tokenSeconds: LONGEST_MS / 1000,
      idleSeconds: IDLE_MS / 1000,
      maxApiTokenSeconds: LONGEST_PROGRAM_MS / 1000,
    },
    teamIdToJobPermissions: byTeam(({ privileges }) => ({ privileges: [...privileges] })),
    teamIdToInfo: Object.fromEntries(teams.map(team => [team.team_id, toInfo(team)])),
    sessionId: caller.tokenId,
    expiresAt: toSeconds(caller.expiresAt),
  };
}

const toInfo = (team: TeamWithOwner) => ({
  id: team.team_id,
  name: team.name,
  subdomain: team.subdomain,
  isDisabled: false,
  requireReviewFlow: JSON.parse(team.config).requireReviewFlow ?? false,
});
