/**
 * A team with jobs in every state, and another with its own; and for each function of JobsService and NotificationService that is
 * served the arguments of a call that works. Each file that imports this has a server of its own.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import { AssignedType } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import { SortOrderType } from '#gen/jobs_types';
import { NotificationType } from '#gen/notifications_types';
import type { Clients } from '../../../src/services/generated.ts';
import type { notBuilt } from '../../../src/services/not-built.ts';
import { doing, jobDoing } from '../../support/actions.ts';
import type { Notifications } from '../../support/events.ts';
import { jobOf, type TestJob } from '../../support/jobs.ts';
import { property, related, single, templateWith } from '../../support/properties.ts';
import { logInAdmin, newOutsider, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { withSheets } from '../../support/sheets.ts';

export let server: TestServer;
/** May do everything in its team. */
export let admin: TestUser;
export let own: Plant;
/** The same in another team, of which the administrator is no member. */
export let theirs: Plant;

/** What a team has. */
export interface Plant {
  readonly user: TestUser;
  /** Of two steps; its jobs have the property "site.code", rows of "parts.name", and data sheets. */
  readonly template: JobTemplate;
  readonly plannedDataSheetIds: Readonly<Record<string, string>>;
  /** At its step "a", behind which "b" comes. From 1000 to 2000. */
  readonly open: TestJob;
  /** Its step "a" runs. */
  readonly running: TestJob;
  readonly closed: TestJob;
  /** By what they hang on. */
  readonly attachments: { readonly open: string; readonly linked: string; readonly closed: string };
  readonly uploads: { readonly open: string; readonly closed: string };
  readonly webhookId: string;
  readonly cursor: string;
}

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  const outsider = await newOutsider(server, admin);
  await outsider.teams.removeUserFromTeam(outsider.teamId, admin.id);
  own = await plantOf(admin);
  theirs = await plantOf(outsider);
});
afterAll(() => server.stop());

export const BYTES = Buffer.from('a few bytes');
export const SHA256 = createHash('sha256').update(BYTES).digest('hex');
/** Nobody is there. */
export const ADDRESS = 'http://127.0.0.1:9/';

export const notificationsOf = (user: TestUser): Notifications => user.connection.service('NotificationService');

async function plantOf(user: TestUser): Promise<Plant> {
  const { setId, definitionId, sheetIds } = await withSheets(user, ['North']);
  const titleWrapper = { template: '{0}', references: [{ dataSheetRef: { setId, definitionId } }] };
  const tables = [single('site', property('code')), related('parts', property('name'))];
  const template = await templateWith(user, tables, [step('a'), step('b', { titleWrapper })]);
  const [open, running, closed] = [
    await jobOf(user, template, { startDate: 1000, dueDate: 2000 }),
    await jobOf(user, template),
    await jobOf(user, template),
  ];
  const link = await user.jobs.addAttachmentLinked({ jobId: open.id, url: 'https://example.org/' });
  const attachments = {
    open: await attached(user, open.id),
    linked: link.attachmentId,
    closed: await attached(user, closed.id),
  };
  const uploads = { open: await uploaded(user, open.id), closed: await uploaded(user, closed.id) };
  await running.start(user, 'a');
  await user.jobs.closeJobs([closed.id]);
  const { cursor } = await notificationsOf(user).poll('', { teamId: user.teamId }, 0);
  const webhookId = await newWebhook(user);
  const plannedDataSheetIds = { [setId]: sheetIds[0]! };
  return { user, template, plannedDataSheetIds, open, running, closed, attachments, uploads, webhookId, cursor };
}

const attached = async (user: TestUser, jobId: string): Promise<string> =>
  (await user.jobs.addAttachment({ jobId, fileName: 'a.txt', attachment: BYTES })).attachmentId;

/** All bytes are there; it is to be finished. */
async function uploaded(user: TestUser, jobId: string): Promise<string> {
  const { uploadId } = await user.jobs.beginAttachmentUpload({ jobId, fileName: 'a.txt' }, BYTES.length);
  await user.jobs.putAttachmentChunk(uploadId, 0, BYTES);
  return uploadId;
}

/** The only one of the team. It is told nothing until something happens. */
async function newWebhook(user: TestUser): Promise<string> {
  const notifications = notificationsOf(user);
  for (const { webhookId } of await notifications.getEventWebhooks(user.teamId))
    await notifications.removeEventWebhook(user.teamId, webhookId);
  return (await notifications.setEventWebhook(user.teamId, '', ADDRESS, {})).webhookId;
}

