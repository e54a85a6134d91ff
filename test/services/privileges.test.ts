/**
 * The table of privileges, walked over the wire: each function that is served, for somebody of another team, for a member without the
 * privilege, and with it. The list of calls is typed by the interface: a function that is missing here does not compile.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AbacAction, AbacActorType, AbacUploadBehaviour } from '#gen/abac_types';
import { ErrorCode, SystemException } from '#gen/common_types';
import { AssignedType, ExtendedPropertyDataType, ExtendedPropertyRelationshipType } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import type { JobManageResult } from '#gen/jobs_types';
import { type Metadata, MetadataType, Owner } from '#gen/metadata_types';
import { AssigneeType, type BaseStep } from '#gen/step_types';
import { allPrivileges, builtInRoles, type Privilege } from '../../src/domain/privileges.ts';
import type { Clients, ServiceName } from '../../src/services/generated.ts';
import { notBuilt } from '../../src/services/not-built.ts';
import { type Need, needs } from '../../src/services/privileges.ts';
import { uploadPicture } from '../support/http.ts';
import { newJob } from '../support/jobs.ts';
import { expectRefusal, refusalOf } from '../support/refusals.ts';
import {
  group,
  logInAdmin,
  newOutsider,
  newTemplate,
  newUser,
  publishedTemplate,
  step,
  type TestUser,
} from '../support/seed.ts';
import { TestServer } from '../support/server.ts';
import { withSheets } from '../support/sheets.ts';
import { exchanged, placesOf } from './id-places.ts';

/** Stands in every name of the team: nobody else may ever read it. */
const SECRET = 'Zanzibar';
/** What the names that are made begin with. */
let word = SECRET;

let server: TestServer;
let admin: TestUser;
/** A member whose one role has what the test gives it. */
let mia: TestUser;
let probe: string;
let bare: TestUser;
let outsider: TestUser;
/** A picture among the documents of the team. */
let picture: string;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  await admin.teams.update(admin.teamId, { name: SECRET, subdomain: 'zanzibar' });
  mia = await newUser(server, admin, 'mia');
  bare = await newUser(server, admin, 'bare');
  outsider = await newOutsider(server, admin);
  await admin.teams.removeUserFromTeam(outsider.teamId, admin.id).catch(() => undefined);
  picture = await uploadPicture(server, admin);
  probe = (await rolesOf(admin).create(admin.teamId, { name: `Probe ${SECRET}` })).id;
  await rolesOf(admin).addHolders(probe, [mia.id]);
});
afterAll(() => server.stop());

const client =
  <S extends ServiceName>(service: S) =>
  (user: TestUser): Clients[S] =>
    user.connection.service(service);
const rolesOf = client('RoleService');
const groupsOf = client('GroupService');
const tagsOf = client('TagService');
const abacOf = client('AbacService');
const headersOf = client('GroupHeaderContentService');
const sheetsOf = client('DataSheetService');
const metadataOf = client('MetadataService');
const documentsOf = client('DocumentService');
const notificationsOf = client('NotificationService');

const give = (privileges: readonly Privilege[]) =>
  rolesOf(admin).update(probe, { permissions: { privileges: [...privileges] } });

let names = 0;
const name = () => `${word} ${++names}`;
const draft = (): Promise<JobTemplate> => newTemplate(admin, name(), [step(`Step of ${word}`)]);
const published = (): Promise<JobTemplate> => publishedTemplate(admin, name(), [step(`Step of ${word}`)]);
const job = async (): Promise<string> => (await newJob(admin, [step(`Step of ${word}`)])).id;
const closed = async (): Promise<string> => {
  const jobId = await job();
  await admin.jobs.closeJobs([jobId]);
  return jobId;
};
const locked = async (owner: TestUser) => {
  const template = await draft();
  await owner.templates.acquireLock(template.id);
  return template;
};
const attached = async () => {
  const jobId = await job();
  const { attachmentId } = await admin.jobs.addAttachment({ jobId, fileName: `${SECRET}.txt`, attachment: BYTES });
  return { jobId, attachmentId: attachmentId! };
};
const upload = async (owner: TestUser) => {
  const { uploadId } = await owner.jobs.beginAttachmentUpload({ jobId: await job(), fileName: 'a.txt' }, BYTES.length);
  return uploadId;
};
const newRole = async () => (await rolesOf(admin).create(admin.teamId, { name: name() })).id;
const newGroup = async () => (await groupsOf(admin).create(admin.teamId, { name: name() })).id;
const newTag = async () => (await tagsOf(admin).create(name(), admin.teamId)).id;
const newAttribute = async () =>
  (await abacOf(admin).updateAttributes(admin.teamId, [{ id: '', label: name(), values: [] }])).at(-1)!.id;
const newCategory = async () => (await headersOf(admin).createCategory(admin.teamId, { name: name() })).id;
const newSet = async () => (await sheetsOf(admin).createSet(admin.teamId, { name: name() } as never, [])).id;
const list = () =>
  ({
    key: name(),
    type: MetadataType.LIST,
    owner: Owner.JOB,
    constraints: { listOptions: { options: ['Red', 'Blue'] } },
  }) as Metadata;
const newList = async (more: Partial<Metadata> = {}) => {
  const made = await metadataOf(admin).add(admin.teamId, { ...list(), ...more });
  const [red, blue] = made.constraints.listOptions!.valueIds!;
  return { ...made, red: red!, blue: blue! };
};
/** Nobody is there. */
const ADDRESS = 'http://127.0.0.1:9/';
const newEventWebhook = async () => {
  for (const { webhookId } of await notificationsOf(admin).getEventWebhooks(admin.teamId))
    await notificationsOf(admin).removeEventWebhook(admin.teamId, webhookId);
  return (await notificationsOf(admin).setEventWebhook(admin.teamId, '', ADDRESS, {})).webhookId;
};
const member = () => newUser(server, admin, `member${++names}`);

const BYTES = Buffer.from('a few bytes');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const PASSWORD = 'a-quite-long-password';

/** Made ready by `owner`, who may do everything then; afterwards called by anybody. */
type Call = (owner: TestUser) => Promise<(user: TestUser) => Promise<unknown>>;
type Missing<S> = S extends keyof typeof notBuilt ? (typeof notBuilt)[S][number] : never;
/** Those that need no token, or say nothing of a team, are called elsewhere. */
type Calls = { readonly [S in ServiceName]?: { readonly [F in Exclude<keyof Clients[S], Missing<S>>]?: Call } };

const select = {} as never;

const onDraft =
  (call: (user: TestUser, templateId: string) => Promise<unknown>): Call =>
  async () => {
    const { id } = await draft();
    return user => call(user, id);
  };

interface Edited {
  readonly id: string;
  readonly root: string;
  /** A step at 0, and a group at 1, of the root. */
  readonly leaf: string;
  readonly below: string;
}

const onLocked =
  (call: (user: TestUser, edited: Edited) => Promise<unknown>): Call =>
  async owner => {
    const { id, stepGroup } = await newTemplate(admin, name(), [step(name()), group(name(), [step(name())])]);
    await owner.templates.acquireLock(id);
    const [leaf, below] = stepGroup.children;
    return user => call(user, { id, root: stepGroup.id, leaf: leaf!.id, below: below!.id });
  };

const showing =
  (call: (user: TestUser, templateId: string) => Promise<unknown>): Call =>
  async owner => {
    const { id } = await locked(owner);
    await owner.templates.addDocument(id, 0, picture);
    return user => call(user, id);
  };

const versionOf =
  (name: 'fetchPublicVersions' | 'fetchPublishedVersions'): Call =>
  async () => {
    const { id } = await published();
    return async user => inside((await user.templates[name](select, [{ jobTemplateId: id, publicVersion: 1 }]))[id]!);
  };

const newUpload = (owner: TestUser) =>
  documentsOf(owner).beginUpload({ teamId: admin.teamId, name: 'a.txt', size: BYTES.length });
