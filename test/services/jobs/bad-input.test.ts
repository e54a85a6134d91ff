/**
 * Bad input, function by function: unknown ids and those of another team, closed jobs, empty and endless lists, dates out of order,
 * locations that are none, links that are scripts. Each has its refusal, with the field and what would be right, writes nothing, and
 * leaves the connection to the next call. What each text, number and list does at its ends: odd-input.test.ts.
 */
import { describe, expect, test } from '@jest/globals';
import { ErrorCode, SystemException } from '#gen/common_types';
import { AssignedType } from '#gen/flow_types';
import { type Geometry, type JobActionResponse, JobActionStepStatus, type JobManageResult } from '#gen/jobs_types';
import type { StatusName } from '../../support/jobs.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import {
  ADDRESS,
  admin,
  BYTES,
  type ForEach,
  notificationsOf,
  own,
  type Plant,
  type ServiceOfJobs,
  SHA256,
  server,
  theirs,
} from './served.ts';

type Outcome = { readonly answer: unknown } | { readonly refusal: SystemException };
type Expected = (outcome: Outcome) => void;
type Row = readonly [what: string, call: () => Promise<unknown>, expected: Expected];

const { BAD_REQUEST, NOT_FOUND, WRONG_STATE } = ErrorCode;

const refused =
  (code: ErrorCode, slug: string, message: RegExp): Expected =>
  outcome => {
    if (!('refusal' in outcome)) throw new Error(`it was taken: ${JSON.stringify(outcome.answer)}`);
    const { errorCode, slug: found, message: said } = outcome.refusal;
    expect({ code: errorCode, slug: found }).toEqual({ code, slug });
    expect(said).toMatch(message);
  };
const invalid = (message: RegExp): Expected => refused(BAD_REQUEST, 'invalid-argument', message);
const beyond = (message: RegExp): Expected => refused(BAD_REQUEST, 'limit-exceeded', message);
const missing = (what: string, message: RegExp): Expected => refused(NOT_FOUND, `${what}-not-found`, message);
const wrong = (slug: string, message: RegExp): Expected => refused(WRONG_STATE, slug, message);

function answerOf(outcome: Outcome): unknown {
  if ('answer' in outcome) return outcome.answer;
  throw outcome.refusal;
}

/** Each step says so. */
const eachStep =
  (status: StatusName, description: RegExp): Expected =>
  outcome => {
    const { success, stepResponses } = answerOf(outcome) as JobActionResponse;
    expect(success).toBe(false);
    expect(stepResponses.length).toBeGreaterThan(0);
    for (const response of stepResponses) {
      expect(JobActionStepStatus[response.status]).toBe(status);
      expect(response.statusDescription).toMatch(description);
    }
  };

/** Each job says so. */
const eachJob =
  (slug: string, message: RegExp): Expected =>
  outcome => {
    const results = answerOf(outcome) as JobManageResult[];
    expect(results.length).toBeGreaterThan(0);
    for (const result of results) {
      expect(result).toMatchObject({ success: false, slug });
      expect(result.message).toMatch(message);
    }
  };

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `x${index}`);
const MANY = 10_001;

const ofJob = (call: (jobId: string) => Promise<unknown>, field = 'jobId'): Row[] => {
  const none = missing('job', new RegExp(`^${field}: no job .*in your teams; createJobs returns the ids of jobs$`));
  return [
    ['an unknown job', () => call('no-such-job'), none],
    ['no id', () => call(''), none],
    ["another team's job", () => call(theirs.open.id), none],
    ["another team's closed job", () => call(theirs.closed.id), none],
    ['a job for ever', () => call('x'.repeat(100_000)), none],
  ];
};

/** Of a list of jobs, done whole or not at all. `unfit` is a job to which it cannot be done. */
const ofJobs = (
  call: (jobIds: string[]) => Promise<unknown>,
  unfit: (plant: Plant) => string,
  why: Expected,
): Row[] => [
  ...ofList(call),
  ['an unknown job among others', () => call([own.open.id, 'no-such-job']), missing('job', /^jobIds: no job no-such-/)],
  ['no id among others', () => call([own.open.id, '']), missing('job', /^jobIds: no job /)],
  ["another team's job among others", () => call([own.open.id, theirs.open.id]), missing('job', /^jobIds: no job /)],
  ['a job to which it cannot be done', () => call([unfit(own)]), why],
];

/** Of a list of jobs, each for itself. */
const ofEach = (
  call: (jobIds: string[]) => Promise<unknown>,
  unfit: (plant: Plant) => string,
  why: Expected,
): Row[] => [
  ...ofList(call),
  ['unknown jobs', () => call(['no-such-job', '']), eachJob('job-not-found', /^jobId: no job /)],
  ["another team's jobs", () => call([theirs.open.id, theirs.closed.id]), eachJob('job-not-found', /no job /)],
  ['a job to which it cannot be done', () => call([unfit(own)]), why],
];

const ofList = (call: (jobIds: string[]) => Promise<unknown>): Row[] => [
  ['no job', () => call([]), invalid(/^jobIds: empty; name at least one job$/)],
  ['10,001 jobs', () => call(ids(MANY)), beyond(/^jobIds: 10001 ids; at most 10000 in one call$/)],
  ['one job 10,001 times', () => call(Array(MANY).fill(own.open.id)), beyond(/^jobIds: 10001 ids/)],
];