type NotBuilt<S> = S extends keyof typeof notBuilt ? (typeof notBuilt)[S][number] : never;
export type ServiceOfJobs = 'JobsService' | 'NotificationService';
/** Something for each function that is served: what is missing does not compile. */
export type ForEach<T> = {
  readonly [S in ServiceOfJobs]: { readonly [F in Exclude<keyof Clients[S], NotBuilt<S>>]: T };
};

const partsNamed = (value: string) => ({
  tableName: 'parts',
  entries: [{ properties: [{ propertyName: 'name', value }] }],
});

const newJob = async (): Promise<TestJob> => jobOf(admin, own.template);
const newId = async (): Promise<string> => (await newJob()).id;
async function closed(): Promise<string> {
  const id = await newId();
  await admin.jobs.closeJobs([id]);
  return id;
}
async function withFile(): Promise<{ jobId: string; attachmentId: string }> {
  const jobId = await newId();
  return { jobId, attachmentId: await attached(admin, jobId) };
}
async function shownAt() {
  const made = await newJob();
  return { jobId: made.id, attachmentAlias: 'Plan', folder: 'Plans', stepId: made.step('a') };
}
const FILE = { fileName: 'a.txt', mimeType: 'text/plain' };
async function held(): Promise<{ jobId: string; stepIds: string[] }> {
  const made = await newJob();
  const steps = { jobId: made.id, stepIds: [made.step('a')] };
  await admin.jobs.addHolds(steps);
  await admin.jobs.addDependency({ ...steps, dependentJobId: own.open.id, dependentStepId: own.open.step('b') });
  return steps;
}
const scheduledRelease = () => server.clock.now() + 3_600_000;
const location = () => ({ x: 8.5, y: 47.4, spatialReference: { wkid: 4326 } });

let requests = 0;
const QUESTION = { question: 'Dry?', responses: [{ value: 'y', name: 'Yes' }], canComment: true } as never;
function overrides() {
  return {
    numberOfJobs: 2,
    jobName: 'Pump',
    startDate: 1000,
    dueDate: 2000,
    priority: 'High',
    description: 'Overhaul',
    ownedBy: admin.id,
    assignedType: AssignedType.User,
    assignedTo: admin.id,
    notes: 'None',
    parentJob: own.open.id,
    location: location(),
    extendedProperties: [{ identifier: 'site.code', value: 'N' }],
    relatedProperties: [partsNamed('nut')],
    percentComplete: 5,
    jobStatus: 'Open',
    requestId: `request ${++requests}`,
    plannedDataSheetIds: own.plannedDataSheetIds,
  };
}

async function updates(jobId: string) {
  await admin.jobs.updateJob(jobId, { relatedProperties: { adds: [partsNamed('bolt'), partsNamed('nut')] } }, '');
  const { revision, relatedProperties } = await admin.jobs.getJob(jobId, { extProps: true });
  const [bolt, nut] = relatedProperties![0]!.entries;
  return {
    jobName: 'Pump',
    startDate: 1000,
    dueDate: 2000,
    priority: 'High',
    description: 'Overhaul',
    ownedBy: admin.id,
    notes: 'None',
    parentJob: own.open.id,
    extendedProperties: [{ identifier: 'site.code', value: 'N' }],
    jobStatus: 'Open',
    relatedProperties: {
      adds: [partsNamed('pin')],
      updates: [
        { tableName: 'parts', entries: [{ id: bolt!.id, properties: [{ propertyName: 'name', value: 'screw' }] }] },
      ],
      deletes: [{ tableName: 'parts', ids: [nut!.id] }],
    },
    percentComplete: 5,
    versions: [{ dataSourceName: 'map', versionName: 'v', versionId: '1' }],
    expectedRevision: revision,
  };
}

const filter = () => ({
  jobIds: [own.open.id],
  templateIds: [own.template.id],
  msgTypes: [NotificationType.JobUpdated],
  teamId: admin.teamId,
  maxEvents: 10,
});

type Good = {
  readonly [S in ServiceOfJobs]: {
    readonly [F in keyof ForEach<unknown>[S]]: () => Promise<
      Clients[S][F] extends (...args: infer A) => Promise<unknown> ? A : never
    >;
  };
};

