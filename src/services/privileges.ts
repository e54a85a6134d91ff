/**
 * What each function of the interface takes: the one table of it. A function that is missing does not compile; docs/privileges.md is
 * made of it, and a test walks through it over the wire. The functions that are not built yet stand here with what they will take.
 */
import { builtInRoles, type Privilege } from '../domain/privileges.ts';
import type { Clients, ServiceName } from './generated.ts';

/**
 * 'nobody': no token. 'anybody': any token; it is about the caller itself, or about what the caller sees. 'member': working in the team
 * that the thing belongs to. 'assigned': besides, having the step assigned. A privilege: having it in that team; with '*', in some team.
 */
export type Need = 'nobody' | 'anybody' | 'member' | 'assigned' | Privilege | `${Privilege}*`;

type Needs = { readonly [S in ServiceName]: { readonly [F in keyof Clients[S]]: Need } };

export const needs: Needs = {
  JobTemplateService: {
    index: 'member',
    get: 'member',
    query: 'anybody',
    fetch: 'member',
    getPublicVersion: 'member',
    fetchPublicVersions: 'member',
    fetchPublishedVersions: 'member',
    getLatestVersions: 'member',
    searchStepGroups: 'member',
    create: 'templateCreate',
    update: 'templateEdit',
    archive: 'templateArchive',
    unarchive: 'templateArchive',
    cloneTemplate: 'templateCreate',
    createLocalTemplate: 'templateCreate',
    publish: 'templatePublish',
    beginReview: 'templateEdit',
    endReview: 'templatePublish',
    publishVersion: 'templatePublish',
    acquireLock: 'templateEdit',
    forceAcquireLock: 'templateForceLock',
    releaseLock: 'templateEdit',
    getHistory: 'member',
    revert: 'templateEdit',
    addStepModular: 'templateEdit',
    addStepGroupModular: 'templateEdit',
    moveStepModular: 'templateEdit',
    moveStepGroupModular: 'templateEdit',
    removeStepModular: 'templateEdit',
    removeStepGroupModular: 'templateEdit',
    cloneStepModular: 'templateEdit',
    cloneStepGroupModular: 'templateEdit',
    updateStepGroup: 'templateEdit',
    addStep: 'templateEdit',
    addStepGroup: 'templateEdit',
    cloneStep: 'templateEdit',
    cloneStepGroup: 'templateEdit',
    addDocument: 'templateEdit',
    removeDocument: 'templateEdit',
    updateDocument: 'templateEdit',
    updateRootHeaders: 'templateEdit',
    updateMetadata: 'templateEdit',
    getTags: 'member',
    updateTags: 'templateEdit',
    updateAttribute: 'templateEdit',
  },
  JobsService: {
    addAttachment: 'jobUpdateAttachments',
    addAttachmentLinked: 'jobUpdateAttachments',
    addDependency: 'jobUpdateHolds',
    addHolds: 'jobUpdateHolds',
    addJobComment: 'member',
    assignCurrentStep: 'jobAssignAny',
    assignStep: 'jobAssignAny',
    calculateJobStatistics: 'anybody',
    closeJobs: 'jobClose',
    createJobs: 'jobCreate',
    deleteAttachment: 'jobUpdateAttachments',
    deleteJobs: 'jobDelete',
    finishSteps: 'assigned',
    getAttachmentBody: 'member',
    getAttachmentUrl: 'member',
    getAttachments: 'member',
    getJob: 'member',
    getJobComments: 'member',
    getJobDiagram: 'member',
    getJobHistory: 'member',
    getJobLocation: 'member',
    queryJobs: 'anybody',
    refreshSteps: 'assigned',
    releaseDependency: 'jobUpdateHolds',
    releaseHolds: 'jobUpdateHolds',
    reopenJobs: 'jobReopenClosed',
    setCurrentStep: 'workflowSetStepCurrent',
    setJobLocation: 'jobUpdateLocation',
    startSteps: 'assigned',
    stopSteps: 'assigned',
    updateAttachment: 'jobUpdateAttachments',
    updateJob: 'member',
    upgradeJobs: 'jobUpgrade',
    closeJobsEach: 'jobClose',
    deleteJobsEach: 'jobDelete',
    reopenJobsEach: 'jobReopenClosed',
    upgradeJobsEach: 'jobUpgrade',
    previewUpgrade: 'jobUpgrade',
    respondToStep: 'assigned',
    getAttachmentChunk: 'member',
    beginAttachmentUpload: 'jobUpdateAttachments',
    putAttachmentChunk: 'jobUpdateAttachments',
    finishAttachmentUpload: 'jobUpdateAttachments',
    getJobHistoryPage: 'member',
  },
  AuthenticationService: {
    login: 'nobody',
    logout: 'anybody',
    authenticate: 'nobody',
    ping: 'nobody',
    createApiToken: 'anybody',
    revokeApiToken: 'anybody',
    listTokens: 'anybody',
    revokeToken: 'anybody',
  },
  TeamService: {
    listAllRegions: 'anybody',
    create: 'adminAdvanced*',
    createWithUser: 'adminAdvanced*',
    getTeamBySubdomain: 'member',
    get: 'member',
    index: 'anybody',
    addUserById: 'adminBasic',
    addUserByEmail: 'adminBasic',
    createUser: 'adminBasic',
    updateUserRoles: 'adminBasic',
    removeUserFromTeam: 'adminBasic',
    update: 'adminAdvanced',
    setTemplateApprovalWebhook: 'adminAdvanced',
    inviteUser: 'adminBasic',
    resetPassword: 'adminAdvanced',
  },
  UserService: {
    index: 'member',
    get: 'member',
    query: 'anybody',
    fetch: 'member',
    fetchByTeam: 'member',
    update: 'adminBasic',
    updateWithPassword: 'anybody',
    forgotPassword: 'nobody',
    validate: 'anybody',
    resendConfirmation: 'nobody',
    validateWithToken: 'nobody',
    joinWithToken: 'nobody',
    recoverPassword: 'nobody',
    updatePassword: 'anybody',
    updateAttribute: 'adminBasic',
    disableUser: 'adminAdvanced',
    enableUser: 'adminAdvanced',
  },
  RoleService: {
    listPrivileges: 'anybody',
    index: 'member',
    get: 'member',
    create: 'adminAdvanced',
    update: 'adminAdvanced',
    archive: 'adminAdvanced',
    unarchive: 'adminAdvanced',
    getHolders: 'member',
    addHolders: 'adminBasic',
    removeHolders: 'adminBasic',
  },
  GroupService: {
    index: 'member',
    get: 'member',
    create: 'adminBasic',
    update: 'adminBasic',
    archive: 'adminBasic',
    unarchive: 'adminBasic',
    getMembers: 'member',
    addMembers: 'adminBasic',
    removeMembers: 'adminBasic',
  },
  AuditService: { query: 'adminBasic' },
  TagService: { index: 'member', get: 'member', create: 'templateEdit', update: 'templateEdit' },
  MetadataService: {
    addMetadata: 'adminBasic',
    getMetadata: 'member',
    add: 'adminBasic',
    index: 'member',
    get: 'member',
    update: 'adminBasic',
    updateListAdd: 'adminBasic',
    updateListRemove: 'adminBasic',
    updateListUpdate: 'adminBasic',
    updateListMerge: 'adminBasic',
    archive: 'adminBasic',
  },
  AbacService: { resolve: 'member', updateAttributes: 'adminBasic', getAttributes: 'member' },
  GroupHeaderContentService: {
    indexEquipment: 'member',
    indexNoticeIcons: 'member',
    indexCategories: 'member',
    createCategory: 'templateEdit',
    updateCategory: 'templateEdit',
    getCategory: 'member',
    archiveCategory: 'templateEdit',
    unarchiveCategory: 'templateEdit',
    createEquipment: 'templateEdit',
    createNoticeIcon: 'templateEdit',
  },
  DataSheetService: {
    querySets: 'member',
    createSet: 'templateEdit',
    updateSet: 'templateEdit',
    getSet: 'member',
    archiveSet: 'templateEdit',
    unarchiveSet: 'templateEdit',
    definitionOps: 'templateEdit',
    sheetOps: 'templateEdit',
    querySheets: 'member',
    updateAttribute: 'templateEdit',
  },
  ComponentService: { index: 'member', get: 'member', update: 'templateEdit' },
  FieldDataService: { getNumberUnits: 'member' },
  FormulaService: { getOperations: 'member', validateFormula: 'anybody' },
  NotificationService: { poll: 'anybody' },
};