/** Of steps, which answer one by one. @param field of the job and, with its members, of the steps */
const ofSteps = (call: (jobId: string, stepIds: string[]) => Promise<unknown>, params = ''): Row[] => [
  ...ofJob(jobId => call(jobId, []), `${params}jobId`),
  ...ofNoSteps(call),
  ['10,001 steps', () => call(own.open.id, ids(MANY)), beyond(/stepIds: 10001 ids; at most 1000 in one call$/)],
];
const ofNoSteps = (call: (jobId: string, stepIds: string[]) => Promise<unknown>): Row[] => {
  const none = eachStep('StepNotInDiagram', /no such step/);
  return [
    ['unknown steps', () => call(own.open.id, ['no-such-step', '']), none],
    ["another team's step", () => call(own.open.id, theirs.open.steps('a')), none],
  ];
};
const ofClosed = (call: (jobId: string, stepIds: string[]) => Promise<unknown>): Row[] => [
  ['a step of a closed job', () => call(own.closed.id, own.closed.steps('a')), eachStep('JobClosed', /reopen it/)],
  ['all steps of a closed job', () => call(own.closed.id, []), eachStep('JobClosed', /reopen it/)],
];

const ofAttachment = (call: (jobId: string, attachmentId: string) => Promise<unknown>, params = ''): Row[] => {
  const none = missing('attachment', /^attachmentId: .*; getAttachments lists/);
  return [
    ...ofJob(jobId => call(jobId, own.attachments.open), `${params}jobId`),
    ['an unknown attachment', () => call(own.open.id, 'nothing'), none],
    ['no attachment', () => call(own.open.id, ''), none],
    ["another job's attachment", () => call(own.open.id, own.attachments.closed), none],
    ["another team's attachment", () => call(own.open.id, theirs.attachments.open), none],
  ];
};

const closedJob = (call: (jobId: string) => Promise<unknown>, message: RegExp): Row[] => [
  ['a closed job', () => call(own.closed.id), wrong('job-closed', message)],
];

/** Where a step is given that something is shown at. */
const ofStep = (call: (stepId: string) => Promise<unknown>): Row[] => {
  const none = missing(
    'step',
    /^stepId: the procedure of the job has no step .*; give the id of one, or leave it unset$/,
  );
  return [
    ['an unknown step', () => call('no-such-step'), none],
    ["another team's step", () => call(theirs.open.step('a')), none],
  ];
};

const ring = [
  [0, 0],
  [0, 9],
  [9, 9],
  [9, 0],
];
const ofGeometry = (call: (geometry: Geometry) => Promise<unknown>, field: string): Row[] => {
  const none = (message: string) => refused(BAD_REQUEST, 'invalid-geometry', new RegExp(`^${field}${message}`));
  return [
    ['no location', () => call({}), none(': nothing is set; expected x and y, or points, or paths, or rings$')],
    ['NaN', () => call({ x: Number.NaN, y: 0 }), invalid(new RegExp(`^${field}.x: NaN; expected a finite number$`))],
    ['infinity', () => call({ points: [[0, Infinity]] }), invalid(/\[0\]\[1\]: Infinity; expected a finite number$/)],
    ['a ring that is not closed', () => call({ rings: [ring] }), none('.rings\\[0\\]: ends at \\(9, 0\\)')],
    ['no rings', () => call({ rings: [] }), none('.rings: is empty')],
    ['a ring of nothing', () => call({ rings: [[]] }), none('.rings\\[0\\]: ')],
    ['a position of nothing', () => call({ points: [[]] }), none('.points\\[0\\]: ')],
    ['a place off the map', () => call({ x: 1e308, y: -1e308 }), none('')],
    [
      'an unknown coordinate system',
      () => call({ x: 0, y: 0, spatialReference: { wkid: 7 } }),
      none('.spatialReference.wkid: 7 is no coordinate system'),
    ],
  ];
};

const ofAssignment = (call: (to: string, type: AssignedType) => Promise<unknown>): Row[] => [
  [
    'an unknown user',
    () => call('zoe', AssignedType.User),
    missing('user', /^assignedTo: no user "zoe" works in this/),
  ],
  ["another team's user", () => call(theirs.user.id, AssignedType.User), missing('user', /^assignedTo: no user /)],
  ['no user', () => call('', AssignedType.User), invalid(/^assignedTo: empty/)],
  [
    'an unknown group',
    () => call('PLUMBERS', AssignedType.Group),
    missing('group', /^assignedTo: no group "PLUMBERS"/),
  ],
  [
    'a type that is none',
    () => call('x', 7 as AssignedType),
    invalid(/^assignedType: 7 is no flow.AssignedType; expected/),
  ],
];