const newDocument = async () => {
  const { uploadId } = await newUpload(admin);
  await documentsOf(admin).putChunk(uploadId, 0, BYTES);
  return (await documentsOf(admin).finishUpload(uploadId, SHA256)).id;
};

const calls: Calls = {
  JobTemplateService: {
    get: async () => {
      const { id } = await draft();
      return user => user.templates.get(id);
    },
    fetch: async () => {
      const { id } = await draft();
      return async user => inside(await user.templates.fetch(select, [id]));
    },
    getPublicVersion: async () => {
      const { id } = await published();
      return user => user.templates.getPublicVersion(id, 0);
    },
    create: async () => user => user.templates.create(admin.teamId, { title: name() }, []),
    update: async owner => {
      const { id } = await locked(owner);
      return user => user.templates.update(id, { title: name() });
    },
    publish: async () => {
      const { id } = await draft();
      return user => user.templates.publish(id);
    },
    acquireLock: async () => {
      const { id } = await draft();
      return user => user.templates.acquireLock(id);
    },
    forceAcquireLock: async () => {
      const { id } = await locked(admin);
      return user => user.templates.forceAcquireLock(id);
    },
    releaseLock: async owner => {
      const { id } = await locked(owner);
      return user => user.templates.releaseLock(id);
    },
    addStepModular: async owner => {
      const { id, stepGroup } = await locked(owner);
      return user => user.templates.addStepModular(id, stepGroup.id, step(name()), -1, false);
    },
    addStepGroupModular: async owner => {
      const { id, stepGroup } = await locked(owner);
      return user => user.templates.addStepGroupModular(id, stepGroup.id, group(name(), []), -1, false);
    },
    updateAttribute: async () => {
      const { id } = await draft();
      const attribute = await newAttribute();
      return user => user.templates.updateAttribute(id, attribute, [], AbacUploadBehaviour.CLOBBER);
    },
    updateRootHeaders: async owner => {
      const { id } = await locked(owner);
      return user => user.templates.updateRootHeaders(id, { condition: name() });
    },
    index: async () => user => user.templates.index(admin.teamId, {}),
    query: async () => user => user.templates.query(select, { teamId: admin.teamId }, []),
    fetchPublicVersions: versionOf('fetchPublicVersions'),
    fetchPublishedVersions: versionOf('fetchPublishedVersions'),
    searchStepGroups: async () => user => user.templates.searchStepGroups(admin.teamId, SECRET),
    archive: onDraft((user, id) => user.templates.archive(id)),
    unarchive: async () => {
      const { id } = await draft();
      await admin.templates.archive(id);
      return user => user.templates.unarchive(id);
    },
    cloneTemplate: onDraft((user, id) => user.templates.cloneTemplate(id)),
    createLocalTemplate: async () => {
      const { id } = await published();
      await admin.templates.updateMarks(id, { globalTemplate: true });
      return user => user.templates.createLocalTemplate(id);
    },
    updateMarks: onDraft((user, id) => user.templates.updateMarks(id, { readOnly: true })),
    beginReview: onDraft((user, id) => user.templates.beginReview(id)),
    endReview: async () => {
      const { id } = await draft();
      await admin.templates.beginReview(id);
      return user => user.templates.endReview(id);
    },
    publishVersion: async () => {
      const { id } = await draft();
      await admin.templates.beginReview(id);
      await admin.templates.endReview(id);
      return user => user.templates.publishVersion(id, 1);
    },
    getHistory: onDraft((user, id) => user.templates.getHistory(id, [1], 0)),
    revert: onLocked((user, { id }) => user.templates.revert(id, 1)),
    moveStepModular: onLocked((user, { id, root, leaf }) =>
      user.templates.moveStepModular(id, root, leaf, 0, root, -1),
    ),
    moveStepGroupModular: onLocked((user, { id, root, below }) =>
      user.templates.moveStepGroupModular(id, root, below, 1, root, 0),
    ),
    removeStepModular: onLocked((user, { id, root, leaf }) => user.templates.removeStepModular(id, root, leaf, 0)),
    removeStepGroupModular: onLocked((user, { id, root, below }) =>
      user.templates.removeStepGroupModular(id, root, below, 1),
    ),
    cloneStepModular: onLocked((user, { id, root, leaf }) =>
      user.templates.cloneStepModular(id, root, leaf, 0, root, -1),
    ),
    cloneStepGroupModular: onLocked((user, { id, root, below }) =>
      user.templates.cloneStepGroupModular(id, root, below, 1, root, -1),
    ),
    updateStepGroup: onLocked((user, { id }) => user.templates.updateStepGroup(id, group(name(), []))),
    addStep: onLocked((user, { id, root }) => user.templates.addStep(id, root, step(name()), -1, false)),
    addStepGroup: onLocked((user, { id, root }) => user.templates.addStepGroup(id, root, group(name(), []), -1, false)),
    cloneStep: onLocked((user, { id, root, leaf }) => user.templates.cloneStep(id, root, leaf, -1)),
    cloneStepGroup: onLocked((user, { id, root, below }) => user.templates.cloneStepGroup(id, root, below, -1)),
    addDocument: onLocked((user, { id }) => user.templates.addDocument(id, 0, picture)),
    removeDocument: showing((user, id) => user.templates.removeDocument(id, picture)),
    updateDocument: showing((user, id) => user.templates.updateDocument(id, picture, -1)),
    updateMetadata: onLocked((user, { id }) => user.templates.updateMetadata(id, {}, [])),
    getTags: onDraft((user, id) => user.templates.getTags(id)),
    updateTags: async () => {
      const { id } = await draft();
      const tagId = await newTag();
      return user => user.templates.updateTags(id, [{ tagId }], []);
    },
  },
  JobsService: {
    addAttachment: async () => {
      const jobId = await job();
      return user => user.jobs.addAttachment({ jobId, fileName: 'a.txt', attachment: BYTES });
    },
    addAttachmentLinked: async () => {
      const jobId = await job();
      return user => user.jobs.addAttachmentLinked({ jobId, url: 'https://example.org/' });
    },
    addDependency: async () => {
      const [jobId, dependentJobId] = [await job(), await job()];
      return user => user.jobs.addDependency({ jobId, stepIds: [], dependentJobId });
    },
    addHolds: async () => {
      const jobId = await job();
      return user => user.jobs.addHolds({ jobId, stepIds: [] });
    },
    updateJob: async () => {
      const jobId = await job();
      return user => user.jobs.updateJob(jobId, {}, '');
    },
    addJobComment: async () => {
      const jobId = await job();
      return user => user.jobs.addJobComment(jobId, 'Done by noon');
    },
    assignCurrentStep: async () => {
      const jobId = await job();
      return user => user.jobs.assignCurrentStep(jobId, admin.id, AssignedType.User);
    },
    assignStep: async () => {
      const jobId = await job();
      const { currentSteps } = await admin.jobs.getJob(jobId, {});
      return user => user.jobs.assignStep(jobId, currentSteps[0]!.stepId!, admin.id, AssignedType.User);
    },
    closeJobs: async () => {
      const jobId = await job();
      return user => user.jobs.closeJobs([jobId]);
    },
    createJobs: async () => {
      const { id } = await published();
      return user => user.jobs.createJobs(id, {});
    },
    deleteAttachment: async () => {
      const { jobId, attachmentId } = await attached();
      return user => user.jobs.deleteAttachment(jobId, attachmentId);
    },
    deleteJobs: async () => {
      const jobId = await job();
      return user => user.jobs.deleteJobs([jobId]);
    },
    finishSteps: async () => {
      const jobId = await job();
      return async user => {
        await user.jobs.startSteps(jobId, []);
        return user.jobs.finishSteps(jobId, []);
      };
    },
    getAttachmentBody: async () => {
      const { jobId, attachmentId } = await attached();
      return user => user.jobs.getAttachmentBody(jobId, attachmentId);
    },
    getAttachmentUrl: async () => {
      const { jobId, attachmentId } = await attached();
      return user => user.jobs.getAttachmentUrl(jobId, attachmentId, true);
    },
    getAttachments: async () => {
      const { jobId } = await attached();
      return user => user.jobs.getAttachments(jobId);
    },
    getJob: async () => {
      const jobId = await job();
      return user => user.jobs.getJob(jobId, {});
    },
    getJobComments: async () => {
      const jobId = await job();
      return user => user.jobs.getJobComments(jobId);
    },
    getJobDiagram: async () => {
      const jobId = await job();
      return user => user.jobs.getJobDiagram(jobId);
    },
    getJobHistory: async () => {
      const jobId = await job();
      return user => user.jobs.getJobHistory(jobId);
    },
    reopenJobs: async () => {
      const jobId = await closed();
      return user => user.jobs.reopenJobs([jobId]);
    },
    calculateJobStatistics: async () => user =>
      user.jobs.calculateJobStatistics({ q: 'closed = 0', teamId: admin.teamId }),
    queryJobs: async () => user => user.jobs.queryJobs({ q: 'closed = 0', teamId: admin.teamId }),
    getJobLocation: async () => {
      const jobId = await job();
      return user => user.jobs.getJobLocation(jobId);
    },
    releaseDependency: async () => {
      const [jobId, dependentJobId] = [await job(), await job()];
      await admin.jobs.addDependency({ jobId, stepIds: [], dependentJobId });
      return user => user.jobs.releaseDependency({ jobId, stepIds: [], dependentJobId });
    },
    releaseHolds: async () => {
      const jobId = await job();
      await admin.jobs.addHolds({ jobId, stepIds: [] });
      return user => user.jobs.releaseHolds({ jobId, stepIds: [] });
    },
    setCurrentStep: async () => {
      const jobId = await job();
      const [current] = (await admin.jobs.getJob(jobId, {})).currentSteps;
      return user => user.jobs.setCurrentStep(jobId, current!.stepId!);
    },
    setJobLocation: async () => {
      const jobId = await job();
      return user => user.jobs.setJobLocation(jobId, { x: 8.5, y: 47.4 });
    },
    startSteps: async () => {
      const jobId = await job();
      return user => user.jobs.startSteps(jobId, []);
    },
    stopSteps: async () => {
      const jobId = await job();
      return async user => {
        await user.jobs.startSteps(jobId, []);
        return user.jobs.stopSteps(jobId, []);
      };
    },
    refreshSteps: async () => {
      const jobId = await job();
      return user => user.jobs.refreshSteps(jobId, []);
    },
    respondToStep: async () => {
      const jobId = await job();
      return user => user.jobs.respondToStep(jobId, { stepId: 'none', questionResponse: 'yes' });
    },
    updateAttachment: async () => {
      const { jobId, attachmentId } = await attached();
      return user => user.jobs.updateAttachment({ jobId, attachmentId, attachmentAlias: name() });
    },
    upgradeJobs: async () => {
      const jobId = await job();
      return user => user.jobs.upgradeJobs([jobId]);
    },
    closeJobsEach: async () => {
      const jobId = await job();
      return async user => one(await user.jobs.closeJobsEach([jobId]));
    },
    deleteJobsEach: async () => {
      const jobId = await job();
      return async user => one(await user.jobs.deleteJobsEach([jobId]));
    },
    reopenJobsEach: async () => {
      const jobId = await closed();
      return async user => one(await user.jobs.reopenJobsEach([jobId]));
    },
    upgradeJobsEach: async () => {
      const jobId = await job();
      return async user => one(await user.jobs.upgradeJobsEach([jobId]));
    },
    previewUpgrade: async () => {
      const jobId = await job();
      return user => user.jobs.previewUpgrade([jobId]);
    },
    getJobHistoryPage: async () => {
      const jobId = await job();
      return user => user.jobs.getJobHistoryPage(jobId, { size: 10 });
    },
    getAttachmentChunk: async () => {
      const { jobId, attachmentId } = await attached();
      return user => user.jobs.getAttachmentChunk(jobId, attachmentId, 0, 5);
    },
    beginAttachmentUpload: async () => {
      const jobId = await job();
      return user => user.jobs.beginAttachmentUpload({ jobId, fileName: 'a.txt' }, 3);
    },
    putAttachmentChunk: async owner => {
      const uploadId = await upload(owner);
      return user => user.jobs.putAttachmentChunk(uploadId, 0, BYTES);
    },
    finishAttachmentUpload: async owner => {
      const uploadId = await upload(owner);
      await owner.jobs.putAttachmentChunk(uploadId, 0, BYTES);
      return user => user.jobs.finishAttachmentUpload(uploadId, SHA256);
    },
  },
  TeamService: {
    create: async () => user => user.teams.create(`Plant ${++names}`, ''),
    createWithUser: async () => user =>
      user.teams.createWithUser(`Plant ${++names}`, `owner${names}@example.org`, PASSWORD, 'owner', ''),
    getTeamBySubdomain: async () => user => user.teams.getTeamBySubdomain('zanzibar'),
    get: async () => user => user.teams.get(admin.teamId),
    addUserById: async () => {
      const { id } = await member();
      await admin.teams.removeUserFromTeam(admin.teamId, id);
      return user => user.teams.addUserById(admin.teamId, id, []);
    },
    addUserByEmail: async () => {
      const { id, email } = await member();
      await admin.teams.removeUserFromTeam(admin.teamId, id);
      return user => user.teams.addUserByEmail(admin.teamId, email, []);
    },
    createUser: async () => user =>
      user.teams.createUser(admin.teamId, `new${++names}@example.org`, PASSWORD, 'new', []),
    updateUserRoles: async () => {
      const { id } = await member();
      return user => user.teams.updateUserRoles(admin.teamId, id, []);
    },
    removeUserFromTeam: async () => {
      const { id } = await member();
      return user => user.teams.removeUserFromTeam(admin.teamId, id);
    },
    update: async () => user => user.teams.update(admin.teamId, { name: SECRET }),
    setTemplateApprovalWebhook: async () => user => user.teams.setTemplateApprovalWebhook(admin.teamId, ''),
    getTemplateApprovalWebhook: async () => user => user.teams.getTemplateApprovalWebhook(admin.teamId),
    rotateTemplateApprovalSecret: async () => {
      await admin.teams.setTemplateApprovalWebhook(admin.teamId, 'http://127.0.0.1:9/');
      return user => user.teams.rotateTemplateApprovalSecret(admin.teamId);
    },
    inviteUser: async () => user => user.teams.inviteUser(admin.teamId, `guest${++names}@example.org`, []),
    resetPassword: async () => {
      const { id } = await member();
      return user => user.teams.resetPassword(admin.teamId, id);
    },
  },
  UserService: {
    index: async () => user => user.users.index(admin.teamId, []),
    get: async () => user => user.users.get(bare.id),
    fetch: async () => async user => inside(await user.users.fetch([bare.id])),
    fetchByTeam: async () => user => user.users.fetchByTeam(select, admin.teamId, [bare.id]),
    update: async () => {
      const { id } = await member();
      return user => user.users.update({ id, email: '', name: name(), validatedAt: 0 });
    },
    updateAttribute: async () => {
      const attribute = await newAttribute();
      return user => user.users.updateAttribute(bare.id, admin.teamId, attribute, [], AbacUploadBehaviour.MERGE);
    },
    disableUser: async () => {
      const { id } = await member();
      return user => user.users.disableUser(id);
    },
    enableUser: async () => {
      const { id } = await member();
      await admin.users.disableUser(id);
      return user => user.users.enableUser(id);
    },
  },
  RoleService: {
    index: async () => user => rolesOf(user).index(admin.teamId, true),
    get: async () => {
      const id = await newRole();
      return user => rolesOf(user).get(id);
    },
    create: async () => user => rolesOf(user).create(admin.teamId, { name: name() }),
    update: async () => {
      const id = await newRole();
      return user => rolesOf(user).update(id, { name: name() });
    },
    archive: async () => {
      const id = await newRole();
      return user => rolesOf(user).archive(id);
    },
    unarchive: async () => {
      const id = await newRole();
      await rolesOf(admin).archive(id);
      return user => rolesOf(user).unarchive(id);
    },
    getHolders: async () => {
      const id = await newRole();
      return user => rolesOf(user).getHolders(id);
    },
    addHolders: async () => {
      const id = await newRole();
      return user => rolesOf(user).addHolders(id, [bare.id]);
    },
    removeHolders: async () => {
      const id = await newRole();
      await rolesOf(admin).addHolders(id, [bare.id]);
      return user => rolesOf(user).removeHolders(id, [bare.id]);
    },
  },
  GroupService: {
    index: async () => user => groupsOf(user).index(admin.teamId, true),
    get: async () => {
      const id = await newGroup();
      return user => groupsOf(user).get(id);
    },
    create: async () => user => groupsOf(user).create(admin.teamId, { name: name() }),
    update: async () => {
      const id = await newGroup();
      return user => groupsOf(user).update(id, { name: name() });
    },
    archive: async () => {
      const id = await newGroup();
      return user => groupsOf(user).archive(id);
    },
    unarchive: async () => {
      const id = await newGroup();
      await groupsOf(admin).archive(id);
      return user => groupsOf(user).unarchive(id);
    },
    getMembers: async () => {
      const id = await newGroup();
      return user => groupsOf(user).getMembers(id);
    },
    addMembers: async () => {
      const id = await newGroup();
      return user => groupsOf(user).addMembers(id, [bare.id]);
    },
    removeMembers: async () => {
      const id = await newGroup();
      await groupsOf(admin).addMembers(id, [bare.id]);
      return user => groupsOf(user).removeMembers(id, [bare.id]);
    },
  },
  MetadataService: {
    addMetadata: async () => user => metadataOf(user).addMetadata([list()], admin.teamId),
    getMetadata: async () => user => metadataOf(user).getMetadata(admin.teamId, Owner.ALL),
    add: async () => user => metadataOf(user).add(admin.teamId, list()),
    index: async () => user => metadataOf(user).index(admin.teamId, Owner.ALL, true, true),
    get: async () => {
      const { id } = await newList();
      return user => metadataOf(user).get(admin.teamId, id);
    },
    update: async () => {
      const made = await newList();
      return user => metadataOf(user).update(admin.teamId, { ...made, key: name() });
    },
    updateListAdd: async () => {
      const { id } = await newList();
      return user => metadataOf(user).updateListAdd(admin.teamId, id, [name()], {});
    },
    updateListRemove: async () => {
      const { id, red } = await newList();
      return user => metadataOf(user).updateListRemove(admin.teamId, id, [red]);
    },
    updateListUpdate: async () => {
      const { id, red } = await newList();
      return user => metadataOf(user).updateListUpdate(admin.teamId, id, [red], [{ name: name() }]);
    },
    updateListMerge: async () => {
      const { id, red, blue } = await newList();
      return user => metadataOf(user).updateListMerge(admin.teamId, id, [red], blue);
    },
    archive: async () => {
      const { id } = await newList();
      return user => metadataOf(user).archive(admin.teamId, id);
    },
  },
  AbacService: {
    resolve: async () => user => {
      const actor = { id: bare.id, type: AbacActorType.USER };
      const object = { id: admin.teamId, type: AbacActorType.TEAM };
      const question = { object, subject: actor, action: AbacAction.VIEW, teamId: admin.teamId };
      return abacOf(user).resolve({ 'may bare see it?': question });
    },
    updateAttributes: async () => user =>
      abacOf(user).updateAttributes(admin.teamId, [{ id: '', label: name(), values: [] }]),
    getAttributes: async () => user => abacOf(user).getAttributes(admin.teamId),
  },
  GroupHeaderContentService: {
    indexEquipment: async () => user => headersOf(user).indexEquipment(admin.teamId),
    indexNoticeIcons: async () => user => headersOf(user).indexNoticeIcons(admin.teamId),
    indexCategories: async () => user => headersOf(user).indexCategories(admin.teamId),
    createCategory: async () => user => headersOf(user).createCategory(admin.teamId, { name: name() }),
    updateCategory: async () => {
      const id = await newCategory();
      return user => headersOf(user).updateCategory(admin.teamId, id, { name: name() });
    },
    getCategory: async () => {
      const id = await newCategory();
      return user => headersOf(user).getCategory(admin.teamId, id);
    },
    archiveCategory: async () => {
      const id = await newCategory();
      return user => headersOf(user).archiveCategory(admin.teamId, id);
    },
    unarchiveCategory: async () => {
      const id = await newCategory();
      await headersOf(admin).archiveCategory(admin.teamId, id);
      return user => headersOf(user).unarchiveCategory(admin.teamId, id);
    },
    createEquipment: async () => user => headersOf(user).createEquipment(admin.teamId, picture, name()),
    createNoticeIcon: async () => user => headersOf(user).createNoticeIcon(admin.teamId, picture, name()),
  },
  DataSheetService: {
    querySets: async () => user => sheetsOf(user).querySets(admin.teamId, {}, select),
    createSet: async () => user => sheetsOf(user).createSet(admin.teamId, { name: name() } as never, []),
    updateSet: async () => {
      const id = await newSet();
      return user => sheetsOf(user).updateSet(id, { name: name() } as never);
    },
    getSet: async () => {
      const id = await newSet();
      return user => sheetsOf(user).getSet(id, select);
    },
    archiveSet: async () => {
      const id = await newSet();
      return user => sheetsOf(user).archiveSet(id);
    },
    unarchiveSet: async () => {
      const id = await newSet();
      await sheetsOf(admin).archiveSet(id);
      return user => sheetsOf(user).unarchiveSet(id);
    },
    definitionOps: async () => {
      const id = await newSet();
      return user => sheetsOf(user).definitionOps(id, [{ add: { name: name(), type: 1, position: -1 } as never }]);
    },
    sheetOps: async () => {
      const id = await newSet();
      return user => sheetsOf(user).sheetOps(id, [{ add: { name: name() } as never }]);
    },
    querySheets: async () => {
      const id = await newSet();
      return user => sheetsOf(user).querySheets(id, {});
    },
    updateAttribute: async () => {
      const id = await newSet();
      const attribute = await newAttribute();
      return user => sheetsOf(user).updateAttribute(id, attribute, [], AbacUploadBehaviour.CLOBBER);
    },
  },
  DocumentService: {
    beginUpload: async () => user =>
      documentsOf(user).beginUpload({ teamId: admin.teamId, name: 'a.txt', size: BYTES.length }),
    putChunk: async owner => {
      const { uploadId } = await newUpload(owner);
      return user => documentsOf(user).putChunk(uploadId, 0, BYTES);
    },
    finishUpload: async owner => {
      const { uploadId } = await newUpload(owner);
      await documentsOf(owner).putChunk(uploadId, 0, BYTES);
      return user => documentsOf(user).finishUpload(uploadId, SHA256);
    },
    get: async () => user => documentsOf(user).get(picture),
    fetch: async () => async user => inside(await documentsOf(user).fetch([picture])),
    query: async () => user => documentsOf(user).query({ teamId: admin.teamId }),
    getChunk: async () => user => documentsOf(user).getChunk(picture, 0, 10),
    rename: async () => {
      const id = await newDocument();
      return user => documentsOf(user).rename(id, name());
    },
    deleteDocument: async () => {
      const id = await newDocument();
      return user => documentsOf(user).deleteDocument(id);
    },
  },
  NotificationService: {
    poll: async () => user => notificationsOf(user).poll('', { teamId: admin.teamId }, 0),
    setEventWebhook: async () => user => notificationsOf(user).setEventWebhook(admin.teamId, '', ADDRESS, {}),
    getEventWebhooks: async () => user => notificationsOf(user).getEventWebhooks(admin.teamId),
    rotateEventWebhookSecret: async () => {
      const id = await newEventWebhook();
      return user => notificationsOf(user).rotateEventWebhookSecret(admin.teamId, id);
    },
    removeEventWebhook: async () => {
      const id = await newEventWebhook();
      return user => notificationsOf(user).removeEventWebhook(admin.teamId, id);
    },
  },
  AuditService: { query: async () => user => user.connection.service('AuditService').query(admin.teamId, {}) },
  TagService: {
    index: async () => user => tagsOf(user).index(admin.teamId),
    get: async () => {
      const id = await newTag();
      return user => tagsOf(user).get(id);
    },
    create: async () => user => tagsOf(user).create(name(), admin.teamId),
    update: async () => {
      const id = await newTag();
      return user => tagsOf(user).update(id, name());
    },
  },
};

