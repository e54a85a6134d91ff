/**
 * A first procedure and a first job, from the login to the history, with the refusals that every client meets.
 *
 *   JOBWRIGHT_PASSWORD=… node_modules/.bin/node examples/clients/typescript/first-job.ts [host] [port] [e-mail]
 */
import { SystemException } from '#gen/common_types';
import { JobTemplateLockFailed } from '#gen/job_template_types';
import { JobActionStepStatus, JobHistoryAction } from '#gen/jobs_types';
import { BaseStep } from '#gen/step_types';
import { connect } from '../../../src/client/connect.ts';

const [host = '127.0.0.1', port = '9090', email = 'admin@localhost'] = process.argv.slice(2);
const password = process.env.JOBWRIGHT_PASSWORD ?? '';
const print = (text: string) => process.stdout.write(`${text}\n`);

// A login makes a token and binds it to this connection: all services on it know the caller.
const connection = await connect({ host, port: Number(port) });
const templates = connection.service('JobTemplateService');
const jobs = connection.service('JobsService');
const { currentUser, teamIdToInfo } = await connection.service('AuthenticationService').login(email, password, {});
const [team] = Object.values(teamIdToInfo);
print(`logged in as ${currentUser.email}, team ${team!.name}`);

// Content is edited under the lock, and every edit makes a new entry. Fields left unset get their zero at the server.
const template = await templates.create(team!.id, { title: 'Change the filter of an air handler' }, []);
await templates.acquireLock(template.id);
for (const title of ['Lock out the fan', 'Change the filter', 'Run the fan and read the pressure drop']) {
  const step = Object.assign(new BaseStep(), { title, impl: { step: { stepFields: [] } } });
  const edited = await templates.addStepModular(template.id, template.stepGroup.id, step, -1, false);
  print(`entry ${edited.internalVersion}: "${title}" added`);
}

// The lock belongs to the token: even the same user does not get it with another one.
const elsewhere = await connect({ host, port: Number(port) });
await elsewhere.service('AuthenticationService').login(email, password, {});
const sameTemplates = elsewhere.service('JobTemplateService');
await sameTemplates.acquireLock(template.id).catch(error => {
  if (!(error instanceof JobTemplateLockFailed)) throw error;
  print(`lock failed: ${error.message} (held by ${error.previousLock.lockHolder.email})`);
});
await elsewhere.close();
await templates.releaseLock(template.id);

// Any other refusal is a SystemException: the slug is for programs, the message for people.
await jobs.createJobs(template.id, {}).catch(error => {
  if (!(error instanceof SystemException)) throw error;
  print(`refused: ${error.slug} (${error.errorCode}): ${error.message}`);
});
print(`published as version ${(await templates.publish(template.id)).publicVersion}`);

// Refusals of single steps come in the answer. No step ids means all current steps.
const { jobIds } = await jobs.createJobs(template.id, { jobName: 'Filter of air handler 3' });
const jobId = jobIds[0]!;
const [early] = (await jobs.finishSteps(jobId, [])).stepResponses;
print(`refused at a step: ${JobActionStepStatus[early!.status]}: ${early!.statusDescription}`);
while (!(await jobs.getJob(jobId, {})).closed) {
  const answers = [await jobs.startSteps(jobId, []), await jobs.finishSteps(jobId, [])];
  if (!answers.every(answer => answer.success)) throw new Error('a step was refused');
}

for (const { date, username, action, stepName } of await jobs.getJobHistory(jobId))
  print(`${new Date(date!).toISOString()}  ${username}  ${JobHistoryAction[action]}  ${stepName ?? ''}`.trimEnd());
await connection.service('AuthenticationService').logout();
await connection.close();
