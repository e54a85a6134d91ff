/** The location of a job: set in any coordinate system, told in 3857. */
import type { Geometry } from '#gen/jobs_types';
import { locationOf } from '../../domain/geometry/location.ts';
import { locationDefined } from '../../engine/actions/answers.ts';
import { setLocation } from '../../engine/locating.ts';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import { permit, visible } from './access.ts';
import { toGeometry } from './wire.ts';

export function setJobLocation(store: Store, call: Call, jobId: string, geometry: Geometry): Promise<boolean> {
  const location = locationOf('geometry', geometry);
  return store.transact(async tx => {
    const job = await visible(tx, call, jobId);
    permit(call, [job], 'jobUpdateLocation');
    await locationDefined(tx, call, await setLocation(tx, call, job, location), location.kind);
    return true;
  });
}

export const getJobLocation = (store: Store, call: Call, jobId: string): Promise<Geometry> =>
  store.look(async reader => {
    const { team_id } = await visible(reader, call, jobId);
    return toGeometry(await reader.locations.location(team_id, jobId));
  });