/** The one answer of a map; the refusal in its place counts as the call's. */
function inside<T extends { err?: unknown }>(answers: { [id: string]: T }): T {
  const [answer] = Object.values(answers);
  if (answer!.err) throw answer!.err;
  return answer!;
}

/** The one result; the refusal in it counts as the call's. */
function one([result]: JobManageResult[]): JobManageResult {
  const { success, errorCode, slug, message, details } = result!;
  if (!success)
    throw new SystemException({
      errorCode: errorCode!,
      slug: slug!,
      message: message!,
      rqId: '',
      details: details!,
    } as never);
  return result!;
}

const missing = (service: ServiceName): readonly string[] =>
  service in notBuilt ? notBuilt[service as keyof typeof notBuilt] : [];

interface Walked {
  readonly name: string;
  readonly need: Need;
  readonly call: Call | undefined;
}

const walked: Walked[] = (Object.keys(needs) as ServiceName[]).flatMap(service =>
  Object.entries<Need>(needs[service])
    .filter(([name]) => !missing(service).includes(name))
    .map(([name, need]) => ({
      name: `${service}.${name}`,
      need,
      call: (calls[service] as Readonly<Record<string, Call>> | undefined)?.[name],
    })),
);
const ofTeams = walked.filter(({ need }) => need !== 'nobody' && need !== 'anybody');
const taking = ofTeams.filter(({ need }) => need !== 'member' && need !== 'assigned');

