/** Every slug of docs/errors.md, provoked over the wire: the code it comes with, a message worth reading, and the request's id. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import SQLite from 'better-sqlite3';
import type { Kysely } from 'kysely';
import pg from 'pg';
import { SystemException } from '#gen/common_types';
import { AssignedType } from '#gen/flow_types';
import { JobTemplateLockFailed } from '#gen/job_template_types';
import type { Metadata } from '#gen/metadata_types';
import { MetadataType, Owner } from '#gen/metadata_types';
import { AssigneeType } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import type { ClientConnection } from '../../src/client/connect.ts';
import type { Limits } from '../../src/server/limits.ts';
import { outcomeUnknown } from '../../src/store/broken.ts';
import type { Database } from '../../src/store/schema.ts';
import { uploadPicture } from '../support/http.ts';
import { refusalOf } from '../support/refusals.ts';
import {
  group,
  logIn,
  logInAdmin,
  newTemplate,
  newUser,
  publishedTemplate,
  step,
  type TestUser,
} from '../support/seed.ts';
import { TestServer } from '../support/server.ts';
import { withSheets } from '../support/sheets.ts';
import { OwnListener } from './own-listener.ts';
import { startProxied } from './postgres/proxied.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;
let ben: TestUser;
/** A published template, and one that never was. */
let published: string;
let draft: string;
let draftRoot: string;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR, TeamRole.JOBCREATOR);
  ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  published = (await publishedTemplate(ana, 'Change the filter', [step('Close the valve')])).id;
  const unpublished = await newTemplate(ana, 'Change the belt', [step('Stop the motor')]);
  [draft, draftRoot] = [unpublished.id, unpublished.stepGroup.id];
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => server.stop());

interface Provoked {
  readonly code: number;
  readonly message: RegExp;
  /** Fails with the slug. */
  readonly call: () => Promise<unknown>;
}

const edit = async (act: (templateId: string, rootId: string) => Promise<unknown>): Promise<never> => {
  await ana.templates.acquireLock(draft);
  return act(draft, draftRoot).finally(() => ana.templates.releaseLock(draft)) as Promise<never>;
};

const tags = () => admin.connection.service('TagService');

const notifications = () => admin.connection.service('NotificationService');
const roles = () => admin.connection.service('RoleService');
const groups = () => admin.connection.service('GroupService');

/** A group of its own, with ben in it. */
let groupCount = 0;
const newGroup = async (): Promise<string> => {
  const { id } = await groups().create(admin.teamId, { name: `Crew ${++groupCount}` });
  await groups().addMembers(id, [ben.id]);
  return id;
};

const sheets = () => admin.connection.service('DataSheetService');

let setCount = 0;
const newSet = async (): Promise<string> =>
  (await sheets().createSet(admin.teamId, { name: `Set ${++setCount}` } as never, [])).id;

const metadata = () => admin.connection.service('MetadataService');

/** A list with the option "Red". */
const newList = (key: string) =>
  metadata().add(admin.teamId, {
    key,
    type: MetadataType.LIST,
    owner: Owner.JOB,
    constraints: { listOptions: { options: ['Red'] } },
  } as Metadata);

const newText = (key: string, more: Partial<Metadata> = {}) =>
  metadata().add(admin.teamId, {
    key,
    type: MetadataType.TEXT,
    owner: Owner.JOB_TEMPLATE,
    constraints: {},
    ...more,
  } as Metadata);

/** A template that waits for approval. */
const inReview = async (): Promise<string> => {
  const { id } = await newTemplate(ana, 'Waiting', [step('One')]);
  await ana.templates.beginReview(id);
  return id;
};

const withId = (id: string) => step('Of my own id', { id, clientGeneratedIds: true });