/** What a function takes beyond the table in certain cases. */
export const notes: Readonly<Record<string, string>> = {
  'JobsService.createJobs': 'with `ownedBy` also `jobUpdateOwner`, with `assignedType` also `jobAssignAny`',
  'AuthenticationService.listTokens': 'of another user: `adminBasic` in a team of that user',
  'AuthenticationService.revokeApiToken': 'of another user: `adminBasic` in a team of that user',
  'AuthenticationService.revokeToken': 'of another user: `adminBasic` in a team of that user',
  'TeamService.addUserById': 'and every privilege of the roles given',
  'TeamService.addUserByEmail': 'and every privilege of the roles given',
  'TeamService.createUser': 'and every privilege of the roles given',
  'TeamService.inviteUser': 'and every privilege of the roles given',
  'TeamService.updateUserRoles': 'and every privilege of the roles given and taken',
  'TeamService.removeUserFromTeam': 'and every privilege of the roles of that user',
  'TeamService.resetPassword': 'in every team of that user',
  'UserService.update': 'of oneself: nothing; of others: in a team of that user',
  'UserService.disableUser': 'in every team of that user',
  'UserService.enableUser': 'in every team of that user',
  'RoleService.create': 'and every privilege that the role gets',
  'RoleService.update': 'and every privilege that the role gets or loses',
  'RoleService.archive': 'and every privilege of the role',
  'RoleService.unarchive': 'and every privilege of the role',
  'RoleService.addHolders': 'and every privilege of the role',
  'RoleService.removeHolders': 'and every privilege of the role',
};