test('every function that is served and is about a team is walked through', () => {
  expect(ofTeams.length).toBeGreaterThan(60);
  expect(ofTeams.filter(({ call }) => !call).map(({ name }) => name)).toEqual([]);
});

const privilegeOf = (need: Need): Privilege => need.replace('*', '') as Privilege;

describe('for somebody of another team there is no such thing, and no trace of it', () => {
  test.each(ofTeams.filter(({ need }) => !need.endsWith('*')))('$name', async ({ call }) => {
    await give(allPrivileges);
    const run = await call!(mia);
    const refusal = await refusalOf(run(outsider));
    expect(refusal.errorCode).toBe(ErrorCode.NOT_FOUND);
    expect(JSON.stringify(refusal)).not.toMatch(new RegExp(SECRET));
  });
});

describe('for a member without the privilege it is not allowed, whatever else it may', () => {
  test.each(taking)('$name: $need', async ({ need, call }) => {
    await give(allPrivileges);
    const run = await call!(mia);
    const privilege = privilegeOf(need);
    await give(allPrivileges.filter(other => other !== privilege));
    const refusal = await expectRefusal(
      run(mia),
      ErrorCode.INSUFFICIENT_PERMISSIONS,
      'insufficient-permissions',
      new RegExp(privilege),
    );
    expect(refusal.details).toEqual({ privilege });
  });
});

