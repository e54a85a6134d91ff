/** TeamService: the table of contents. Each function says where it is built; the order is the interface's. */
import type { Team, TeamParams } from '#gen/team_types';
import type { TeamRole } from '#gen/user_types';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';
import { createUser } from './members.ts';
import * as teams from './teams.ts';

export class TeamHandler implements Handler<'TeamService'> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  create(call: Call, name: string, regionId: string): Promise<Team> {
    return teams.create(this.#store, call, name, regionId);
  }

  get(call: Call, teamId: string): Promise<Team> {
    return teams.get(this.#store, call, teamId);
  }

  index(call: Call): Promise<Team[]> {
    return teams.index(this.#store, call);
  }

  createUser(
    call: Call,
    teamId: string,
    userEmail: string,
    password: string,
    userName: string,
    roles: TeamRole[],
  ): Promise<void> {
    return createUser(this.#store, call, teamId, { email: userEmail, password, name: userName }, roles);
  }

  update(call: Call, teamId: string, opts: TeamParams): Promise<Team> {
    return teams.update(this.#store, call, teamId, opts);
  }
}
