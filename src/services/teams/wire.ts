/** Teams: from rows to the structs of the interface. Times go out in Unix seconds. */
import type { Team, TeamModular } from '#gen/team_types';
import { toSeconds } from '../../base/clock.ts';
import type { TeamWithOwner } from '../../store/people.ts';

/** The one region of a server: where it stands. */
export const REGION_ID = 'local';

const shared = (team: TeamWithOwner) => ({
  id: team.team_id,
  name: team.name,
  subdomain: team.subdomain,
  createdAt: toSeconds(team.created_at),
  updatedAt: toSeconds(team.updated_at),
  regionId: REGION_ID,
  owner: {
    id: team.owner_id,
    email: team.owner_email,
    name: team.owner_name,
    validatedAt: toSeconds(team.owner_created_at),
  },
  config: JSON.parse(team.config),
});

export const toTeam = (team: TeamWithOwner): Team => ({
  ...shared(team),
  isTrial: false,
  isDisabled: false,
  expireAt: 0,
});

export const toTeamModular = (team: TeamWithOwner): TeamModular => shared(team);
