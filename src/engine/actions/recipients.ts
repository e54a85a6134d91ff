/** Whom the messages of one call go to: named as its steps are started, found out at its end, with at most two statements. */
import type { NotifyAction } from '#gen/flow_types';
import type { Reader } from '../../store/database.ts';
import type { JobRow } from '../../store/jobs.ts';

export class Recipients {
  readonly #users = new Set<string>();
  readonly #groups = new Set<string>();
  #byName: ReadonlyMap<string, string> = new Map();
  #byGroup: ReadonlyMap<string, readonly string[]> = new Map();

  /** @returns what tells, once they are found out, the ids of the users that a message of the job goes to, each once */
  name({ userIds, groupIds, jobOwner, jobCreator }: NotifyAction, job: JobRow): () => string[] {
    const users = userIds ?? [];
    const groups = groupIds ?? [];
    for (const name of users) this.#users.add(name).add(name.toLowerCase());
    for (const id of groups) this.#groups.add(id);
    const further = [...(jobOwner ? [job.owned_by] : []), ...(jobCreator ? [job.created_by] : [])];
    return () => {
      const named = users.map(name => this.#byName.get(name) ?? this.#byName.get(name.toLowerCase()));
      const ids = [...named, ...groups.flatMap(id => this.#byGroup.get(id) ?? []), ...further];
      return [...new Set(ids.filter(id => id != null))];
    };
  }

  async findOut(reader: Reader, teamId: string): Promise<void> {
    if (this.#users.size > 0) {
      const members = await reader.people.membersNamed(teamId, [...this.#users]);
      this.#byName = new Map(members.flatMap(({ user_id, email }) => [user_id, email].map(name => [name, user_id])));
    }
    if (this.#groups.size > 0) {
      const members = await reader.groups.membersIn(teamId, [...this.#groups]);
      const byGroup = Map.groupBy(members, ({ group_id }) => group_id);
      this.#byGroup = new Map([...byGroup].map(([id, own]) => [id, own.map(({ user_id }) => user_id).sort()]));
    }
  }
}
