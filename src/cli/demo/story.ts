/**
 * What happens in the demo: procedures are imported and published, jobs are made from them, two people run the jobs to the end,
 * and the typical mistakes are made on the way. It tells as it goes, over any connection it is given.
 */
import { readdir, readFile } from 'node:fs/promises';
import { AssignedType } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import { JobActionStepStatus, StepState } from '#gen/jobs_types';
import type { BaseStep } from '#gen/step_types';
import { importProcedure, type Procedure, procedureFromJson } from '../procedure.ts';
import { Account } from './account.ts';
import { assemble, type Cast, type Stage } from './cast.ts';
import { finishedSteps, runJob } from './run.ts';

/** @returns whether all of it came out as it must */
export async function tell(stage: Stage, print: (text?: string) => void): Promise<boolean> {
  const account = new Account(print);
  print('\nPeople');
  const cast = await assemble(stage, print);
  await mistakenLogin(stage, account);
  for (const procedure of await procedures()) {
    const template = await author(cast, account, procedure);
    await work(cast, account, template);
  }
  print();
  print(
    account.surprises.length === 0
      ? 'All of it came out as it must.'
      : `${account.surprises.length} things did not come out as they must.`,
  );
  await Promise.all([cast.ana.connection.close(), cast.ben.connection.close()]);
  return account.surprises.length === 0;
}

const folder = new URL('../../../examples/procedures/', import.meta.url);

async function procedures(): Promise<Procedure[]> {
  const files = (await readdir(folder)).filter(name => name.endsWith('.json')).sort();
  return Promise.all(files.map(async file => procedureFromJson(await readFile(new URL(file, folder), 'utf8'), file)));
}

async function mistakenLogin(stage: Stage, account: Account): Promise<void> {
  const connection = await stage.connect();
  const login = connection.service('AuthenticationService').login('ana@example.org', 'a-guess-that-is-wrong', {});
  await account.mistake('somebody', 'logs in as ana with a wrong password', 'bad-credentials', login);
  await account.mistake(
    'somebody',
    'reads teams without a login',
    'not-logged-in',
    connection.service('TeamService').index(),
  );
  await connection.close();
}

/** From the file to the published version, with an author's mistakes. */
async function author({ ana, ben }: Cast, account: Account, procedure: Procedure): Promise<JobTemplate> {
  const { print } = account;
  print(`\n${procedure.title}`);
  const empty = await ana.templates.create(ana.teamId, { title: procedure.title }, []);
  await account.mistake(
    'ana',
    'publishes a template without steps',
    'invalid-procedure',
    ana.templates.publish(empty.id),
  );
  const draft = await importProcedure(ana.templates, ana.teamId, procedure);
  print(`  imported ${leaves(draft.stepGroup).length} steps, entry ${draft.version}, ${draft.status}`);
  await account.mistake(
    'ana',
    'edits without the lock',
    'template-not-locked',
    ana.templates.update(draft.id, { title: 'Changed' }),
  );
  await ana.templates.acquireLock(draft.id);
  await account.mistake(
    'ben',
    'takes the lock that ana holds',
    'JobTemplateLockFailed',
    ben.templates.acquireLock(draft.id),
  );
  await ana.templates.releaseLock(draft.id);
  await account.mistake('ana', 'makes a job before publishing', 'not-published', ana.jobs.createJobs(draft.id, {}));
  const published = await ana.templates.publish(draft.id);
  print(`  published by ana as version ${published.publicVersion}`);
  await account.mistake('ana', 'publishes it twice', 'already-published', ana.templates.publish(draft.id));
  account.must(
    'the draft was published as it was imported',
    JSON.stringify(published.stepGroup) === JSON.stringify(draft.stepGroup),
  );
  return published;
}

/** From the published version to the closed job, with a worker's mistakes. */
async function work(cast: Cast, account: Account, template: JobTemplate): Promise<void> {
  const { ana, ben } = cast;
  await account.mistake(
    'ben',
    'makes a job without the role for it',
    'insufficient-permissions',
    ben.jobs.createJobs(template.id, {}),
  );
  const { jobIds } = await ana.jobs.createJobs(template.id, {
    assignedType: AssignedType.User,
    assignedTo: 'ana@example.org',
  });
  const jobId = jobIds[0]!;
  await workingMistakes(cast, account, jobId);
  const job = await runJob(cast, account, jobId);
  const finished = finishedSteps(await ben.jobs.getJobHistory(jobId), positionsIn(template.stepGroup));
  account.print(`  job ${job.jobName}, priority ${job.priority}, made from version ${job.diagramVersion}`);
  for (const { position, who, when, title } of finished)
    account.print(`    ${position.padEnd(8)} ${who}  ${time(when)}  ${title}`);
  account.print(
    `  job ${job.jobName} ended at ${time(job.endDate!)}: ${job.percentComplete} %, status ${job.jobStatus}`,
  );
  account.must(
    `job ${job.jobName} ran version ${template.publishedVersion}`,
    job.diagramVersion === template.publishedVersion,
  );
  account.must(`job ${job.jobName} is closed and complete`, job.closed && job.percentComplete === 100);
  const ids = new Set(finished.map(step => step.stepId));
  account.must(
    'every step was finished once',
    finished.length === leaves(template.stepGroup).length && ids.size === finished.length,
  );
  account.must('two people worked on it', new Set(finished.map(step => step.who)).size === 2);
  await account.stepMistake(
    'ben',
    'starts a step of the closed job',
    JobActionStepStatus.JobClosed,
    ben.jobs.startSteps(jobId, []),
  );
  await account.mistake('ana', 'closes the closed job', 'job-closed', ana.jobs.closeJobs([jobId]));
}

async function workingMistakes({ ana, ben }: Cast, account: Account, jobId: string): Promise<void> {
  const { AssignedToDifferentUser, NoStartedStep } = JobActionStepStatus;
  await account.stepMistake(
    'ben',
    'starts the step that is assigned to ana',
    AssignedToDifferentUser,
    ben.jobs.startSteps(jobId, []),
  );
  await account.stepMistake(
    'ana',
    'finishes a step that was never started',
    NoStartedStep,
    ana.jobs.finishSteps(jobId, []),
  );
  // A first step with proceedNext is over as soon as it is started: then it is the next one that runs.
  while (!(await ana.jobs.getJob(jobId, {})).currentSteps.some(step => step.state === StepState.RUNNING)) {
    await ana.jobs.startSteps(jobId, []);
  }
  await account.mistake('ana', 'closes the job while a step runs', 'job-running', ana.jobs.closeJobs([jobId]));
}

const leaves = (step: BaseStep): BaseStep[] => (step.impl.step ? [step] : step.children.flatMap(leaves));

/** Where each step stands in the procedure, by id. */
const positionsIn = (root: BaseStep): Map<string, string> =>
  new Map(leaves(root).map(leaf => [leaf.id, leaf.hierarchyPosition]));

const time = (millis: number): string => new Date(millis).toISOString().slice(11, 23);
