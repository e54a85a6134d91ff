/**
 * Searching against plain texts in memory: jobs and searches made by chance of few words, which are begun, repeated and put into phrases,
 * over the wire, in pages, with a filter and without. Beside them stand more jobs than the server makes a list of, so that it finds some
 * words by its indexes and asks job by job for others.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AssignedType } from '#gen/flow_types';
import type { Job, QueryResult } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { parallel, stepOf } from '../../support/jobs.ts';
import { extendedOf, property, related, relatedOf, single, templateWith } from '../../support/properties.ts';
import { rowsOf } from '../../support/rows.ts';
import { logInAdmin, newUser, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const JOBS = 60;
const CROWD = 2100;
const SEED = Number(process.env.JOBWRIGHT_SEARCH_SEED ?? Date.now() % 2 ** 31);

let server: TestServer;
let admin: TestUser;
/** In the order of their ids. */
let subjects: readonly Subject[];

/** A job as somebody reads it. */
interface Subject {
  readonly id: string;
  readonly closed: boolean;
  /** Of each text its words. */
  readonly texts: readonly (readonly string[])[];
}

/** Some begin others, some are titles of steps, statuses, people or groups as well; one has an accent, some are rare. */
const WORDS = [
  'valve',
  'valves',
  'val',
  'pump',
  'pumping',
  'report',
  'waiting',
  'lopez',
  'night',
  'gehäuse',
  '47',
  '4711',
  'crowded',
];
const word = fc.constantFrom(...WORDS);
const text = fc
  .array(fc.tuple(word, fc.constantFrom(' ', ', ', '-', ' / ', '\n')), { maxLength: 4 })
  .map(parts => parts.flat().join('').trim());

const newJob = fc.record({
  jobName: text.map(name => name.replace('\n', ' ') || 'nameless'),
  description: text,
  notes: text.map(notes => notes.toUpperCase().normalize('NFD')),
  maker: text,
  labels: fc.array(text.filter(Boolean), { maxLength: 2 }),
  owner: fc.nat(2),
  to: fc.nat(3),
  template: fc.nat(1),
  end: fc.constantFrom('open', 'open', 'run', 'waiting', 'closed'),
});

beforeAll(async () => {
  process.stderr.write(`seed ${SEED}\n`);
  server = await TestServer.start();
  admin = await logInAdmin(server);
  const people = [
    admin,
    await newUser(server, admin, 'Lopez', TeamRole.EXECUTOR),
    await newUser(server, admin, 'Ruiz', TeamRole.EXECUTOR),
  ];
  const { id: groupId } = await admin.connection.service('GroupService').create(admin.teamId, { name: 'Night-Pump' });
  await admin.teams.update(admin.teamId, { config: { jobStatuses: ['Open', 'Waiting valve', 'Closed'] } as never });
  const tables = [single('pump', property('maker')), related('parts', property('label'))];
  const templates = [
    await templateWith(admin, tables, [step('Close the valve'), stepOf('Report', people[2]!), step('Pumping 47')]),
    await templateWith(admin, tables, [parallel('P', step('Report'), step('Gehäuse'))]),
  ];
  const names = new Map<string, string>();
  for (const user of await rowsOf(server, 'users')) names.set(user.user_id, `${user.name}\n${user.email}`);
  names.set(groupId, 'Night-Pump');
  const crowd = await admin.jobs.createJobs(templates[0]!.id, {
    numberOfJobs: CROWD,
    jobName: 'crowded',
    description: 'Pump',
  });
  const made: Subject[] = [];
  for (const job of fc.sample(newJob, { numRuns: JOBS, seed: SEED }))
    made.push(subjectOf(await create(job, templates[job.template]!.id, people, groupId), names));
  const ofCrowd = subjectOf(await admin.jobs.getJob(crowd.jobIds[0]!, { extProps: true }), names);
  const others = crowd.jobIds.map(id => ({ ...ofCrowd, id, texts: [wordsOf(id), ...ofCrowd.texts.slice(1)] }));
  subjects = [...made, ...others].sort((a, b) => (a.id < b.id ? -1 : 1));
}, 120_000);

afterAll(() => server.stop());