const inWords = (need: Need): string =>
  ({ nobody: 'no token', anybody: 'a token', member: 'membership', assigned: 'the step' })[need as string] ??
  (need.endsWith('*') ? `\`${need.slice(0, -1)}\` in some team` : `\`${need}\``);

/** docs/privileges.md. */
export function privilegesPage(): string {
  const roles = Object.entries(builtInRoles).map(
    ([role, privileges]) =>
      `| ${role} | ${
        [...privileges]
          .sort()
          .map(name => `\`${name}\``)
          .join(', ') || 'none'
      } |`,
  );
  const services = Object.entries(needs).map(([service, functions]) => {
    const rows = Object.entries(functions).map(([name, need]) => {
      const note = notes[`${service}.${name}`];
      return `| \`${name}\` | ${inWords(need)}${note ? `; ${note}` : ''} |`;
    });
    return [`## ${service}`, '', '| function | needs |', '|---|---|', ...rows].join('\n');
  });
  return `${[INTRODUCTION, ['| role | privileges |', '|---|---|', ...roles].join('\n'), ...services].join('\n\n')}\n`;
}

const INTRODUCTION = `# Privileges

Made from \`src/services/privileges.ts\` by \`make gen\`; a test compares the two, and walks the table over the wire.

What is not in a team of the caller does not exist for it: 404, the same as for an id that never was. What it sees and may not do is
\`insufficient-permissions\` (476), with the privilege in \`details\`. In the tables:

- **no token**: whoever can reach the server;
- **a token**: any; the function is about the caller itself, or tells what the caller sees;
- **membership**: working in the team that the thing belongs to, with whatever roles;
- **the step**: membership, and a step that is unassigned, or assigned to the caller or a group of it; each step gets its answer;
- a privilege: having it in that team. A token for a program has no more than it was given.

Roles are sets of privileges. Four are built in; a team makes its own (\`RoleService\`), and somebody with several has the privileges of
all. Nobody gives or takes away a privilege that it does not have.`;
