/** Groups: from rows to the structs of the interface. Times go out in Unix seconds. */
import type { Group } from '#gen/group_types';
import { toSeconds } from '../../base/clock.ts';
import type { GroupRow } from '../../store/groups.ts';

export const toGroup = (group: GroupRow): Group => ({
  id: group.group_id,
  teamId: group.team_id,
  name: group.name,
  descrip: group.descrip,
  archivedAt: toSeconds(group.archived_at ?? 0),
});
