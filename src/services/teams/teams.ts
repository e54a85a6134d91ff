/** Teams as things. */
import type { Team, TeamParams } from '#gen/team_types';
import {
  BadRequest,
  InsufficientPermissions,
  NotFound,
  TeamExists,
  UnknownRegion,
  WrongState,
} from '../../base/errors.ts';
import { has, requireMember, requirePrivilege, teamsOf } from '../../domain/privileges.ts';
import { checkedConfig } from '../../domain/team-config.ts';
import { audit } from '../../engine/audit.ts';
import { createTeam, createUser } from '../../engine/people.ts';
import type { Reader, Store, Transactor } from '../../store/database.ts';
import type { Call } from '../call.ts';
import * as checks from '../checks.ts';
import { checkedUser, type SentUser, withHash } from './members.ts';
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

export async function createWithUser(
  store: Store,
  call: Call,
  name: string,
  sent: SentUser,
  regionId: string,
): Promise<Team> {
  const teamName = checks.name('teamName', name);
  const user = checkedUser(sent);
  refuseOtherRegion(regionId);
  refuseUnlessAdministrator(call);
  const newUser = await withHash(user);
  return store.transact(async tx => {
    const userId = await createUser(tx, call, newUser);
    const teamId = await createTeam(tx, call, teamName, userId);
    await audit(tx, call, teamId, 'team.created', teamId, { name: teamName });
    await audit(tx, call, teamId, 'user.created', userId, { email: user.email, roles: ['ADMIN'] });
    return encoded(tx, teamId);
  });
}

export function getBySubdomain(store: Store, call: Call, subdomain: string): Promise<Team> {
  return store.read(async reader => {
    const teamId = await reader.people.teamBySubdomain(subdomain);
    if (teamId !== undefined && call.caller.rights.has(teamId)) return encoded(reader, teamId);
    throw new NotFound('team-not-found', `subdomain: no team "${subdomain}"; index of the team service lists yours`, {
      subdomain,
    });
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
  const change = {
    ...(params.subdomain == null ? {} : { subdomain: checkedSubdomain(params.subdomain) }),
    ...(params.name == null ? {} : { name: checks.name('opts.name', params.name) }),
    ...(params.config == null ? {} : { config: JSON.stringify(checkedConfig(params.config)) }),
  };
  requirePrivilege(call.caller, teamId, 'adminAdvanced');
  return store.transact(async tx => {
    if (change.subdomain) await refuseTaken(tx, teamId, change.subdomain);
    if (params.config && !params.config.requireReviewFlow) await refuseInReview(tx, teamId);
    await tx.people.updateTeam(teamId, { ...change, updated_at: call.now });
    await audit(tx, call, teamId, 'team.updated', teamId, change);
    return encoded(tx, teamId);
  });
}

/** A label of a host name; '' for none. @throws BadRequest (400) */
function checkedSubdomain(subdomain: string): string {
  if (subdomain === '' || /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(subdomain)) return subdomain;
  throw new BadRequest(
    'invalid-argument',
    `opts.subdomain: "${subdomain.slice(0, 100)}"; expected 1 to 63 lower case letters, digits and hyphens, with no hyphen at either end`,
    { 'opts.subdomain': subdomain.slice(0, 100) },
  );
}

/** @throws TeamExists (475) when another team has the short name, whoever may see it */
async function refuseTaken(tx: Transactor, teamId: string, subdomain: string): Promise<void> {
  await tx.people.lockTeams();
  const taken = await tx.people.teamBySubdomain(subdomain);
  if (taken === undefined || taken === teamId) return;
  throw new TeamExists('team-already-exists', `opts.subdomain: "${subdomain}" is taken; choose another`, {
    'opts.subdomain': subdomain,
  });
}

/** Templates that a refusal names. */
const MOST_NAMED = 10;

/** @throws WrongState (413) while templates wait for their approval */
async function refuseInReview(tx: Transactor, teamId: string): Promise<void> {
  await tx.people.lockTeam(teamId);
  const waiting = await tx.templates.inReview(teamId, MOST_NAMED + 1);
  if (waiting.length === 0) return;
  const named = waiting.slice(0, MOST_NAMED);
  throw new WrongState(
    'templates-in-review',
    `opts.config.requireReviewFlow: templates are in review: ${named.map(({ title }) => `"${title}"`).join(', ')}${waiting.length > MOST_NAMED ? ', …' : ''}; end their reviews first`,
    { templateIds: named.map(({ template_id }) => template_id).join(' ') },
  );
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
  if (teamsOf(call.caller).some(teamId => has(call.caller, teamId, 'adminAdvanced'))) return;
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