const provoked: Readonly<Record<string, Provoked>> = {
  'account-not-validated': {
    code: 474,
    message: /not confirmed yet; accept the invitation first/,
    call: async () => {
      const gil = await newUser(server, admin, 'gil');
      await server.store.transact(tx => tx.users.change(gil.id, { validated_at: null }));
      return gil.auth.login(gil.email, gil.password, {});
    },
  },
  'already-in-review': {
    code: 414,
    message: /in review already, as version 1/,
    call: async () => {
      const id = await inReview();
      return ana.templates.beginReview(id);
    },
  },
  'already-latest': {
    code: 414,
    message: /internalVersion: 2 is the latest entry already/,
    call: async () => {
      const { id } = await newTemplate(ana, 'Once', [step('One')]);
      await ana.templates.acquireLock(id);
      return ana.templates.revert(id, 2);
    },
  },
  'category-archived': {
    code: 601,
    message: /"Hydraulic" .* is archived; unarchiveCategory first/,
    call: async () => {
      const headers = admin.connection.service('GroupHeaderContentService');
      const category = await headers.createCategory(admin.teamId, { name: 'Hydraulic' });
      await headers.archiveCategory(admin.teamId, category.id);
      return edit(id => ana.templates.updateRootHeaders(id, { category }));
    },
  },
  'cyclic-move': {
    code: 400,
    message: /is the moved group itself, or lies below it/,
    call: async () => {
      const { id, stepGroup } = await newTemplate(ana, 'Groups', [group('One', [])]);
      const one = stepGroup.children[0]!.id;
      await ana.templates.acquireLock(id);
      return ana.templates.moveStepGroupModular(id, stepGroup.id, one, 0, one, 0);
    },
  },
  'document-in-use': {
    code: 413,
    message: /"goggles\.png" is shown by an entry of a template, or by an icon/,
    call: async () => {
      const documentId = await uploadPicture(server, admin);
      await edit(id => ana.templates.addDocument(id, 0, documentId));
      return admin.connection.service('DocumentService').deleteDocument(documentId);
    },
  },
  'metadata-archived': {
    code: 601,
    message: /"Old" .* is archived; values are not written anew/,
    call: async () => {
      const { id: metadataId } = await newText('Old');
      await metadata().archive(admin.teamId, metadataId);
      return edit(id => ana.templates.updateMetadata(id, { [metadataId]: { text: 'x' } }, []));
    },
  },
  'missing-metadata': {
    code: 472,
    message: /required metadata is missing: "Area" .* of the template/,
    call: async () => {
      const { id } = await newText('Area', { isRequired: true });
      const late = await newTemplate(ana, 'No area', [step('One')]);
      return ana.templates.publish(late.id).finally(() => metadata().archive(admin.teamId, id));
    },
  },
  'not-in-review': {
    code: 413,
    message: /the latest entry is Unpublished; beginReview begins a review/,
    call: () => ana.templates.endReview(draft),
  },
  'revision-conflict': {
    code: 420,
    message: /expectedRevision: 7, but the job has the revision 1; read it and change it again/,
    call: async () => admin.jobs.updateJob(await newJob(), { expectedRevision: 7 }, ''),
  },
  'revert-disallowed': {
    code: 440,
    message: /in review; endReview first/,
    call: async () => ana.templates.revert(await inReview(), 1),
  },
  'role-archived': {
    code: 601,
    message: /steps are assigned to archived roles or groups: "By the crew" /,
    call: async () => {
      const crew = await newGroup();
      const assignee = { id: crew, type: AssigneeType.Role };
      const assigned = step('By the crew', { impl: { step: { stepFields: [], stepType: 0, assignee } } });
      const { id } = await newTemplate(ana, 'Crewed', [assigned]);
      await groups().archive(crew);
      return ana.templates.cloneTemplate(id);
    },
  },
  'template-archived': {
    code: 601,
    message: /"Over" is archived; unarchive it first/,
    call: async () => {
      const { id } = await publishedTemplate(ana, 'Over', [step('One')]);
      await ana.templates.archive(id);
      return ana.jobs.createJobs(id, {});
    },
  },
  'template-in-review': {
    code: 413,
    message: /is in review as version 1; endReview first/,
    call: async () => ana.templates.acquireLock(await inReview()),
  },
  'template-published': {
    code: 413,
    message: /is published, as version 1; edit it before its review/,
    call: () => ana.templates.beginReview(published),
  },
  'webhook-not-found': {
    code: 404,
    message: /no event webhook lost; getEventWebhooks lists them/,
    call: () => notifications().removeEventWebhook(admin.teamId, 'lost'),
  },
  'cursor-expired': {
    code: 420,
    message: /older than events are kept, seven days; read the jobs anew/,
    call: async () => {
      // Its other tokens end with the time, and nobody else's.
      const ivy = await newUser(server, admin, 'ivy');
      const { cursor } = await ivy.connection.service('NotificationService').poll('', {}, 0);
      jest.spyOn(server.clock, 'now').mockReturnValue(Date.now() + 8 * 24 * 60 * 60 * 1000);
      const late = await logIn(server, ivy.email, ivy.password);
      return late.connection.service('NotificationService').poll(cursor, {}, 0);
    },
  },
  'webhook-not-set': {
    code: 413,
    message: /no webhook; setTemplateApprovalWebhook sets one/,
    call: () => admin.teams.rotateTemplateApprovalSecret(admin.teamId),
  },
  'already-archived': {
    code: 414,
    message: /the group "Crew \d+" is archived already/,
    call: async () => {
      const id = await newGroup();
      await groups().archive(id);
      return groups().archive(id);
    },
  },
  'already-disabled': {
    code: 414,
    message: /the account of hal is disabled already/,
    call: async () => {
      const hal = await newUser(server, admin, 'hal');
      await admin.users.disableUser(hal.id);
      return admin.users.disableUser(hal.id);
    },
  },
  'already-published': {
    code: 414,
    message: /is published already, as version 1/,
    call: () => ana.templates.publish(published),
  },
  'already-validated': {
    code: 414,
    message: /complete already; update and updatePassword change it/,
    call: () => ben.users.validate({ id: ben.id, email: ben.email, name: 'ben' } as never, 'another-long-password'),
  },
  'api-token-not-found': {
    code: 404,
    message: /no API token nothing/,
    call: () => admin.auth.revokeApiToken('nothing'),
  },
  'attachment-linked': {
    code: 413,
    message: /is a link/,
    call: async () => {
      const jobId = await newJob();
      const { attachmentId } = await admin.jobs.addAttachmentLinked({ jobId, url: 'https://example.org/plan.pdf' });
      return admin.jobs.getAttachmentBody(jobId, attachmentId);
    },
  },
  'attachment-not-found': {
    code: 404,
    message: /no attachment lost/,
    call: async () => admin.jobs.getAttachmentBody(await newJob(), 'lost'),
  },
  'attribute-not-found': {
    code: 404,
    message: /no attribute hazard/,
    call: () => ana.templates.create(ana.teamId, { title: 'T' }, [{ id: 'hazard', label: '', values: [] }]),
  },
  'bad-credentials': {
    code: 401,
    message: /email and password do not fit/,
    call: async () => (await server.connect()).service('AuthenticationService').login(ana.email, 'not-my-password', {}),
  },
  busy: {
    code: 503,
    message: /repeat it in a few seconds/,
    call: () => whileBusy(() => ana.templates.create(ana.teamId, { title: 'T' }, [])),
  },
  'category-not-found': {
    code: 404,
    message: /no category electrical/,
    call: () => edit(id => ana.templates.updateRootHeaders(id, { category: { id: 'electrical' } } as never)),
  },
  'checksum-mismatch': {
    code: 400,
    message: /0 of 3 bytes are here; put the rest first/,
    call: async () => {
      const jobId = await newJob();
      const { uploadId } = await admin.jobs.beginAttachmentUpload({ jobId, fileName: 'plan.pdf' }, 3);
      return admin.jobs.finishAttachmentUpload(uploadId, '0'.repeat(64));
    },
  },
  'data-sheet-archived': {
    code: 601,
    message: /the sheet "Pump 7" .* is archived; choose another/,
    call: async () => {
      const { templateId, setId, sheetIds } = await withSheets(admin, ['Pump 7']);
      await sheets().sheetOps(setId, [{ archiveId: sheetIds[0]! }]);
      return admin.jobs.createJobs(templateId, { plannedDataSheetIds: { [setId]: sheetIds[0]! } });
    },
  },
  'data-sheet-definition-archived': {
    code: 601,
    message: /"Flow" .* is archived; choose another, or unarchive it/,
    call: async () => {
      const setId = await newSet();
      await sheets().definitionOps(setId, [{ add: { name: 'Flow', type: 1, position: -1 } as never }]);
      const { definitions } = await sheets().getSet(setId, { includeDefinitions: true } as never);
      const definitionId = definitions![0]!.id;
      await sheets().definitionOps(setId, [{ archiveId: definitionId } as never]);
      const titleWrapper = { template: '{0}', references: [{ dataSheetRef: { setId, definitionId } }] };
      return edit((id, rootId) => ana.templates.addStepModular(id, rootId, step('S', { titleWrapper }), -1, false));
    },
  },
  'data-sheet-definition-not-found': {
    code: 404,
    message: /the set has no definition lost/,
    call: async () => sheets().definitionOps(await newSet(), [{ getId: 'lost' }]),
  },
  'data-sheet-not-found': {
    code: 404,
    message: /the set has no sheet lost/,
    call: async () => sheets().sheetOps(await newSet(), [{ getId: 'lost' }]),
  },
  'data-sheet-set-archived': {
    code: 601,
    message: /is archived; unarchiveSet makes it usable again/,
    call: async () => {
      const id = await newSet();
      await sheets().archiveSet(id);
      return sheets().sheetOps(id, []);
    },
  },
  'data-sheet-set-not-found': {
    code: 404,
    message: /no data sheet set lost/,
    call: () => sheets().archiveSet('lost'),
  },
  'dates-out-of-order': {
    code: 400,
    message: /dueDate: 1 lies before startDate 2/,
    call: () => ana.jobs.createJobs(published, { startDate: 2, dueDate: 1 }),
  },
  'dependency-cycle': {
    code: 400,
    message: /the jobs would wait for each other for ever: (\S+) for (\S+), \2 for \1; choose another job/,
    call: async () => {
      const { jobIds } = await ana.jobs.createJobs(published, { numberOfJobs: 2 });
      const [jobId, dependentJobId] = jobIds as [string, string];
      await ana.jobs.addDependency({ jobId, stepIds: [], dependentJobId });
      return ana.jobs.addDependency({ jobId: dependentJobId, stepIds: [], dependentJobId: jobId });
    },
  },
  'document-not-found': {
    code: 404,
    message: /no document photo-7/,
    call: () =>
      edit((id, rootId) =>
        ana.templates.addStepModular(
          id,
          rootId,
          step('Look', { descrip: [{ doc: { id: 'photo-7' } }] } as never),
          -1,
          false,
        ),
      ),
  },
  'duplicate-id': {
    code: 400,
    message: /step-7 .* is taken/,
    call: () =>
      edit(async (id, rootId) => {
        await ana.templates.addStepModular(id, rootId, withId('step-7'), -1, false);
        return ana.templates.addStepModular(id, rootId, withId('step-7'), -1, false);
      }),
  },
  'duplicate-name': {
    code: 400,
    message: /has the tag "Lathe" .* already/,
    call: async () => {
      await tags().create('Lathe', admin.teamId);
      return tags().create('lathe', admin.teamId);
    },
  },
  'email-taken': {
    code: 400,
    message: /ben@example\.org belongs to a user already/,
    call: () => admin.teams.createUser(admin.teamId, ben.email, 'another-long-password', 'ben', []),
  },
  'group-archived': {
    code: 601,
    message: /is archived; choose another/,
    call: async () => {
      const id = await newGroup();
      await groups().archive(id);
      return admin.jobs.createJobs(published, { assignedType: 1, assignedTo: id });
    },
  },
  'group-in-use': {
    code: 413,
    message: /has 1 open step assigned: "Close the valve" of job .*; assign them to others before archiving it/,
    call: async () => {
      const id = await newGroup();
      await admin.jobs.createJobs(published, { assignedType: 1, assignedTo: id });
      return groups().archive(id);
    },
  },
  'group-not-found': {
    code: 404,
    message: /no group "FITTERS"; groups are the roles ADMIN/,
    call: () => admin.jobs.createJobs(published, { assignedType: 1, assignedTo: 'FITTERS' }),
  },
  'icon-not-found': {
    code: 404,
    message: /no icon goggles/,
    call: () => edit(id => ana.templates.updateRootHeaders(id, { equipment: [{ id: 'goggles' }] } as never)),
  },
  'insufficient-permissions': {
    code: 476,
    message: /needs the privilege templatePublish, which ADMIN and AUTHOR have; your roles in this team: EXECUTOR/,
    call: () => ben.templates.publish(draft),
  },
  'internal-error': {
    code: 500,
    message: /^internal error [0-9a-f-]{36}$/,
    call: async () => {
      const ping = async () => {
        throw new Error('out of order');
      };
      const listener = await OwnListener.start(server, { AuthenticationService: { ping } });
      const connection = await listener.connect();
      return connection
        .service('AuthenticationService')
        .ping()
        .finally(() => listener.stop());
    },
  },
  'invalid-argument': {
    code: 400,
    message: /^params\.title: empty; expected 1 to 500 characters$/,
    call: () => ana.templates.create(ana.teamId, { title: ' ' }, []),
  },
  'invalid-filter': {
    code: 400,
    message: /^q, character 15: there is no field prioritty; the nearest are priority, /,
    call: () => ana.jobs.queryJobs({ q: "closed = 0 OR prioritty = 'High'", teamId: ana.teamId }),
  },
  'invalid-geometry': {
    code: 400,
    message: /geometry\.paths\[0\]: 1 positions; a line has at least 2/,
    call: async () => {
      const { jobIds } = await ana.jobs.createJobs(published, {});
      return ana.jobs.setJobLocation(jobIds[0]!, { paths: [[[8.5, 47.4]]] });
    },
  },
  'invalid-position': {
    code: 400,
    message: /position: 9 is out of range; right would be 0 to \d+, or -1 for the end/,
    call: () => edit((id, rootId) => ana.templates.addStepModular(id, rootId, step('Late'), 9, false)),
  },
  'invalid-procedure': {
    code: 400,
    message: /no steps; add at least one/,
    call: async () => ana.templates.publish((await newTemplate(ana, 'Empty', [])).id),
  },
  'invalid-property': {
    code: 400,
    message: /^pump\.serial: names no property; expected table\.property/,
    call: () => ana.jobs.createJobs(published, { extendedProperties: [{ identifier: 'pump.serial', value: '17' }] }),
  },
  'invalid-token': {
    code: 497,
    message: /unknown or was revoked; log in again/,
    call: async () => (await server.connect()).service('AuthenticationService').authenticate('no-token-of-ours'),
  },
  'job-closed': {
    code: 413,
    message: /is closed already; leave it out of the list; no job was closed/,
    call: async () => {
      const { jobIds } = await ana.jobs.createJobs(published, {});
      await ana.jobs.closeJobs(jobIds);
      return ana.jobs.closeJobs(jobIds);
    },
  },
  'job-id-taken': {
    code: 400,
    message: /has a job WO-1 already/,
    call: async () => {
      await ana.jobs.createJobs(published, { jobId: 'WO-1' });
      return ana.jobs.createJobs(published, { jobId: 'WO-1' });
    },
  },
  'job-not-found': {
    code: 404,
    message: /no job WO-404 in your teams/,
    call: () => ana.jobs.getJob('WO-404', {} as never),
  },
  'job-open': {
    code: 413,
    message: /is open; leave it out of the list; no job was reopened/,
    call: async () => ana.jobs.reopenJobs([await newJob()]),
  },
  'job-running': {
    code: 413,
    message: /has a running step, "Close the valve"; finish or stop it first/,
    call: async () => {
      const { jobIds } = await ana.jobs.createJobs(published, {});
      await ana.jobs.startSteps(jobIds[0]!, []);
      return ana.jobs.closeJobs(jobIds);
    },
  },
  'last-administrator': {
    code: 413,
    message: /is the only ADMIN of the team/,
    call: () => admin.teams.removeUserFromTeam(admin.teamId, admin.id),
  },
  'limit-exceeded': {
    code: 400,
    message: /^params\.title: 501 characters; the longest may have 500$/,
    call: () => ana.templates.create(ana.teamId, { title: 'x'.repeat(501) }, []),
  },
  'list-option-not-found': {
    code: 404,
    message: /^valueIds: the list has no option lost; /,
    call: async () => metadata().updateListRemove(admin.teamId, (await newList('Colour')).id, ['lost']),
  },
  'login-paused': {
    code: 503,
    message: /too many logins failed; try again in 1 s/,
    call: async () => {
      const auth = (await server.connect()).service('AuthenticationService');
      const wrong = () => auth.login('zoe@example.org', 'not-her-password', {});
      for (let attempt = 0; attempt < 5; attempt++) await refusalOf(wrong());
      return wrong();
    },
  },
  'mail-not-configured': {
    code: 413,
    message: /JOBWRIGHT_SMTP_URL is not set; use inviteUser/,
    call: () => admin.teams.addUserByEmail(admin.teamId, 'new@example.org', []),
  },
  'mail-paused': {
    code: 503,
    message: /too many letters to this address; try again in 1 s/,
    call: async () => {
      // Nobody listens at this port, and nobody waits for a letter.
      const mail = { smtpUrl: 'smtp://127.0.0.1:1', from: 'jobwright@example.org', link: '' };
      const own = await TestServer.start({ mail });
      const users = (await own.connect()).service('UserService');
      for (let n = 0; n < 3; n++) await users.forgotPassword('ana@example.org');
      return users.forgotPassword('ana@example.org').finally(() => own.stop());
    },
  },
  'metadata-not-found': {
    code: 404,
    message: /no definition plant/,
    call: () =>
      ana.templates.create(
        ana.teamId,
        { title: 'T', metadataEntry: [{ metadataId: 'plant', key: '', value: { text: 'x' } }] } as never,
        [],
      ),
  },
  'not-allowed': {
    code: 550,
    message: /"Supplier" .* is managed by another system/,
    call: async () => {
      const { id } = await newList('Supplier');
      await server.store.transact(async tx => {
        const { db } = tx.metadata as unknown as { db: Kysely<Database> };
        await db
          .updateTable('metadata_definitions')
          .set({ externally_managed: 1 })
          .where('metadata_id', '=', id)
          .execute();
      });
      return metadata().archive(admin.teamId, id);
    },
  },
  'not-archived': {
    code: 414,
    message: /is not archived/,
    call: async () => groups().unarchive(await newGroup()),
  },
  'not-disabled': {
    code: 414,
    message: /the account of ben is not disabled/,
    call: () => admin.users.enableUser(ben.id),
  },
  'not-implemented': {
    code: 421,
    message: /getOperations/,
    call: () => ana.connection.service('FormulaService').getOperations(admin.teamId),
  },
  'not-logged-in': {
    code: 401,
    message: /call login, or authenticate with a token, first/,
    call: async () => (await server.connect()).service('JobTemplateService').get(draft),
  },
  'not-published': {
    code: 420,
    message: /has no published version; publish it before creating jobs from it/,
    call: () => ana.jobs.createJobs(draft, {}),
  },
  'region-not-found': {
    code: 430,
    message: /no region "moon"; this server has one, "local"/,
    call: () => admin.teams.create('On the moon', 'moon'),
  },
  'outcome-unknown': {
    code: 503,
    message: /may have been carried out or not; look, or repeat it with the same requestId where it has one/,
    call: lostAtCommit,
  },
  overloaded: {
    code: 503,
    message: /works on 1 calls already; try again in a moment/,
    call: () => whileHeldUp({ callsInFlight: 1 }, connection => connection.service('AuthenticationService').ping()),
  },
  'parent-cycle': {
    code: 400,
    message: /jobUpdates\.parentJob: .* → .* would be a circle; choose a job that is not part of this one/,
    call: async () => {
      const jobId = await newJob();
      return admin.jobs.updateJob(jobId, { parentJob: jobId }, '');
    },
  },
  'path-not-found': {
    code: 404,
    message: /^path: \/nowhere is none that is served/,
    call: async () => {
      const { host, port } = server.address;
      const answer = await fetch(`http://${host}:${port}/nowhere`);
      throw new SystemException((await answer.json()) as never);
    },
  },
  'request-time': {
    code: 503,
    message: /no outcome after 0\.01 s; the call may still be carried out/,
    call: () => whileHeldUp({ requestMs: 10 }),
  },
  'request-id-reused': {
    code: 400,
    message: /"order-7" was used for another request; choose a new one/,
    call: async () => {
      await ana.jobs.createJobs(published, { requestId: 'order-7' });
      return ana.jobs.createJobs(published, { requestId: 'order-7', numberOfJobs: 2 });
    },
  },
  'review-required': {
    code: 413,
    message: /call beginReview, endReview, and then publishVersion/,
    call: async () => {
      const team = await admin.teams.create('Plant under review', '');
      await admin.teams.update(team.id, { config: { requireReviewFlow: true } } as never);
      const { id } = await newTemplate({ ...admin, teamId: team.id }, 'Reviewed', [step('Look')]);
      return admin.templates.publish(id);
    },
  },
  'role-not-found': {
    code: 404,
    message: /no role nothing in your teams/,
    call: () => roles().get('nothing'),
  },
  'step-group-not-found': {
    code: 404,
    message: /no step group nowhere in this template; its root is /,
    call: () => edit(id => ana.templates.addStepModular(id, 'nowhere', step('Lost'), -1, false)),
  },
  'step-not-current': {
    code: 413,
    message: /has no current step; make one current with setCurrentStep/,
    call: async () => {
      const { id } = await newTemplate(ana, 'Does not end by itself', [step('Only', { flow: { canSkip: true } })]);
      await ana.templates.acquireLock(id);
      await ana.templates.update(id, { defaults: { closeAtEnd: false } });
      await ana.templates.publish(id);
      const [jobId] = (await ana.jobs.createJobs(id, {})).jobIds;
      await ana.jobs.finishSteps(jobId!, []);
      return ana.jobs.assignCurrentStep(jobId!, ana.id, AssignedType.User);
    },
  },
  'step-not-found': {
    code: 404,
    message: /no step lost/,
    call: async () =>
      admin.jobs.addAttachment({
        jobId: await newJob(),
        attachment: 'bytes' as never,
        stepId: 'lost',
        fileName: 'a.txt',
      }),
  },
  'team-already-exists': {
    code: 475,
    message: /opts\.subdomain: "north" is taken/,
    call: async () => {
      const { id } = await admin.teams.create('North', '');
      await admin.teams.update(id, { subdomain: 'north' });
      return admin.teams.update(admin.teamId, { subdomain: 'north' });
    },
  },
  'tag-not-found': {
    code: 404,
    message: /no tag nothing in your teams/,
    call: () => tags().get('nothing'),
  },
  'team-not-found': {
    code: 404,
    message: /no team elsewhere/,
    call: () => ana.templates.create('elsewhere', { title: 'T' }, []),
  },
  'template-not-found': {
    code: 404,
    message: /no template nothing in your teams; give the id that create returned/,
    call: () => ana.templates.get('nothing'),
  },
  'template-not-locked': {
    code: 600,
    message: /call acquireLock first/,
    call: () => ana.templates.update(draft, { title: 'Without the lock' }),
  },
  'templates-in-review': {
    code: 413,
    message: /templates are in review: "Waiting"; end their reviews first/,
    call: async () => {
      const team = await admin.teams.create('Plant with a review', '');
      const { id } = await newTemplate({ ...admin, teamId: team.id }, 'Waiting', [step('Look')]);
      await admin.templates.beginReview(id);
      return admin.teams.update(team.id, { config: { requireReviewFlow: false } as never });
    },
  },
  'token-expired': {
    code: 498,
    message: /the token expired at 20\d\d-.*Z; log in again/,
    call: async () => {
      const later = await TestServer.start();
      const session = await logInAdmin(later);
      later.clock.forward(365 * 24 * 60 * 60 * 1000);
      return session.templates.get('x').finally(() => later.stop());
    },
  },
  'token-not-found': {
    code: 404,
    message: /no token nothing/,
    call: () => admin.auth.revokeToken('nothing'),
  },
  'unknown-priority': {
    code: 400,
    message: /no priority "Urgent"; there are Low, Medium, High/,
    call: () => ana.jobs.createJobs(published, { priority: 'Urgent' }),
  },
  'unknown-status': {
    code: 400,
    message: /no status "Begun"; there are Open, /,
    call: () => ana.jobs.createJobs(published, { jobStatus: 'Begun' }),
  },
  'upgrade-refused': {
    code: 413,
    message: /stands at "Former", which the published version does not have; .*no job was upgraded/,
    call: async () => {
      const { id, stepGroup } = await publishedTemplate(ana, 'Changes', [step('Former'), step('Other')]);
      const { jobIds } = await ana.jobs.createJobs(id, {});
      await ana.templates.acquireLock(id);
      await ana.templates.removeStepModular(id, stepGroup.id, stepGroup.children[0]!.id, 0);
      await ana.templates.publish(id);
      return ana.jobs.upgradeJobs(jobIds);
    },
  },
  'upload-not-found': {
    code: 404,
    message: /no upload lost of yours/,
    call: () => admin.jobs.finishAttachmentUpload('lost', '0'.repeat(64)),
  },
  'user-already-in-team': {
    code: 473,
    message: /ben works in this team already/,
    call: () => admin.teams.addUserById(admin.teamId, ben.id, []),
  },
  'user-not-found': {
    code: 404,
    message: /no user "nobody@example\.org" works in this team; give a user's id or e-mail address/,
    call: () => admin.jobs.createJobs(published, { ownedBy: 'nobody@example.org' }),
  },
  'version-conflict': {
    code: 420,
    message: /expectedVersion: 77, but the latest entry is \d+; read it and edit again/,
    call: () => edit(id => ana.templates.update(id, { title: 'T', expectedVersion: 77 })),
  },
  'version-not-found': {
    code: 420,
    message: /no entry has the public version 7/,
    call: () => ana.templates.getPublicVersion(published, 7),
  },
  'weak-password': {
    code: 400,
    message: /one of the commonest; choose one that nobody guesses/,
    call: () => admin.teams.createUser(admin.teamId, 'ivo@example.org', 'Password123!', 'ivo', []),
  },
};