const FIRST = 1000;
const ofOverrides = (call: (overrides: object) => Promise<unknown>, field: string): Row[] => {
  const property = (identifier: string) => ({ extendedProperties: [{ identifier, value: 'x' }] });
  const out = refused(BAD_REQUEST, 'dates-out-of-order', /dueDate: 999 lies before startDate 1000/);
  const none = (message: string) => refused(BAD_REQUEST, 'invalid-property', new RegExp(message));
  return [
    ['dates out of order', () => call({ startDate: FIRST, dueDate: FIRST - 1 }), out],
    ['a date before all dates', () => call({ startDate: -9e15 }), invalid(/startDate: -9000000000000000; expected/)],
    ['a date behind all dates', () => call({ dueDate: 9e15 }), invalid(/dueDate: 9000000000000000; expected/)],
    [
      'progress that is no number',
      () => call({ percentComplete: Number.NaN }),
      invalid(/percentComplete: NaN; expected/),
    ],
    ['progress beyond 100', () => call({ percentComplete: 101 }), invalid(/percentComplete: 101; expected 0 to 100/)],
    ['an unknown owner', () => call({ ownedBy: 'zoe' }), missing('user', /ownedBy: no user "zoe" works in this team/)],
    ["another team's owner", () => call({ ownedBy: theirs.user.id }), missing('user', /ownedBy: no user /)],
    ['an unknown parent', () => call({ parentJob: 'none' }), missing('job', /parentJob: no job none in /)],
    ["another team's parent", () => call({ parentJob: theirs.open.id }), missing('job', /parentJob: no job /)],
    [
      'an unknown priority',
      () => call({ priority: 'Urgent' }),
      refused(BAD_REQUEST, 'unknown-priority', /"Urgent"; there/),
    ],
    [
      'an unknown status',
      () => call({ jobStatus: 'Begun' }),
      refused(BAD_REQUEST, 'unknown-status', /"Begun"; there are/),
    ],
    ['an unknown property', () => call(property('site.none')), none('site.none')],
    ['an unknown table', () => call(property('none.code')), none('none.code')],
    ['a property without a table', () => call(property('')), none('.')],
    [
      'a name for ever',
      () => call({ jobName: 'x'.repeat(501) }),
      beyond(/jobName: 501 characters; the longest may have 500$/),
    ],
    [
      'notes for ever',
      () => call({ notes: 'x'.repeat(20_001) }),
      beyond(new RegExp(`^${field}.notes: 20001 characters`)),
    ],
  ];
};
const related = (tableName: string, rows: number) => ({
  tableName,
  entries: Array.from({ length: rows }, () => ({ properties: [{ propertyName: 'name', value: 'x' }] })),
});

/** Of what queries and statistics have in common. */
const ofJobsFound = (call: (asked: object) => Promise<unknown>): Row[] => {
  const q = 'closed = 0';
  const filter = (text: string) => () => call({ q: text });
  const bad = (message: RegExp) => refused(BAD_REQUEST, 'invalid-filter', message);
  const noPlace = refused(BAD_REQUEST, 'invalid-geometry', /^spatialExtent: /);
  const bomb = (letters: number) => `jobName LIKE '${'%a'.repeat(letters)}%'`;
  return [
    ...ofTeam(teamId => call({ q, teamId })),
    ['nothing to look for', () => call({}), invalid(/^q: neither q nor search is given; expected/)],
    [
      'a filter of 9 KB',
      filter(`jobName = '${'x'.repeat(9 * 1024)}'`),
      bad(/^q, character 1: the filter has 9228 bytes; the longest may have 8192$/),
    ],
    ['600 parentheses', filter(`${'('.repeat(600)}closed = 0${')'.repeat(600)}`), bad(/^q, character 101: .*100/)],
    ['600 operands', filter(Array(600).fill('closed=0').join(' OR ')), bad(/^q.*500/)],
    ['a LIKE bomb', filter(bomb(21)), bad(/^q, character \d+: .*20/)],
    ['an ILIKE bomb', filter(bomb(1000).replace('LIKE', 'ILIKE')), bad(/^q, character \d+: /)],
    ['an unknown field', filter('jobNam = 1'), bad(/^q, character 1: .*jobNam.*jobName/)],
    ['a field of another team', filter("theirs.code = 'x'"), bad(/^q, character 1: /)],
    ['SQL', filter("1=1; drop table jobs; --'"), bad(/^q, character \d+: /)],
    ['a filter cut off', filter("jobName = 'x"), bad(/^q, character \d+: /)],
    ['no time', filter("dueDate < 'never'"), bad(/^q, character \d+: /)],
    [
      'a search for ever',
      () => call({ search: 'x'.repeat(1001) }),
      beyond(/^search: 1001 characters; the longest may/),
    ],
    ['a search for no word', () => call({ search: '%%% __' }), invalid(/^search: "%%% __" has no word; expected/)],
    ['a search for too many words', () => call({ search: ids(21).join(' ') }), beyond(/^search: 21 words and phrases/)],
    ...['', 'x', '1,2,3', 'NaN,0,1,1', '2,0,1,1', '0,0,Infinity,1', '{"xmin": 0}', '{', '[]', 'null'].map(
      (spatialExtent): Row => [`the place "${spatialExtent}"`, () => call({ q, spatialExtent }), noPlace],
    ),
  ];
};

const ofFilter = (call: (filter: object) => Promise<unknown>): Row[] => [
  ['10,001 jobs', () => call({ jobIds: ids(MANY) }), beyond(/^filter.jobIds: 10001 ids; at most 1000 in one call$/)],
  ['10,001 templates', () => call({ templateIds: ids(MANY) }), beyond(/^filter.templateIds: 10001 ids; at most 1000/)],
  ['no events', () => call({ maxEvents: 0 }), invalid(/^filter.maxEvents: 0; expected 1 to 1000$/)],
  ['too many events', () => call({ maxEvents: 1001 }), invalid(/^filter.maxEvents: 1001; expected 1 to 1000$/)],
  [
    'an unknown kind',
    () => call({ msgTypes: [9999] }),
    invalid(/^filter.msgTypes\[0\]: 9999 is no notifications.Notif/),
  ],
];
const ofTeam = (call: (teamId: string) => Promise<unknown>): Row[] => [
  ['an unknown team', () => call('no-such-team'), missing('team', /no team no-such-team/)],
  ["another team's id", () => call(theirs.user.teamId), missing('team', /no team /)],
];
const ofWebhook = (call: (webhookId: string) => Promise<unknown>): Row[] => {
  const none = missing('webhook', /^webhookId: the team has no event webhook .*; getEventWebhooks lists them$/);
  return [
    ['an unknown webhook', () => call('no-such-webhook'), none],
    ["another team's webhook", () => call(theirs.webhookId), none],
  ];
};

