/**
 * Where administrators' commands work: on the database itself, whether a server runs on it or not. They act as the owner of the
 * machine, who may do everything; the audit trail calls that actor "command-line". A running server notices within a second.
 */
import { existsSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { uuids } from '../../base/ids.ts';
import { createLogger } from '../../base/logger.ts';
import { environment } from '../../config/env.ts';
import { version } from '../../config/version.ts';
import { allPrivileges, type Rights } from '../../domain/privileges.ts';
import type { Act } from '../../engine/act.ts';
import { openStore, type Reader, type Store } from '../../store/database.ts';
import type { Row } from '../../store/schema.ts';

const everything: Rights = { roles: ['ADMIN'], ownRoles: [], groups: ['ADMIN'], privileges: allPrivileges };

/** An act of the command line, on these teams. */
export const actOn = (...teamIds: readonly string[]): Act => ({
  now: systemClock.now(),
  ids: uuids,
  caller: {
    userId: 'command-line',
    email: '',
    name: 'command line',
    createdAt: 0,
    tokenId: '',
    isProgram: false,
    expiresAt: 0,
    rights: new Map(teamIds.map(teamId => [teamId, everything])),
  },
});

/** @throws Error where there is no database yet: none is made by mistake */
export async function atDesk<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const { server, logLevel } = environment(version);
  const settings = server.store;
  if (settings.engine === 'sqlite' && !existsSync(settings.file)) {
    throw new Error(
      `there is no database at ${settings.file}; JOBWRIGHT_DATA names its folder, or JOBWRIGHT_DATABASE_URL one in PostgreSQL`,
    );
  }
  const store = await openStore(settings, createLogger(logLevel));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** @throws Error when there is none */
export async function userNamed(reader: Reader, emailOrId: string): Promise<Row<'users'>> {
  const found =
    (await reader.people.userByEmail(emailOrId.toLowerCase())) ?? (await reader.people.users([emailOrId]))[0];
  if (found) return found;
  throw new Error(`there is no user "${emailOrId}"; "jobwright admin user list" tells who there is`);
}

/** By id, short name or name. @throws Error when there is none, or several have the name */
export async function teamNamed(reader: Reader, name: string): Promise<Row<'teams'>> {
  const teams = await reader.people.allTeams();
  const exact = teams.find(team => team.team_id === name || (team.subdomain !== '' && team.subdomain === name));
  const [byName, another] = teams.filter(team => team.name === name);
  if (exact) return exact;
  if (byName && !another) return byName;
  throw new Error(
    another
      ? `several teams are called "${name}"; give the id of one, which "jobwright admin team list" tells`
      : `there is no team "${name}"; "jobwright admin team list" tells which there are`,
  );
}
