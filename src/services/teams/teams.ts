/** Teams as things. */
import type { Team, TeamParams } from '#gen/team_types';
import { InsufficientPermissions, UnknownRegion } from '../../base/errors.ts';
import { builtInRoles, requireMember, requirePrivilege, teamsOf } from '../../domain/privileges.ts';
import { audit } from '../../engine/audit.ts';
import { createTeam } from '../../engine/people.ts';
import type { Reader, Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';
import { REGION_ID, toTeam } from './wire.ts';

/** Administrators of one team may make another; nobody else may fill a server with teams. */
export function create(store: Store, call: Call, name: string, regionId: string): Promise<Team> {
  const teamName = checks.name('name', name);
  refuseOtherRegion(regionId);
  refuseUnlessAdministrator(call);
  return store.transact(async tx => {
    const teamId = await createTeam(tx, call, teamName, call.caller.userId);
    await audit(tx, call, teamId, 'team.created', teamId, { name: teamName });
    return encoded(tx, teamId);
  });
}

export function get(store: Store, call: Call, teamId: string): Promise<Team> {
  requireMember(call.caller, teamId);
  return store.read(reader => encoded(reader, teamId));
}

export async function index(store: Store, call: Call): Promise<Team[]> {
  const ids = teamsOf(call.caller);
  if (ids.length === 0) return [];
  const teams = await store.read(reader => reader.people.teams(ids));
  return teams.map(toTeam).sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
}

export function update(store: Store, call: Call, teamId: string, params: TeamParams): Promise<Team> {
  checks.notServedYet({ 'opts.subdomain': params.subdomain });
  const change = {
    ...(params.name == null ? {} : { name: checks.name('opts.name', params.name) }),
    ...(params.config == null ? {} : { config: JSON.stringify(params.config) }),
  };
  requirePrivilege(call.caller, teamId, 'adminAdvanced');
  return store.transact(async tx => {
    await tx.people.updateTeam(teamId, { ...change, updated_at: call.now });
    await audit(tx, call, teamId, 'team.updated', teamId, change);
    return encoded(tx, teamId);
  });
}

function refuseOtherRegion(regionId: string): void {
  if (regionId === '' || regionId === REGION_ID) return;
  throw new UnknownRegion(
    'region-not-found',
    `regionId: no region "${regionId}"; this server has one, "${REGION_ID}"`,
    {
      regionId,
    },
  );
}

function refuseUnlessAdministrator(call: Call): void {
  const roles = [...call.caller.rolesByTeam.values()].flat();
  if (roles.some(role => builtInRoles[role].includes('adminAdvanced'))) return;
  throw new InsufficientPermissions(
    'insufficient-permissions',
    'making a team needs the privilege adminAdvanced in a team of yours, which ADMIN has',
    {
      privilege: 'adminAdvanced',
    },
  );
}

async function encoded(reader: Reader, teamId: string): Promise<Team> {
  const [team] = await reader.people.teams([teamId]);
  return toTeam(team!);
}
