/** What the server carries out in its own database, each in one transaction. A run that is over changes nothing. */
import { updateOf } from '../../domain/job-updates.ts';
import type { Transactor } from '../../store/database.ts';
import type { RunRow } from '../../store/runs.ts';
import type { Act } from '../act.ts';
import { lockForWork } from '../dependencies.ts';
import { groundOf } from '../ground.ts';
import { end } from '../running.ts';
import { applyUpdate } from '../updating.ts';
import { Work } from '../work.ts';
import { completed, settingsAtWork } from './at-work.ts';
import { createForStep, filledValue } from './creating-jobs.ts';
import { START } from './starts.ts';

/** @throws DomainError when it cannot be done: then the run has failed */
type Deed = (tx: Transactor, act: Act, run: RunRow) => Promise<void>;

/** By the kind of the run. */
export const ownDeeds: Readonly<Record<string, Deed>> = {
  updateJob: async (tx, act, run) => {
    const found = await settingsAtWork(tx, act, run);
    const values = found?.settings.updateJob?.properties;
    if (!values) return tx.runs.remove(run);
    await lockForWork(tx, found.job);
    const changes = updateOf(values.map(value => filledValue(value, found.filled)));
    const job = await applyUpdate(tx, act, found.job, changes, { byServer: true });
    await completed(tx, act, job, run);
  },
  createJobs: createForStep,
  [START]: async (tx, act, run) => {
    const [job] = await tx.jobs.jobs([run.team_id], [run.job_id]);
    if (job && job.closed === 0) {
      const work = new Work(await groundOf(tx, act, job));
      const step = work.step(run.step_id);
      if (step) work.startBySelf(step);
      await end(tx, work);
    }
    // Behind the job, as everybody; that of the step's action has another number.
    await tx.runs.remove(run);
  },
};