const newJob = async (): Promise<string> => (await admin.jobs.createJobs(published, {})).jobIds[0]!;

/** A call whose connection to the database breaks when it commits. The embedded database has none that could: a function stands for it. */
async function lostAtCommit(): Promise<unknown> {
  if (server.settings.engine === 'sqlite') {
    const ping = () => Promise.reject(outcomeUnknown());
    const listener = await OwnListener.start(server, { AuthenticationService: { ping } });
    const connection = await listener.connect();
    return connection
      .service('AuthenticationService')
      .ping()
      .finally(() => listener.stop());
  }
  const { server: other, proxy } = await startProxied();
  const session = await logInAdmin(other);
  let writer: number | undefined;
  proxy.decide = (text, connection) => {
    if (text.startsWith('insert into "templates"')) writer = connection;
    return connection === writer && text === 'commit' ? 'cut-answer' : 'pass';
  };
  return session.templates.create(session.teamId, { title: 'T' }, []).finally(() => other.stop());
}

/** What a second call gets, or the first, while the first does not end. */
async function whileHeldUp(
  limits: Partial<Limits>,
  second?: (connection: ClientConnection) => Promise<unknown>,
): Promise<unknown> {
  const gate = Promise.withResolvers<string>();
  const listener = await OwnListener.start(server, { AuthenticationService: { ping: () => gate.promise } }, { limits });
  const [one, other] = [await listener.connect(), await listener.connect()];
  const first = one.service('AuthenticationService').ping();
  const settled = Promise.allSettled([first]);
  try {
    return await (second ? pause(50).then(() => second(other)) : first);
  } finally {
    gate.resolve('late');
    await settled;
    await listener.stop();
  }
}