describe('with the privilege alone it works', () => {
  test.each(taking)('$name: $need', async ({ need, call }) => {
    await give(allPrivileges);
    const run = await call!(mia);
    // Some calls make somebody an EXECUTOR, and nobody gives what it does not have.
    await give([...new Set([privilegeOf(need), ...builtInRoles.EXECUTOR])]);
    await run(mia);
  });
});

describe('for a member without any privilege it works where none is needed', () => {
  test.each(ofTeams.filter(({ need }) => need === 'member' || need === 'assigned'))('$name', async ({ call }) => {
    await (await call!(admin))(bare);
  });
});

test.each(walked)('$name without a token: as the table says', async ({ name, need }) => {
  const connection = await server.connect();
  const [service, fn] = name.split('.') as [ServiceName, string];
  const called = connection.service(service) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const outcome = await called[fn]!(...Array.from({ length: called[fn]!.length })).then(
    () => 'answered',
    error => error.slug,
  );
  if (need === 'nobody') expect(outcome).not.toBe('not-logged-in');
  else expect(outcome).toBe('not-logged-in');
});

const placesIn = (name: string): string[] => {
  const [service, fn] = name.split('.') as [ServiceName, string];
  return placesOf(service, fn);
};

const newDefinition = async (more: Partial<Metadata> = {}) =>
  (await metadataOf(admin).add(admin.teamId, { ...list(), owner: Owner.ALL, ...more })).id;
const newIcon = async (kind: 'createEquipment' | 'createNoticeIcon') =>
  (await headersOf(admin)[kind](admin.teamId, picture, name())).id;
const newApiToken = async () => (await admin.auth.createApiToken({ name: name() })).tokenId;

/** A step that is added, whose content names something of the team. */
const adding =
  (content: () => Promise<Partial<BaseStep>>): Call =>
  async owner => {
    const { id, stepGroup } = await locked(owner);
    const more = await content();
    return user => user.templates.addStepModular(id, stepGroup.id, step(name(), more), -1, false);
  };
const acting = (action: () => Promise<unknown>): Call =>
  adding(async () => ({ flow: { action: await action() } as never }));
const leading = (path: () => Promise<unknown>): Call =>
  adding(async () => ({ flow: { paths: [await path()] } as never }));
const describing = (element: () => Promise<unknown>): Call =>
  adding(async () => ({ descrip: [await element()] as BaseStep['descrip'] }));
const headed = (headers: () => Promise<unknown>): Call =>
  onceLocked(async () => {
    const made = await headers();
    return (user, { id }) => user.templates.updateRootHeaders(id, made as never);
  });
const referring = (reference: () => Promise<unknown>): Call =>
  adding(async () => ({ titleWrapper: { template: '{0}', references: [await reference()] } as never }));

function onceLocked(make: () => Promise<(user: TestUser, template: JobTemplate) => Promise<unknown>>): Call {
  return async owner => {
    const template = await locked(owner);
    const call = await make();
    return user => call(user, template);
  };
}

const ofSheets =
  (act: (id: string) => object): Call =>
  async () => {
    const setId = await newSet();
    const [sheet] = await sheetsOf(admin).sheetOps(setId, [{ add: { name: name() } as never }]);
    return user => sheetsOf(user).sheetOps(setId, [act(sheet!.id) as never]);
  };
const ofDefinitions =
  (act: (id: string) => object): Call =>
  async () => {
    const setId = await newSet();
    const [made] = await sheetsOf(admin).definitionOps(setId, [
      { add: { name: name(), type: 1, position: -1 } as never },
    ]);
    return user => sheetsOf(user).definitionOps(setId, [act(made!.id) as never]);
  };
const filtering =
  (where: () => Promise<object>): Call =>
  async () => {
    const filter = { teamId: admin.teamId, ...(await where()) };
    return user => user.templates.query(select, filter, []);
  };
const creating =
  (overrides: (made: Awaited<ReturnType<typeof withSheets>>) => object): Call =>
  async () => {
    const made = await withSheets(admin, [name(), name()]);
    return user => user.jobs.createJobs(made.templateId, overrides(made));
  };