/** Arguments of calls that work, with as much set as may be; each time of things of their own where the call changes them. */
export const good: Good = {
  JobsService: {
    addAttachment: async () => [{ ...(await shownAt()), ...FILE, attachment: BYTES }],
    addAttachmentLinked: async () => [{ ...(await shownAt()), url: 'https://example.org/' }],
    addDependency: async () => {
      const made = await newJob();
      const on = { dependentJobId: own.open.id, dependentStepId: own.open.step('b') };
      return [{ jobId: made.id, stepIds: [made.step('a')], ...on }];
    },
    addHolds: async () => {
      const made = await newJob();
      return [{ jobId: made.id, stepIds: [made.step('a')], scheduledRelease: scheduledRelease() }];
    },
    addJobComment: async () => [await newId(), 'Done by noon'],
    assignCurrentStep: async () => [await newId(), admin.id, AssignedType.User],
    assignStep: async () => {
      const made = await newJob();
      return [made.id, made.step('a'), admin.id, AssignedType.User];
    },
    calculateJobStatistics: async () => [
      {
        q: "jobName <> ''",
        search: 'job',
        groupBy: 'priority',
        spatialExtent: '0,0,1,1',
        hasLocation: true,
        teamId: admin.teamId,
      },
    ],
    closeJobs: async () => [[await newId()]],
    createJobs: async () => [own.template.id, overrides()],
    deleteAttachment: async () => {
      const { jobId, attachmentId } = await withFile();
      return [jobId, attachmentId];
    },
    deleteJobs: async () => [[await newId()]],
    finishSteps: async () => {
      const made = await newJob();
      await made.start(admin, 'a');
      return [made.id, made.steps('a')];
    },
    getAttachmentBody: async () => [own.open.id, own.attachments.open],
    getAttachmentUrl: async () => [own.open.id, own.attachments.open, true],
    getAttachments: async () => [own.open.id],
    getJob: async () => [own.open.id, { holds: true, extProps: true }],
    getJobComments: async () => [own.open.id],
    getJobDiagram: async () => [own.open.id],
    getJobHistory: async () => [own.open.id],
    getJobLocation: async () => [own.open.id],
    queryJobs: async () => [
      {
        q: "jobName <> ''",
        search: 'job',
        fields: ['jobName', 'parts.name'],
        displayNames: ['Name', 'Part'],
        sortFields: [{ field: 'dueDate', sortOrder: SortOrderType.Asc }],
        spatialExtent: '0,0,1,1',
        hasLocation: true,
        start: 0,
        num: 10,
        returnAllRelatedProperties: true,
        total: true,
        teamId: admin.teamId,
      },
    ],
    refreshSteps: async () => [own.open.id, own.open.steps('a')],
    releaseDependency: async () => {
      const on = { dependentJobId: own.open.id, dependentStepId: own.open.step('b') };
      return [{ ...(await held()), ...on }];
    },
    releaseHolds: async () => [{ ...(await held()), scheduledRelease: scheduledRelease() }],
    reopenJobs: async () => [[await closed()]],
    setCurrentStep: async () => {
      const made = await newJob();
      return [made.id, made.step('b')];
    },
    setJobLocation: async () => [await newId(), location()],
    startSteps: async () => {
      const made = await newJob();
      return [made.id, made.steps('a')];
    },
    stopSteps: async () => {
      const made = await newJob();
      await made.start(admin, 'a');
      return [made.id, made.steps('a')];
    },
    updateAttachment: async () => [{ ...(await withFile()), attachmentAlias: 'Plan', folder: 'Plans' }],
    updateJob: async () => {
      const jobId = await newId();
      return [jobId, await updates(jobId), ''];
    },
    upgradeJobs: async () => [[await newId()]],
    closeJobsEach: async () => [[await newId()]],
    deleteJobsEach: async () => [[await newId()]],
    reopenJobsEach: async () => [[await closed()]],
    upgradeJobsEach: async () => [[await newId()]],
    previewUpgrade: async () => [[own.open.id]],
    respondToStep: async () => {
      const asked = await jobDoing(admin, [doing(`asks ${++requests}`, { question: QUESTION })]);
      const [stepId] = asked.steps(`asks ${requests}`);
      await admin.jobs.startSteps(asked.id, [stepId!]);
      return [asked.id, { stepId: stepId!, questionResponse: 'y', comment: 'Sure' }];
    },
    getAttachmentChunk: async () => [own.open.id, own.attachments.open, 1, 5],
    beginAttachmentUpload: async () => [{ ...(await shownAt()), ...FILE }, BYTES.length],
    putAttachmentChunk: async () => {
      const begun = await admin.jobs.beginAttachmentUpload({ jobId: await newId(), fileName: 'a' }, BYTES.length);
      return [begun.uploadId, 0, BYTES];
    },
    finishAttachmentUpload: async () => [await uploaded(admin, await newId()), SHA256],
    getJobHistoryPage: async () => [own.open.id, { size: 1, skip: 1, count: true, preview: 1 }],
  },
  NotificationService: {
    poll: async () => [own.cursor, filter(), 0],
    setEventWebhook: async () => [admin.teamId, await newWebhook(admin), ADDRESS, filter()],
    getEventWebhooks: async () => [admin.teamId],
    rotateEventWebhookSecret: async () => [admin.teamId, await newWebhook(admin)],
    removeEventWebhook: async () => [admin.teamId, await newWebhook(admin)],
  },
};