test.each(Object.entries(provoked))('%s comes over the wire', async (slug, { code, message, call }) => {
  const refusal = await refusalOf(call());
  expect({ slug: refusal.slug, code: refusal.errorCode }).toEqual({ slug, code });
  expect(refusal.message).toMatch(message);
  expect(refusal.localizedMessage).toBe(refusal.message);
  expect(refusal.rqId).toMatch(/^[0-9a-f-]{36}$/);
});

test('locked-by-other comes over the wire as an exception of its own, with the lock and the way out', async () => {
  const second = await logIn(server, admin.email, admin.password);
  const { id } = await newTemplate(ana, 'Held', []);
  await ana.templates.acquireLock(id);
  const refusal = await second.templates.acquireLock(id).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(JobTemplateLockFailed);
  const { message, previousLock } = refusal as JobTemplateLockFailed;
  expect(message).toMatch(/ana is editing this template; wait for releaseLock, or take the lock with forceAcquireLock/);
  expect(previousLock).toMatchObject({ lockHolder: { id: ana.id }, owned: false });
});

test('every slug of docs/errors.md is provoked here, with its code', () => {
  const page = readFileSync('docs/errors.md', 'utf8');
  const documented = Object.fromEntries(
    [...page.matchAll(/^\| `([^`]+)` *\| (\d+) *\|/gm)].map(([, slug, code]) => [slug, Number(code)]),
  );
  expect({
    ...Object.fromEntries(Object.entries(provoked).map(([slug, { code }]) => [slug, code])),
    'locked-by-other': 413,
  }).toEqual(documented);
});

test('a call refused as busy has written nothing, and the same call is carried out afterwards', async () => {
  const heads = () =>
    server.store.read(async reader => {
      const { db } = reader.people as unknown as { db: Kysely<Database> };
      return (await db.selectFrom('templates').select('template_id').execute()).length;
    });
  const before = await heads();
  await refusalOf(provoked.busy!.call());
  expect(await heads()).toBe(before);
  await ana.templates.create(ana.teamId, { title: 'T' }, []);
  expect(await heads()).toBe(before + 1);
});

/** Runs a call while another program keeps every write from being carried out. */
async function whileBusy<T>(call: () => Promise<T>): Promise<T> {
  // The pauses between the attempts are a matter of chance: here they are none.
  jest.spyOn(Math, 'random').mockReturnValue(0);
  const { settings } = server;
  if (settings.engine === 'sqlite') {
    const other = new SQLite(settings.file);
    other.exec('begin immediate');
    return call().finally(() => other.close());
  }
  const other = new pg.Client({ connectionString: settings.url });
  await other.connect();
  await other.query(`
    create function refuse() returns trigger language plpgsql as $$
      begin raise exception 'could not serialize access' using errcode = '40001'; end $$;
    create trigger always_busy before insert on templates for each row execute function refuse()`);
  return call().finally(async () => {
    await other.query('drop function refuse() cascade');
    await other.end();
  });
}