async function jobWithStep(): Promise<{ id: string; stepId: string }> {
  const { id, ...made } = await newJob(admin, [step(name())]);
  const { currentSteps } = await admin.jobs.getJob(id, {});
  return { ...made, id, stepId: currentSteps[0]!.stepId! };
}
/** A job with a row of related properties. */
async function jobWithRow(): Promise<{ id: string; rowId: string }> {
  const { id } = await draft();
  const level = { propertyName: 'level', dataType: ExtendedPropertyDataType.Integer };
  const relationshipType = ExtendedPropertyRelationshipType.OneToMany;
  await admin.templates.acquireLock(id);
  await admin.templates.update(id, {
    extendedPropertyTables: [{ tableName: 'reading', relationshipType, properties: [level] }],
  });
  await admin.templates.publish(id);
  const entries = [{ properties: [{ propertyName: 'level', value: '1' }] }];
  const { jobIds } = await admin.jobs.createJobs(id, { relatedProperties: [{ tableName: 'reading', entries }] });
  const { relatedProperties } = await admin.jobs.getJob(jobIds[0]!, { extProps: true });
  return { id: jobIds[0]!, rowId: relatedProperties![0]!.entries[0]!.id };
}
const onStep =
  (act: 'startSteps' | 'finishSteps' | 'stopSteps' | 'refreshSteps'): Call =>
  async () => {
    const started = await newJob(admin, [step(name())]);
    const { currentSteps } = await started.get(admin);
    return user => user.jobs[act](started.id, [currentSteps[0]!.stepId!]);
  };

/** Calls that take ids where those above take none: "Service.function", and what else it takes. */
const naming: (readonly [string, Call])[] = [
  [
    'JobTemplateService.create with metadata',
    async () => {
      const metadataId = await newDefinition({ type: MetadataType.TEXT, constraints: {} });
      const entry = { metadataId, key: '', value: { text: 'x' } };
      return user => user.templates.create(admin.teamId, { title: name(), metadataEntry: [entry] }, []);
    },
  ],
  [
    'JobTemplateService.create with attributes',
    async () => {
      const label = name();
      const [made] = await abacOf(admin).updateAttributes(admin.teamId, [
        { id: '', label: name(), values: [{ id: '', label }] },
      ]);
      const attribute =
        (await abacOf(admin).getAttributes(admin.teamId)).find(({ values }) =>
          values.some(value => value.label === label),
        ) ?? made!;
      return user => user.templates.create(admin.teamId, { title: name() }, [attribute]);
    },
  ],
  [
    'JobTemplateService.create with defaults',
    async () => {
      const assignedTo = await newGroup();
      const defaults = { assignedType: AssignedType.Group, assignedTo };
      return user => user.templates.create(admin.teamId, { title: name(), defaults } as never, []);
    },
  ],
  [
    'JobTemplateService.updateMetadata with options',
    onceLocked(async () => {
      const { id: metadataId, red } = await newList({ owner: Owner.JOB_TEMPLATE });
      return (user, { id }) => user.templates.updateMetadata(id, { [metadataId]: { listValueId: red } }, []);
    }),
  ],
  [
    'JobTemplateService.updateMetadata with several options',
    onceLocked(async () => {
      const { id: metadataId, red } = await newList({
        owner: Owner.JOB_TEMPLATE,
        type: MetadataType.MULTI_SELECT_LIST,
      });
      return (user, { id }) =>
        user.templates.updateMetadata(id, { [metadataId]: { selectedListValueIds: { valueIds: [red] } } } as never, []);
    }),
  ],
  [
    'JobTemplateService.updateMetadata taking away',
    onceLocked(async () => {
      const metadataId = await newDefinition();
      return (user, { id }) => user.templates.updateMetadata(id, {}, [metadataId]);
    }),
  ],
  [
    'JobTemplateService.updateTags taking away',
    async () => {
      const { id } = await draft();
      const tagId = await newTag();
      await admin.templates.updateTags(id, [{ tagId }], []);
      return user => user.templates.updateTags(id, [], [tagId]);
    },
  ],
  ['JobTemplateService.addStepModular with a document', describing(async () => ({ doc: { id: picture, name: '' } }))],
  [
    'JobTemplateService.addStepModular with a notice',
    describing(async () => ({ notice: { id: '', descrip: 'x', icon: { id: await newIcon('createNoticeIcon') } } })),
  ],
  [
    'JobTemplateService.addStepModular with metadata',
    adding(async () => {
      const metadataId = await newDefinition({ type: MetadataType.TEXT, constraints: {} });
      return { metadataById: { [metadataId]: { metadataId: '', key: '', value: { text: 'x' } } } };
    }),
  ],
  [
    'JobTemplateService.addStepModular with an assignee',
    adding(async () => ({
      impl: { step: { stepFields: [], stepType: 0, assignee: { id: bare.id, type: AssigneeType.User } } },
    })),
  ],
  [
    'JobTemplateService.addStepModular with a reference to metadata',
    referring(async () => ({ jobMetadataRef: { metadataId: await newDefinition() } })),
  ],
  [
    'JobTemplateService.addStepModular with a reference to a data sheet',
    referring(async () => {
      const { setId, definitionId } = await withSheets(admin, [name()]);
      return { dataSheetRef: { setId, definitionId } };
    }),
  ],
  [
    'JobTemplateService.addStepGroupModular from a template',
    async owner => {
      const source = { id: (await draft()).id, version: 1 };
      const { id, stepGroup } = await locked(owner);
      const more = { impl: { stepGroup: { sourceTemplate: source } } };
      return user => user.templates.addStepGroupModular(id, stepGroup.id, group(name(), [], more as never), -1, false);
    },
  ],
  [
    'JobTemplateService.addStepModular that creates jobs',
    acting(async () => ({ createJobs: { templateId: (await published()).id } })),
  ],
  [
    'JobTemplateService.addStepModular that notifies users',
    acting(async () => ({ notify: { userIds: [bare.id], message: 'x' } })),
  ],
  [
    'JobTemplateService.addStepModular that notifies groups',
    acting(async () => ({ notify: { groupIds: [await newRole()], message: 'x' } })),
  ],
  [
    'JobTemplateService.addStepModular that leads to a step',
    leading(async () => ({ nextStepId: (await draft()).stepGroup.children[0]!.id })),
  ],
  [
    'JobTemplateService.addStepModular that leads to a user',
    leading(async () => ({ nextStepId: 'somewhere', assignment: 3, assignedTo: bare.id })),
  ],
  [
    'JobTemplateService.updateRootHeaders with a category',
    headed(async () => ({ category: { id: await newCategory() } })),
  ],
  [
    'JobTemplateService.updateRootHeaders with equipment',
    headed(async () => ({ equipment: [{ id: await newIcon('createEquipment') }] })),
  ],
  [
    'NotificationService.poll of jobs and templates',
    async () => {
      const [jobId, { id }] = [await job(), await draft()];
      const filter = { teamId: admin.teamId, jobIds: [jobId], templateIds: [id] };
      return user => notificationsOf(user).poll('', filter, 0);
    },
  ],
  [
    'NotificationService.setEventWebhook that is there',
    async () => {
      const id = await newEventWebhook();
      const filter = { jobIds: [await job()], templateIds: [(await draft()).id] };
      return user => notificationsOf(user).setEventWebhook(admin.teamId, id, ADDRESS, filter);
    },
  ],
  ['JobTemplateService.query by author', filtering(async () => ({ authorId: bare.id }))],
  ['JobTemplateService.query by category', filtering(async () => ({ rootCategoryId: await newCategory() }))],
  [
    'JobTemplateService.getLatestVersions',
    async () => {
      const { id } = await draft();
      return user => user.templates.getLatestVersions([id]);
    },
  ],
  [
    'JobsService.addAttachment to a step',
    async () => {
      const made = await newJob(admin, [step(name())]);
      const { currentSteps } = await made.get(admin);
      const details = { jobId: made.id, stepId: currentSteps[0]!.stepId!, fileName: 'a.txt', attachment: BYTES };
      return user => user.jobs.addAttachment(details);
    },
  ],
  [
    'JobsService.createJobs for somebody',
    async () => {
      const { id } = await published();
      return user => user.jobs.createJobs(id, { assignedType: AssignedType.User, assignedTo: bare.id });
    },
  ],
  [
    'JobsService.createJobs with a data sheet',
    creating(({ setId, sheetIds }) => ({ plannedDataSheetIds: { [setId]: sheetIds[0] } })),
  ],
  [
    'JobsService.addHolds to a step',
    async () => {
      const { id, stepId } = await jobWithStep();
      return user => user.jobs.addHolds({ jobId: id, stepIds: [stepId] });
    },
  ],
  [
    'JobsService.addDependency of a step on a step',
    async () => {
      const [waiting, other] = [await jobWithStep(), await jobWithStep()];
      const details = { jobId: waiting.id, dependentJobId: other.id, dependentStepId: other.stepId };
      return user => user.jobs.addDependency({ ...details, stepIds: [waiting.stepId] });
    },
  ],
  [
    'JobsService.updateJob while a step runs',
    async () => {
      const { id, stepId } = await jobWithStep();
      await admin.jobs.startSteps(id, [stepId]);
      return user => user.jobs.updateJob(id, { jobName: name() }, stepId);
    },
  ],
  [
    'JobsService.updateJob of a related row',
    async () => {
      const { id, rowId } = await jobWithRow();
      const entries = [{ id: rowId, properties: [{ propertyName: 'level', value: '2' }] }];
      return user =>
        user.jobs.updateJob(id, { relatedProperties: { updates: [{ tableName: 'reading', entries }] } }, '');
    },
  ],
  [
    'JobsService.updateJob without a related row',
    async () => {
      const { id, rowId } = await jobWithRow();
      const deletes = [{ tableName: 'reading', ids: [rowId] }];
      return user => user.jobs.updateJob(id, { relatedProperties: { deletes } }, '');
    },
  ],
  ['JobsService.startSteps by id', onStep('startSteps')],
  ['JobsService.finishSteps by id', onStep('finishSteps')],
  ['JobsService.stopSteps by id', onStep('stopSteps')],
  ['JobsService.refreshSteps by id', onStep('refreshSteps')],
  [
    'JobsService.respondToStep of a step',
    async () => {
      const jobId = await job();
      const [current] = (await admin.jobs.getJob(jobId, {})).currentSteps;
      return user => user.jobs.respondToStep(jobId, { stepId: current!.stepId!, questionResponse: 'yes' });
    },
  ],
  [
    'AuthenticationService.createApiToken for a team',
    async () => user => user.auth.createApiToken({ name: name(), teamIds: [admin.teamId] }),
  ],
  [
    'AuthenticationService.revokeApiToken',
    async () => {
      const tokenId = await newApiToken();
      return user => user.auth.revokeApiToken(tokenId);
    },
  ],
  [
    'AuthenticationService.revokeToken',
    async () => {
      const tokenId = await newApiToken();
      return user => user.auth.revokeToken(tokenId);
    },
  ],
  ['AuthenticationService.listTokens', async () => user => user.auth.listTokens(bare.id)],
  ['UserService.query', async () => user => user.users.query(select, { teamId: admin.teamId }, [])],
  [
    'UserService.updateWithPassword',
    async () => user =>
      user.users.updateWithPassword(
        { id: admin.id, email: admin.email, name: 'outsider', validatedAt: 0 },
        outsider.password,
      ),
  ],
  [
    'UserService.validate',
    async () => user => user.users.validate({ id: admin.id, email: '', name: 'outsider', validatedAt: 0 }, PASSWORD),
  ],
  [
    'AuditService.query by people',
    async () => user =>
      user.connection.service('AuditService').query(admin.teamId, { actorId: admin.id, subjectId: bare.id }),
  ],
  ['DataSheetService.sheetOps update', ofSheets(id => ({ update: { id, name: name() } }))],
  [
    'DataSheetService.sheetOps with values',
    async () => {
      const { setId, definitionId } = await withSheets(admin, [name()]);
      const sheet = { name: name(), idValues: { [definitionId]: { text: 'x' } } };
      return user => sheetsOf(user).sheetOps(setId, [{ add: sheet as never }]);
    },
  ],
  ['DataSheetService.sheetOps get', ofSheets(getId => ({ getId }))],
  ['DataSheetService.sheetOps archive', ofSheets(archiveId => ({ archiveId }))],
  ['DataSheetService.sheetOps unarchive', ofSheets(unarchiveId => ({ unarchiveId }))],
  [
    'DataSheetService.definitionOps update',
    ofDefinitions(id => ({ update: { id, name: name(), type: 1, position: -1 } })),
  ],
  ['DataSheetService.definitionOps get', ofDefinitions(getId => ({ getId }))],
  ['DataSheetService.definitionOps archive', ofDefinitions(archiveId => ({ archiveId }))],
  ['DataSheetService.definitionOps unarchive', ofDefinitions(unarchiveId => ({ unarchiveId }))],
  ['DataSheetService.definitionOps check', ofDefinitions(checkArchiveId => ({ checkArchiveId }))],
];

