/** RoleService: the table of contents. The order is the interface's. */
import type { JobRole, JobRoleParams } from '#gen/job_role_types';
import { allPrivileges } from '../../domain/privileges.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import * as groups from '../groups/groups.ts';
import type { Handler } from '../surface.ts';

import { builtIn, sent, toJobRole } from './wire.ts';

export class RoleHandler implements Handler<'RoleService'> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  listPrivileges(_call: Call): Promise<string[]> {
    return Promise.resolve([...allPrivileges].sort());
  }

  async index(call: Call, teamId: string, includeArchived: boolean): Promise<JobRole[]> {
    const found = await groups.index(this.#store, call, 'ROLE', teamId, includeArchived);
    return [...builtIn(teamId), ...found.map(toJobRole)];
  }

  async get(call: Call, roleId: string): Promise<JobRole> {
    return toJobRole(await groups.get(this.#store, call, 'ROLE', roleId));
  }

  async create(call: Call, teamId: string, params: JobRoleParams): Promise<JobRole> {
    return toJobRole(await groups.create(this.#store, call, 'ROLE', teamId, sent(params)));
  }

  async update(call: Call, roleId: string, params: JobRoleParams): Promise<JobRole> {
    return toJobRole(await groups.update(this.#store, call, 'ROLE', roleId, sent(params)));
  }

  archive(call: Call, roleId: string): Promise<void> {
    return groups.archive(this.#store, call, 'ROLE', roleId);
  }

  unarchive(call: Call, roleId: string): Promise<void> {
    return groups.unarchive(this.#store, call, 'ROLE', roleId);
  }

  getHolders(call: Call, roleId: string): Promise<string[]> {
    return groups.members(this.#store, call, 'ROLE', roleId);
  }

  addHolders(call: Call, roleId: string, userIds: string[]): Promise<void> {
    return groups.add(this.#store, call, 'ROLE', roleId, userIds);
  }

  removeHolders(call: Call, roleId: string, userIds: string[]): Promise<void> {
    return groups.remove(this.#store, call, 'ROLE', roleId, userIds);
  }
}