async function create(
  {
    jobName,
    description,
    notes,
    maker,
    labels,
    owner,
    to,
    end,
  }: typeof newJob extends fc.Arbitrary<infer T> ? T : never,
  templateId: string,
  people: readonly TestUser[],
  groupId: string,
): Promise<Job> {
  const assigned = [
    { assignedType: AssignedType.Unassigned },
    { assignedType: AssignedType.Group, assignedTo: groupId },
    ...people.slice(1).map(({ id }) => ({ assignedType: AssignedType.User, assignedTo: id })),
  ];
  const { jobIds } = await admin.jobs.createJobs(templateId, {
    jobName,
    description,
    notes,
    ownedBy: people[owner]!.id,
    ...assigned[to]!,
    ...(maker && { extendedProperties: [{ identifier: 'pump.maker', value: maker }] }),
    ...(labels.length > 0 && {
      relatedProperties: [
        {
          tableName: 'parts',
          entries: labels.map(value => ({ properties: [{ propertyName: 'label', value }] })),
        },
      ],
    }),
  });
  const id = jobIds[0]!;
  if (end === 'waiting') await admin.jobs.updateJob(id, { jobStatus: 'Waiting valve' }, '');
  if (end === 'run') {
    const { stepId } = (await admin.jobs.getJob(id, {})).currentSteps[0] as { stepId: string };
    await admin.jobs.setCurrentStep(id, stepId);
    await admin.jobs.startSteps(id, []);
    await admin.jobs.finishSteps(id, []);
  }
  if (end === 'closed') await admin.jobs.closeJobs([id]);
  return admin.jobs.getJob(id, { extProps: true });
}

/** @param names of users and groups: a text in each line */
function subjectOf(job: Job, names: ReadonlyMap<string, string>): Subject {
  const steps = job.closed ? [] : job.currentSteps;
  const people = [job.ownedBy, job.createdBy, ...steps.map(current => current.assignedTo)];
  const values = [
    ...Object.values(extendedOf(job)).flatMap(row => Object.values(row)),
    ...Object.values(relatedOf(job)).flatMap(rows => rows.flatMap(row => Object.values(row))),
  ];
  const texts = [
    job.jobId,
    job.jobName,
    job.description,
    job.notes,
    job.priority,
    job.jobStatus,
    job.jobTemplateName,
    ...steps.map(current => current.stepName),
    ...people.flatMap(id => (names.get(id ?? '') ?? '').split('\n')),
    ...values.map(value => value as string),
  ];
  return { id: job.jobId, closed: job.closed, texts: texts.map(found => wordsOf(found ?? '')) };
}

const wordsOf = (found: string): string[] =>
  found
    .normalize('NFC')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter(Boolean);

/** The words follow each other in one text; the last may go on. */
const hasWords = ({ texts }: Subject, asked: readonly string[]): boolean =>
  texts.some(words =>
    words.some((_, from) =>
      asked.every((each, at) => {
        const found = words[from + at] ?? '';
        return at === asked.length - 1 ? found.startsWith(each) : found === each;
      }),
    ),
  );

/** A word, or its beginning, written in any way; or a phrase. */
const asked = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(word, fc.nat(4))
      .map(([whole, less]) => [[...whole].slice(0, Math.max(2, whole.length - less)).join('')]),
  },
  { weight: 2, arbitrary: fc.array(word, { minLength: 2, maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ['close', 'the'],
      ['with', 'properties'],
      ['waiting', 'val'],
      ['admin'],
      ['ruiz'],
      ['nothing'],
    ),
  },
);
const search = fc.array(fc.tuple(asked, fc.boolean()), { minLength: 1, maxLength: 3 });

const written = (terms: readonly (readonly [readonly string[], boolean])[]): string =>
  terms
    .map(([words, isLoud]) =>
      (words.length > 1 ? `'${words.join(' ')}'` : words[0]!)[isLoud ? 'toUpperCase' : 'toString'](),
    )
    .join(' ');

test('any search finds what a look through all texts does, in pages', async () => {
  const counts = { none: 0, few: 0, many: 0 };
  await fc.assert(
    fc.asyncProperty(search, fc.boolean(), async (terms, isOpen) => {
      const expected = subjects.filter(
        job => !(isOpen && job.closed) && terms.every(([words]) => hasWords(job, words)),
      );
      counts[expected.length === 0 ? 'none' : expected.length < CROWD ? 'few' : 'many']++;
      const query = {
        search: written(terms),
        teamId: admin.teamId,
        ...(isOpen && { q: 'closed = 0' }),
      };
      const { total } = await admin.jobs.calculateJobStatistics(query);
      expect(total).toBe(expected.length);
      const ids: string[] = [];
      let page: QueryResult | undefined;
      // Of very many the first pages.
      for (let pages = 0; pages < 3 && (pages === 0 || page?.pageToken); pages++) {
        page = await admin.jobs.queryJobs({
          ...query,
          fields: ['jobId'],
          num: 13,
          ...(page?.pageToken && { pageToken: page.pageToken }),
        });
        ids.push(...page.results.map(([id]) => id!.text!));
      }
      expect(ids).toEqual(expected.slice(0, 3 * 13).map(({ id }) => id));
    }),
    { numRuns: 70, seed: SEED },
  );
  expect(Object.values(counts).every(count => count >= 1)).toBe(true);
}, 120_000);