/** Places where ids of other teams are answered, but not by 404, and never with a trace: by which code, if any, and why that is right. */
const answeredOtherwise: Readonly<Record<string, { code?: ErrorCode; why: string }>> = {
  'TeamService.addUserById(userId)': { why: 'people work in several teams: whoever knows an id may ask them in' },
  'RoleService.removeHolders(userIds)': { why: 'who does not hold it is no holder afterwards' },
  'GroupService.removeMembers(userIds)': { why: 'who is not in it is no member afterwards' },
  'JobTemplateService.updateMetadata(removedIds)': { why: 'what has no value has none afterwards' },
  'JobTemplateService.updateTags(removedTagIds)': { why: 'what does not have the tag does not have it afterwards' },
  'JobTemplateService.getLatestVersions(templateIds)': { why: 'what is not seen is left out' },
  'JobsService.startSteps(stepIds)': { why: 'each step has an answer of its own: it is none of the job' },
  'JobsService.stopSteps(stepIds)': { why: 'each step has an answer of its own: it is none of the job' },
  'notifications.NotificationFilter.jobIds': { why: 'nothing is told of a job that is not there' },
  'notifications.NotificationFilter.templateIds': { why: 'nothing is told of a template that is not there' },
  'JobsService.refreshSteps(stepIds)': { why: 'each step has an answer of its own: it is none of the job' },
  'jobs.StepInfoResponse.stepId': { why: 'the step has an answer of its own: it is none of the job' },
  'flow.CreateJobsAction.templateId': { why: 'looked up when the template is published' },
  'flow.NotifyAction.userIds': { why: 'looked up when the template is published' },
  'flow.NotifyAction.groupIds': { why: 'looked up when the template is published' },
  'JobsService.setCurrentStep(stepId)': { why: 'the step has an answer of its own: it is none of the job' },
  'jobs.JobHoldDetails.stepIds': { why: 'each step has an answer of its own: it is none of the job' },
  'jobs.JobDependencyDetails.stepIds': { why: 'each step has an answer of its own: it is none of the job' },
  'jobs.JobRelatedPropertyUpdateEntry.id': { code: ErrorCode.BAD_REQUEST, why: 'a value in the update of a job' },
  'jobs.JobRelatedPropertyDelete.ids': { code: ErrorCode.BAD_REQUEST, why: 'a value in the update of a job' },
  'metadata.MetadataValue.listValueId': { code: ErrorCode.BAD_REQUEST, why: 'a value, which is not in the list' },
  'common.SelectedListValueIds.valueIds': { code: ErrorCode.BAD_REQUEST, why: 'a value, which is not in the list' },
  'flow.StepPath.nextStepId': { why: 'looked up when the template is published' },
  'flow.StepPath.assignedTo': { why: 'looked up when the template is published' },
  'JobsService.finishSteps(stepIds)': { why: 'each step has an answer of its own: it is none of the job' },
  'abac.AbacActor.id': { why: 'the answer to each question is no' },
  'job_template.TemplateWhereOpts.authorId': { why: 'a filter, which finds nothing' },
  'job_template.TemplateWhereOpts.rootCategoryId': { why: 'a filter, which finds nothing' },
  'audit.AuditWhereOpts.actorId': { why: 'a filter, which finds nothing' },
  'audit.AuditWhereOpts.subjectId': { why: 'a filter, which finds nothing' },
  'metadata.ListOptions.valueIds': { why: 'ignored: the options are named by their texts' },
  'flow.JobDefaults.assignedTo': { why: 'looked up when a job is created' },
  'step.Assignee.id': { why: 'looked up when the template is published' },
  'jobs.CreateJobOverrides.plannedDataSheetIds (key)': {
    code: ErrorCode.BAD_REQUEST,
    why: 'the procedure does not refer to such a set, whether there is one or not',
  },
};