const jobs = () => admin.jobs;
const notifications = () => notificationsOf(admin);
const link = (url: string) => jobs().addAttachmentLinked({ jobId: own.open.id, url });
const file = (more: object) => jobs().addAttachment({ jobId: own.open.id, attachment: BYTES, ...more });
const waiting = (more: object) =>
  jobs().addDependency({ jobId: own.open.id, stepIds: [], dependentJobId: own.running.id, ...more });
const held = (scheduledRelease: number) => jobs().addHolds({ jobId: own.open.id, stepIds: [], scheduledRelease });
const create = (overrides: object) => jobs().createJobs(own.template.id, overrides);
const update = (changes: object) => jobs().updateJob(own.open.id, changes, '');
const query = (asked: object) => jobs().queryJobs({ q: 'closed = 0', ...asked });
const noField = (message: RegExp): Expected => refused(BAD_REQUEST, 'invalid-filter', message);
const answer = (jobId: string, stepId: string, comment?: string) =>
  jobs().respondToStep(jobId, { stepId, questionResponse: 'y', comment });
const page = (request: object) => jobs().getJobHistoryPage(own.open.id, { size: 1, ...request });
const chunk = (offset: number, length: number) =>
  jobs().getAttachmentChunk(own.open.id, own.attachments.open, offset, length);
const put = (offset: number, bytes: Buffer) => jobs().putAttachmentChunk(own.uploads.open, offset, bytes);
const upload = (size: number, more: object = {}) =>
  jobs().beginAttachmentUpload({ jobId: own.open.id, fileName: 'a.txt', ...more }, size);
const poll = (filter: object, cursor = own.cursor, timeoutMs = 0) =>
  notifications().poll(cursor, { teamId: admin.teamId, ...filter }, timeoutMs);
const setWebhook = (filter: object, url = ADDRESS) =>
  notifications().setEventWebhook(admin.teamId, own.webhookId, url, filter);

const noUpload = missing('upload', /^uploadId: no upload .* of yours; beginAttachmentUpload begins one$/);
const ofUpload = (call: (uploadId: string) => Promise<unknown>): Row[] => [
  ['an unknown upload', () => call('no-such-upload'), noUpload],
  ['no upload', () => call(''), noUpload],
  ["another team's upload", () => call(theirs.uploads.open), noUpload],
];

