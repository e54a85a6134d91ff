/** GroupService: the table of contents. The order is the interface's. */
import type { Group, GroupParams } from '#gen/group_types';

import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';

import type { Handler } from '../surface.ts';
import * as groups from './groups.ts';
import { toGroup } from './wire.ts';

export class GroupHandler implements Handler<'GroupService'> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async index(call: Call, teamId: string, includeArchived: boolean): Promise<Group[]> {
    const found = await groups.index(this.#store, call, 'GROUP', teamId, includeArchived);
    return found.map(toGroup);
  }

  async get(call: Call, groupId: string): Promise<Group> {
    return toGroup(await groups.get(this.#store, call, 'GROUP', groupId));
  }

  async create(call: Call, teamId: string, params: GroupParams): Promise<Group> {
    return toGroup(await groups.create(this.#store, call, 'GROUP', teamId, params));
  }

  async update(call: Call, groupId: string, params: GroupParams): Promise<Group> {
    return toGroup(await groups.update(this.#store, call, 'GROUP', groupId, params));
  }

  archive(call: Call, groupId: string): Promise<void> {
    return groups.archive(this.#store, call, 'GROUP', groupId);
  }

  unarchive(call: Call, groupId: string): Promise<void> {
    return groups.unarchive(this.#store, call, 'GROUP', groupId);
  }

  getMembers(call: Call, groupId: string): Promise<string[]> {
    return groups.members(this.#store, call, 'GROUP', groupId);
  }

  addMembers(call: Call, groupId: string, userIds: string[]): Promise<void> {
    return groups.add(this.#store, call, 'GROUP', groupId, userIds);
  }

  removeMembers(call: Call, groupId: string, userIds: string[]): Promise<void> {
    return groups.remove(this.#store, call, 'GROUP', groupId, userIds);
  }
}