const CHOSEN = 'chosen by the client, as a name within the template';
const FILLED = 'filled by the server, ignored on writes';

/** Places that look like ids and take none of a thing that belongs to a team: what they are. */
const noIdsOfTeams: Readonly<Record<string, string>> = {
  'TeamService.create(regionId)': 'a region of the server',
  'TeamService.createWithUser(regionId)': 'a region of the server',
  'jobs.Query.searchId': 'no search is stored',
  'user.User.regionId': FILLED,
  'user.UserModular.id': FILLED,
  'UserService.resendConfirmation(teamId)': 'no caller: answered alike whatever it is',
  'common.ExternalOpts.externalId': 'an id in another system',
  'common.SystemException.rqId': FILLED,
  'document.Document.teamId': FILLED,
  'document.Document.thumbnailId': FILLED,
  'data_sheet.DataSheetSet.id': FILLED,
  'field_data.NumberUnitConstraint.quantityId': 'of the catalogue, the same for all teams',
  'field_data.NumberUnitConstraint.unitId': 'of the catalogue, the same for all teams',
  'field_data.NumberUnit.id': 'of the catalogue, the same for all teams',
  'step.BaseStep.id': 'one that the tree does not have becomes a new one',
  'step.BaseStep.clientId': CHOSEN,
  'step.BaseStep.parentId': FILLED,
  'step.BaseStep.jobBaseStepId': FILLED,
  'step.BaseStep.parentJobBaseStepId': FILLED,
  'step.Field.id': 'one that the step does not have becomes a new one',
  'step.Field.clientId': CHOSEN,
  'group_headers.NoticeHeader.id': 'one that the group does not have becomes a new one',
  'formula.FieldReference.fieldClientId': CHOSEN,
  'formula.FieldReference.fieldId': CHOSEN,
  'formula.FieldReference.stepClientId': CHOSEN,
  'formula.FieldReference.jobBaseStepId': FILLED,
  'jobs.CreateJobOverrides.jobId': 'chosen by the client for the new job',
  'jobs.CreateJobOverrides.requestId': 'chosen by the client for the call',
  'jobs.JobVersion.versionId': 'of a data source outside',
};

/** What the tests of a team work with; `calls` are made ready in one of these. */
interface World {
  readonly admin: TestUser;
  readonly bare: TestUser;
  readonly picture: string;
  readonly word: string;
}

async function inWorld<T>(world: World, act: () => Promise<T>): Promise<T> {
  const before = { admin, bare, picture, word };
  ({ admin, bare, picture, word } = world);
  try {
    return await act();
  } finally {
    ({ admin, bare, picture, word } = before);
  }
}

interface Sent {
  readonly service: ServiceName;
  readonly name: string;
  readonly args: unknown[];
}

/** The calls that `run` makes, none of which leaves. */
async function sentBy(run: (user: TestUser) => Promise<unknown>): Promise<Sent[]> {
  const sent: Sent[] = [];
  const service = <S extends ServiceName>(service: S): Clients[S] =>
    new Proxy({} as Clients[S], {
      get:
        (_, name: string) =>
        async (...args: unknown[]) =>
          void sent.push({ service, name, args }),
    });
  const recorder = {
    ...admin,
    connection: { service } as TestUser['connection'],
    auth: service('AuthenticationService'),
    templates: service('JobTemplateService'),
    jobs: service('JobsService'),
    teams: service('TeamService'),
    users: service('UserService'),
  };
  // What works with the answers finds none.
  await run(recorder).catch(error => {
    if (sent.length === 0) throw error;
  });
  return sent;
}

describe('an id of another team in a call that is well but for it', () => {
  let ours: World;
  let theirs: World;
  const tried = new Set<string>();

  beforeAll(async () => {
    await give(allPrivileges);
    theirs = { admin, bare, picture, word };
    const otherBare = await newUser(server, outsider, 'other-bare');
    ours = { admin: outsider, bare: otherBare, picture: await uploadPicture(server, outsider), word: 'Other' };
  });

  const served = walked.filter(({ name }) => placesIn(name).length > 0);

  test.each([...served.filter(({ call }) => call).map(({ name, call }) => [name, call!] as const), ...naming])(
    '%s',
    async (what, call) => {
      const prepared = async (world: World) => {
        const run = await inWorld(world, () => call(world.admin));
        return inWorld(world, () => sentBy(run));
      };
      const own = await prepared(ours);
      const foreign = await prepared(theirs);
      const called = what.split(' ')[0]!;
      const index = own.findIndex(({ service, name }) => `${service}.${name}` === called);
      const { service, name, args } = own[index]!;
      for (const { place, value } of exchanged(service, name, args, foreign[index]!.args)) {
        tried.add(place);
        const outcome = await outcomeOf(service, name, value);
        // What is not served yet tells nothing of what there is.
        const right = answeredOtherwise[place] ?? { code: ErrorCode.NOT_FOUND };
        if (outcome.code !== ErrorCode.UNSUPPORTED_VERSION)
          expect({ place, code: outcome.code }).toEqual({ place, code: right.code });
        expect(JSON.stringify(outcome)).not.toMatch(new RegExp(SECRET));
      }
    },
  );

  /** In the place of the one answer of a map, or of a map of maps, or told by the one result of a list. */
  function refusalIn(answer: unknown): Pick<JobManageResult, 'errorCode'> | undefined {
    if (answer instanceof SystemException || answer == null || typeof answer !== 'object') return answer as undefined;
    if ((answer as JobManageResult).errorCode != null) return answer;
    const filled = Object.values(answer).filter(value => value != null);
    return filled.length === 1 ? refusalIn(filled[0]) : undefined;
  }

  /** The code and all that was told. */
  async function outcomeOf(
    service: ServiceName,
    name: string,
    args: unknown[],
  ): Promise<{ code?: number | undefined; told: unknown }> {
    const called = outsider.connection.service(service) as unknown as Record<
      string,
      (...args: unknown[]) => Promise<unknown>
    >;
    return called[name]!(...args).then(
      answer => ({ code: refusalIn(answer)?.errorCode, told: answer }),
      error => ({ code: error.errorCode, told: { ...error, message: error.message } }),
    );
  }

  test('was tried at every place of the interface that takes one', () => {
    const places = new Set(served.flatMap(({ name }) => placesIn(name)));
    const left = [...places].filter(place => !tried.has(place) && !(place in noIdsOfTeams));
    expect(left).toEqual([]);
  });

  test('has exceptions only where there are such places', () => {
    const places = new Set(served.flatMap(({ name }) => placesIn(name)));
    const listed = [...Object.keys(noIdsOfTeams), ...Object.keys(answeredOtherwise)];
    expect(listed.filter(place => !places.has(place))).toEqual([]);
    expect(Object.keys(answeredOtherwise).filter(place => !tried.has(place))).toEqual([]);
  });
});