const rows: ForEach<readonly Row[]> = {
  JobsService: {
    addAttachment: [
      ...ofJob(jobId => file({ jobId })),
      ...closedJob(jobId => file({ jobId }), /closed; its attachments stay as they are/),
      ...ofStep(stepId => file({ stepId })),
      ['no bytes', () => file({ attachment: undefined }), invalid(/^params.attachment: missing; expected the bytes/)],
      ['an address', () => file({ url: 'javascript:alert(1)' }), invalid(/^params.url: given/)],
      ['a name that leads elsewhere', () => file({ fileName: '../a' }), invalid(/^params.fileName: "..\/a"; expected/)],
      [
        'a type that is none',
        () => file({ mimeType: '<b>' }),
        invalid(/^params.mimeType: "<b>"; expected a media type/),
      ],
    ],
    addAttachmentLinked: [
      ...ofJob(jobId => jobs().addAttachmentLinked({ jobId, url: ADDRESS })),
      ...closedJob(
        jobId => jobs().addAttachmentLinked({ jobId, url: ADDRESS }),
        /closed; its attachments stay as they are/,
      ),
      ...ofStep(stepId => jobs().addAttachmentLinked({ jobId: own.open.id, url: ADDRESS, stepId })),
      ...[
        'javascript:alert(1)',
        'JaVaScRiPt:alert(1)',
        ' javascript:alert(1)',
        'java\tscript:x',
        'data:text/html,x',
        '',
      ].map(
        (url): Row => [
          JSON.stringify(url),
          () => link(url),
          invalid(/^params.url: ".*"; expected an address that begins/),
        ],
      ),
      [
        'an address for ever',
        () => link(`${ADDRESS}${'x'.repeat(2000)}`),
        beyond(/^params.url: 2019 characters; the longest may have 2000$/),
      ],
    ],
    addDependency: [
      ...ofSteps((jobId, stepIds) => waiting({ jobId, stepIds }), 'params.'),
      ...ofClosed((jobId, stepIds) => waiting({ jobId, stepIds })),
      ...ofJob(dependentJobId => waiting({ dependentJobId }), 'params.dependentJobId'),
      [
        'a step that the other job does not have',
        () => waiting({ dependentStepId: theirs.open.step('a') }),
        missing('step', /^params.dependentStepId: the procedure of job .* has no step /),
      ],
      ['itself', () => waiting({ dependentJobId: own.open.id }), refused(BAD_REQUEST, 'dependency-cycle', /wait/)],
    ],
    addHolds: [
      ...ofSteps((jobId, stepIds) => jobs().addHolds({ jobId, stepIds }), 'params.'),
      ...ofClosed((jobId, stepIds) => jobs().addHolds({ jobId, stepIds })),
      ...[0, -1, 1, Number.MAX_SAFE_INTEGER].map(
        (at): Row => [
          `a release at ${at}`,
          () => held(at),
          invalid(new RegExp(`^params.scheduledRelease: ${at}; expected epoch milliseconds later than now, `)),
        ],
      ),
    ],
    addJobComment: [
      ...ofJob(jobId => jobs().addJobComment(jobId, 'x')),
      [
        'nothing',
        () => jobs().addJobComment(own.open.id, ' \n '),
        invalid(/^comment: empty; expected 1 to 20000 char/),
      ],
      ['too much', () => jobs().addJobComment(own.open.id, 'x'.repeat(20_001)), beyond(/^comment: 20001 characters/)],
    ],
    assignCurrentStep: [
      ...ofJob(jobId => jobs().assignCurrentStep(jobId, admin.id, AssignedType.User)),
      ...closedJob(jobId => jobs().assignCurrentStep(jobId, admin.id, AssignedType.User), /reopen it first/),
      ...ofAssignment((to, type) => jobs().assignCurrentStep(own.open.id, to, type)),
    ],
    assignStep: [
      ...ofJob(jobId => jobs().assignStep(jobId, own.open.step('a'), admin.id, AssignedType.User)),
      ...closedJob(
        jobId => jobs().assignStep(jobId, own.closed.step('a'), admin.id, AssignedType.User),
        /reopen it first/,
      ),
      ...ofAssignment((to, type) => jobs().assignStep(own.open.id, own.open.step('a'), to, type)),
      ...['no-such-step', ''].map(
        (stepId): Row => [
          `the step "${stepId}"`,
          () => jobs().assignStep(own.open.id, stepId, admin.id, AssignedType.User),
          missing('step', /^stepId: the procedure of the job has no step .*; getJob lists the current steps$/),
        ],
      ),
    ],
    calculateJobStatistics: [
      ...ofJobsFound(asked => jobs().calculateJobStatistics(asked)),
      [
        'groups of nothing',
        () => jobs().calculateJobStatistics({ q: 'closed = 0', groupBy: 'jobNam' }),
        refused(BAD_REQUEST, 'invalid-filter', /^groupBy: there is no field "jobNam"; the nearest are jobName/),
      ],
    ],
    closeJobs: ofJobs(
      jobIds => jobs().closeJobs(jobIds),
      plant => plant.closed.id,
      wrong('job-closed', /is closed.*no job was closed$/),
    ),
    createJobs: [
      ...['no-such-template', ''].map(
        (id): Row => [`the template "${id}"`, () => jobs().createJobs(id, {}), missing('template', /no template/)],
      ),
      ["another team's template", () => jobs().createJobs(theirs.template.id, {}), missing('template', /no template/)],
      ...[0, -1, 10_001, 2 ** 31 - 1].map(
        (count): Row => [
          `${count} jobs`,
          () => create({ numberOfJobs: count }),
          beyond(new RegExp(`^jobOverrides.numberOfJobs: ${count}; expected 1 to 10000`)),
        ],
      ),
      ...ofOverrides(create, 'jobOverrides'),
      ...ofGeometry(location => create({ location }), 'jobOverrides.location'),
      ['an id that is none', () => create({ jobId: 'a b' }), invalid(/^jobOverrides.jobId: "a b"; expected/)],
      [
        'an id for several',
        () => create({ jobId: 'x', numberOfJobs: 2 }),
        invalid(/numberOfJobs: 2 jobs cannot share the jobId x;/),
      ],
      [
        'an id that is taken',
        () => create({ jobId: own.open.id }),
        refused(BAD_REQUEST, 'job-id-taken', /^jobOverrides.jobId: /),
      ],
      [
        'a request for ever',
        () => create({ requestId: 'x'.repeat(65) }),
        beyond(/requestId: 65 characters; the longest may have 64$/),
      ],
      [
        '10,001 rows of one table',
        () => create({ relatedProperties: [related('parts', MANY)] }),
        refused(BAD_REQUEST, 'invalid-property', /parts.*10001 rows/),
      ],
      [
        "another team's data sheet",
        () => create({ plannedDataSheetIds: theirs.plannedDataSheetIds }),
        invalid(/^jobOverrides.plannedDataSheetIds: the procedure does not refer to the set /),
      ],
    ],
    deleteAttachment: [
      ...ofAttachment((jobId, attachmentId) => jobs().deleteAttachment(jobId, attachmentId)),
      ...closedJob(jobId => jobs().deleteAttachment(jobId, own.attachments.closed), /its attachments stay as they are/),
    ],
    deleteJobs: ofJobs(
      jobIds => jobs().deleteJobs(jobIds),
      plant => plant.running.id,
      wrong('job-running', /has a running step, "a"; finish or stop it first; no job was deleted$/),
    ),
    finishSteps: [
      ...ofSteps((jobId, stepIds) => jobs().finishSteps(jobId, stepIds)),
      ...ofClosed((jobId, stepIds) => jobs().finishSteps(jobId, stepIds)),
      [
        'a step still to come',
        () => jobs().finishSteps(own.open.id, own.open.steps('b')),
        eachStep('StepNotCurrent', /./),
      ],
    ],
    getAttachmentBody: [
      ...ofAttachment((jobId, attachmentId) => jobs().getAttachmentBody(jobId, attachmentId)),
      [
        'a link',
        () => jobs().getAttachmentBody(own.open.id, own.attachments.linked),
        wrong('attachment-linked', /is a link, .*; getAttachmentUrl tells its address$/),
      ],
    ],
    getAttachmentUrl: ofAttachment((jobId, attachmentId) => jobs().getAttachmentUrl(jobId, attachmentId, true)),
    getAttachments: ofJob(jobId => jobs().getAttachments(jobId)),
    getJob: ofJob(jobId => jobs().getJob(jobId, { holds: true, extProps: true })),
    getJobComments: ofJob(jobId => jobs().getJobComments(jobId)),
    getJobDiagram: ofJob(jobId => jobs().getJobDiagram(jobId)),
    getJobHistory: ofJob(jobId => jobs().getJobHistory(jobId)),
    getJobLocation: ofJob(jobId => jobs().getJobLocation(jobId)),
    queryJobs: [
      ...ofJobsFound(asked => jobs().queryJobs(asked)),
      [
        'a stored search',
        () => query({ searchId: 'x' }),
        refused(ErrorCode.UNSUPPORTED_VERSION, 'not-implemented', /searchId/),
      ],
      [
        'an unknown column',
        () => query({ fields: ['jobNam'] }),
        noField(/^fields\[0\]: there is no field "jobNam"; the near/),
      ],
      ['a column without a name', () => query({ fields: [''] }), noField(/^fields\[0\]: there is no field ""/)],
      [
        '101 columns',
        () => query({ fields: Array(101).fill('jobName') }),
        beyond(/^fields: 101 of them; at most 100$/),
      ],
      ['10,001 columns', () => query({ fields: ids(MANY) }), beyond(/^fields: 10001 of them; at most 100$/)],
      [
        'names for other columns',
        () => query({ displayNames: ['x'] }),
        invalid(/^displayNames: 1 names for 4 fields; exp/),
      ],
      [
        'an unknown order',
        () => query({ sortFields: [{ field: 'x; --' }] }),
        noField(/^sortFields\[0\].field: there is no/),
      ],
      [
        'an order by 11 fields',
        () => query({ sortFields: Array(11).fill({ field: 'jobName' }) }),
        beyond(/^sortFields: 11 of them; at most 10$/),
      ],
      ['rows before the first', () => query({ start: -1 }), invalid(/^start: -1; expected 0 or more$/)],
      ...[0, -1, 1001, 2 ** 31 - 1].map(
        (num): Row => [`${num} rows`, () => query({ num }), invalid(new RegExp(`^num: ${num}; expected 1 to 1000$`))],
      ),
      ['a page token that is none', () => query({ pageToken: 'x' }), invalid(/^pageToken: /)],
    ],
    refreshSteps: [
      ...ofSteps((jobId, stepIds) => jobs().refreshSteps(jobId, stepIds)),
      ...ofClosed((jobId, stepIds) => jobs().refreshSteps(jobId, stepIds)),
      ['a step done by hand', () => jobs().refreshSteps(own.running.id, []), eachStep('StepNotAuto', /./)],
    ],
    releaseDependency: [
      ...ofSteps(
        (jobId, stepIds) => jobs().releaseDependency({ jobId, stepIds, dependentJobId: own.running.id }),
        'params.',
      ),
      ...ofJob(
        dependentJobId => jobs().releaseDependency({ jobId: own.open.id, stepIds: [], dependentJobId }),
        'params.dependentJobId',
      ),
      [
        'a closed job',
        () => jobs().releaseDependency({ jobId: own.closed.id, stepIds: [], dependentJobId: own.open.id }),
        eachStep('NotHeld', /nothing to release/),
      ],
    ],
    releaseHolds: [
      ...ofSteps((jobId, stepIds) => jobs().releaseHolds({ jobId, stepIds }), 'params.'),
      [
        'a closed job',
        () => jobs().releaseHolds({ jobId: own.closed.id, stepIds: [] }),
        eachStep('NotHeld', /nothing to release/),
      ],
    ],
    reopenJobs: ofJobs(
      jobIds => jobs().reopenJobs(jobIds),
      plant => plant.open.id,
      wrong('job-open', /open.*no job was reopened$/),
    ),
    setCurrentStep: [
      ...ofJob(jobId => jobs().setCurrentStep(jobId, own.open.step('b'))),
      ...ofNoSteps((jobId, [stepId]) => jobs().setCurrentStep(jobId, stepId!)),
      ['no step', () => jobs().setCurrentStep(own.open.id, ''), eachStep('StepNotInDiagram', /no such step/)],
      [
        'a closed job',
        () => jobs().setCurrentStep(own.closed.id, own.closed.step('b')),
        eachStep('JobClosed', /reopen it/),
      ],
    ],
    setJobLocation: [
      ...ofJob(jobId => jobs().setJobLocation(jobId, { x: 0, y: 0 })),
      ...closedJob(jobId => jobs().setJobLocation(jobId, { x: 0, y: 0 }), /closed; its location stays as it is$/),
      ...ofGeometry(geometry => jobs().setJobLocation(own.open.id, geometry), 'geometry'),
    ],
    startSteps: [
      ...ofSteps((jobId, stepIds) => jobs().startSteps(jobId, stepIds)),
      ...ofClosed((jobId, stepIds) => jobs().startSteps(jobId, stepIds)),
      [
        'a step still to come',
        () => jobs().startSteps(own.open.id, own.open.steps('b')),
        eachStep('StepNotCurrent', /./),
      ],
    ],
    stopSteps: [
      ...ofSteps((jobId, stepIds) => jobs().stopSteps(jobId, stepIds)),
      ...ofClosed((jobId, stepIds) => jobs().stopSteps(jobId, stepIds)),
      ['a step that does not run', () => jobs().stopSteps(own.open.id, []), eachStep('NotRunning', /./)],
    ],
    updateAttachment: [
      ...ofAttachment((jobId, attachmentId) => jobs().updateAttachment({ jobId, attachmentId, attachmentAlias: 'x' })),
      ...closedJob(
        jobId => jobs().updateAttachment({ jobId, attachmentId: own.attachments.closed, attachmentAlias: 'x' }),
        /its attachments stay as they are/,
      ),
      [
        'a blank alias',
        () => jobs().updateAttachment({ jobId: own.open.id, attachmentId: own.attachments.open, attachmentAlias: ' ' }),
        invalid(/^params.attachmentAlias: empty; expected 1 to 250/),
      ],
    ],
    updateJob: [
      ...ofJob(jobId => jobs().updateJob(jobId, { notes: 'x' }, '')),
      ...closedJob(jobId => jobs().updateJob(jobId, { notes: 'x' }, ''), /reopen/),
      ...ofOverrides(update, 'jobUpdates'),
      [
        'a due date before the start that there is',
        () => update({ dueDate: 999 }),
        refused(BAD_REQUEST, 'dates-out-of-order', /999/),
      ],
      [
        'a start behind the due date that there is',
        () => update({ startDate: 2001 }),
        refused(BAD_REQUEST, 'dates-out-of-order', /2001/),
      ],
      ['an unknown step', () => jobs().updateJob(own.open.id, {}, 'none'), missing('step', /^allowRunningStepId: /)],
      ['itself as parent', () => update({ parentJob: own.open.id }), refused(BAD_REQUEST, 'parent-cycle', /parentJob/)],
      [
        '10,001 rows of one table',
        () => update({ relatedProperties: { adds: [related('parts', MANY)] } }),
        refused(BAD_REQUEST, 'invalid-property', /parts.*10001 rows/),
      ],
      [
        'an unknown row',
        () => update({ relatedProperties: { deletes: [{ tableName: 'parts', ids: ['none'] }] } }),
        refused(BAD_REQUEST, 'invalid-property', /parts/),
      ],
      [
        '10,001 versions',
        () => update({ versions: ids(MANY).map(dataSourceName => ({ dataSourceName })) }),
        beyond(/^jobUpdates.versions: 10001.* 100/),
      ],
      [
        'another revision',
        () => update({ expectedRevision: -1, notes: 'x' }),
        refused(ErrorCode.INVALID_VERSION, 'revision-conflict', /-1/),
      ],
    ],
    upgradeJobs: ofJobs(
      jobIds => jobs().upgradeJobs(jobIds),
      plant => plant.closed.id,
      wrong('job-closed', /is closed.*no job was upgraded$/),
    ),
    closeJobsEach: ofEach(
      jobIds => jobs().closeJobsEach(jobIds),
      plant => plant.closed.id,
      eachJob('job-closed', /is closed/),
    ),
    deleteJobsEach: ofEach(
      jobIds => jobs().deleteJobsEach(jobIds),
      plant => plant.running.id,
      eachJob('job-running', /finish or stop it first/),
    ),
    reopenJobsEach: ofEach(
      jobIds => jobs().reopenJobsEach(jobIds),
      plant => plant.open.id,
      eachJob('job-open', /open/),
    ),
    upgradeJobsEach: ofEach(
      jobIds => jobs().upgradeJobsEach(jobIds),
      plant => plant.closed.id,
      eachJob('job-closed', /is closed/),
    ),
    previewUpgrade: [
      ...ofList(jobIds => jobs().previewUpgrade(jobIds)),
      ...ofJob(jobId => jobs().previewUpgrade([own.open.id, jobId]), 'jobIds'),
    ],
    respondToStep: [
      ...ofJob(jobId => answer(jobId, own.open.step('a'))),
      ...ofNoSteps((jobId, [stepId]) => answer(jobId, stepId!)),
      ['a closed job', () => answer(own.closed.id, own.closed.step('a')), eachStep('JobClosed', /reopen it/)],
      ['a step that asks nothing', () => answer(own.running.id, own.running.step('a')), eachStep('NotRunning', /./)],
      ['a comment for ever', () => answer(own.open.id, '', 'x'.repeat(20_001)), beyond(/comment: 20001 characters/)],
    ],
    getAttachmentChunk: [
      ...ofAttachment((jobId, attachmentId) => jobs().getAttachmentChunk(jobId, attachmentId, 0, 1)),
      ['an offset before the file', () => chunk(-1, 1), invalid(/^offset: -1; expected 0 or more$/)],
      ['no length', () => chunk(0, 0), beyond(/^length: 0; expected 1 to 4194304$/)],
      ['a length beyond a chunk', () => chunk(0, 2 ** 31 - 1), beyond(/^length: 2147483647; expected 1 to 4194304$/)],
    ],
    beginAttachmentUpload: [
      ...ofJob(jobId => upload(1, { jobId })),
      ...closedJob(jobId => upload(1, { jobId }), /closed; its attachments stay as they are/),
      ...ofStep(stepId => upload(1, { stepId })),
      ['a size below nothing', () => upload(-1), invalid(/^size: -1; expected 0 or more$/)],
      [
        'a size beyond files',
        () => upload(Number.MAX_SAFE_INTEGER),
        beyond(/^size: .* bytes or more; a file may have /),
      ],
      [
        'bytes',
        () => upload(1, { attachment: BYTES }),
        invalid(/^params.attachment: given, but the bytes follow with/),
      ],
    ],
    putAttachmentChunk: [
      ...ofUpload(uploadId => jobs().putAttachmentChunk(uploadId, 0, BYTES)),
      ['a chunk of nothing', () => put(BYTES.length, Buffer.alloc(0)), invalid(/^chunk: empty; expected 1 to 4194304/)],
      ['a chunk out of order', () => put(1, BYTES), invalid(/^offset: 1; expected 11, the bytes received so far$/)],
      ['a chunk before the file', () => put(-1, BYTES), invalid(/^offset: -1; expected 11/)],
      [
        'more than was announced',
        () => put(BYTES.length, BYTES),
        beyond(/^chunk: ends at byte 22; the file was announced/),
      ],
    ],
    finishAttachmentUpload: [
      ...ofUpload(uploadId => jobs().finishAttachmentUpload(uploadId, SHA256)),
      [
        'a closed job',
        () => jobs().finishAttachmentUpload(own.uploads.closed, SHA256),
        wrong('job-closed', /closed; its attachments stay as they are/),
      ],
      [
        'no checksum',
        () => jobs().finishAttachmentUpload(own.uploads.open, ''),
        invalid(/^sha256: ""; expected 64 hex/),
      ],
      [
        'another checksum',
        () => jobs().finishAttachmentUpload(own.uploads.open, '0'.repeat(64)),
        refused(BAD_REQUEST, 'checksum-mismatch', /0{64}/),
      ],
    ],
    getJobHistoryPage: [
      ...ofJob(jobId => jobs().getJobHistoryPage(jobId, { size: 1 })),
      ...[0, -1, 1001].map(
        (size): Row => [
          `a page of ${size}`,
          () => page({ size }),
          invalid(new RegExp(`size: ${size}; expected 1 to 1000`)),
        ],
      ),
      ['a page token that is none', () => page({ pageToken: 'x' }), invalid(/pageToken/)],
      ['pages jumped back over', () => page({ skip: -1 }), invalid(/skip: -1/)],
    ],
  },
  NotificationService: {
    poll: [
      ...ofTeam(teamId => poll({ teamId }, '')),
      ...ofFilter(filter => poll(filter)),
      [
        'a cursor that is none',
        () => poll({}, 'x'),
        invalid(/^cursor: not a cursor of this team; take that of an earlier/),
      ],
      ["another team's cursor", () => poll({}, theirs.cursor), invalid(/^cursor: not a cursor of this team/)],
      ['a wait before now', () => poll({}, own.cursor, -1), invalid(/^timeoutMs: -1; expected 0 to 60000$/)],
      [
        'a wait for ever',
        () => poll({}, own.cursor, 2 ** 31 - 1),
        invalid(/^timeoutMs: 2147483647; expected 0 to 60000$/),
      ],
    ],
    setEventWebhook: [
      ...ofTeam(teamId => notifications().setEventWebhook(teamId, '', ADDRESS, {})),
      ...ofWebhook(webhookId => notifications().setEventWebhook(admin.teamId, webhookId, ADDRESS, {})),
      ...ofFilter(filter => setWebhook(filter)),
      ...['', 'javascript:alert(1)', 'file:///etc/passwd', 'example.org'].map(
        (url): Row => [
          `the address "${url}"`,
          () => setWebhook({}, url),
          invalid(/^url: ".*"; expected an address that begins/),
        ],
      ),
      [
        'what is its own',
        () => setWebhook({ mine: true }),
        invalid(/^filter.mine: a webhook is nobody; leave it unset$/),
      ],
      [
        "another team's events",
        () => setWebhook({ teamId: theirs.user.teamId }),
        invalid(/^filter.teamId: .*; expected/),
      ],
    ],
    getEventWebhooks: ofTeam(teamId => notifications().getEventWebhooks(teamId)),
    rotateEventWebhookSecret: [
      ...ofTeam(teamId => notifications().rotateEventWebhookSecret(teamId, own.webhookId)),
      ...ofWebhook(webhookId => notifications().rotateEventWebhookSecret(admin.teamId, webhookId)),
    ],
    removeEventWebhook: [
      ...ofTeam(teamId => notifications().removeEventWebhook(teamId, own.webhookId)),
      ...ofWebhook(webhookId => notifications().removeEventWebhook(admin.teamId, webhookId)),
    ],
  },
};

const functions = (Object.keys(rows) as ServiceOfJobs[]).flatMap(service =>
  Object.entries<readonly Row[]>(rows[service]).map(([name, ofFunction]) => ({
    title: `${service}.${name}`,
    ofFunction,
  })),
);

test('no function that is served is without bad input', () => {
  expect(functions.filter(({ ofFunction }) => ofFunction.length === 0)).toEqual([]);
});

describe.each(functions)('$title', ({ ofFunction }) => {
  test.each(ofFunction.map(([what, call, expected]) => ({ what, call, expected })))(
    '$what',
    async ({ call, expected }) => {
      const outcome = await expectNothingWritten(server, () =>
        call().then(
          (answer): Outcome => ({ answer }),
          (error: unknown): Outcome => {
            if (error instanceof SystemException) return { refusal: error };
            throw error;
          },
        ),
      );
      expected(outcome);
      expect((await jobs().getJob(own.open.id, {})).jobId).toBe(own.open.id);
    },
  );
});
