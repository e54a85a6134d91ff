/** What becomes of properties when a job is upgraded to a version that declares them otherwise. */
import { expect, test } from '@jest/globals';
import type { ExtendedPropertyTable } from '#gen/flow_types';
import type { JobTemplate } from '#gen/job_template_types';
import { plain, property, related, single, templateWith } from '../../support/properties.ts';
import { admin, republished } from './people.ts';

const declare = (template: JobTemplate, ...extendedPropertyTables: ExtendedPropertyTable[]): Promise<JobTemplate> =>
  republished(template, id => admin.templates.update(id, { extendedPropertyTables }));

const valuesOf = async (jobId: string): Promise<unknown[]> => {
  const { extendedProperties, relatedProperties } = await admin.jobs.getJob(jobId, { extProps: true });
  return [
    ...extendedProperties!.map(({ properties }) => plain(properties)),
    ...relatedProperties!.map(({ entries }) => entries.map(({ properties }) => plain(properties))),
  ];
};

test('values that the new type can take are kept, others are none any more', async () => {
  const names = ['whole', 'word', 'moment', 'truth'];
  const template = await templateWith(admin, [single('t', ...names.map(name => property(name)))]);
  const extendedProperties = [
    { identifier: 't.whole', value: '12' },
    { identifier: 't.word', value: 'twelve' },
    { identifier: 't.moment', value: '2031-12-24T18:00:00Z' },
    { identifier: 't.truth', value: 'true' },
  ];
  const { jobIds } = await admin.jobs.createJobs(template.id, { extendedProperties });
  await declare(
    template,
    single(
      't',
      property('whole', 'Integer'),
      property('word', 'Integer'),
      property('moment', 'DateTime'),
      property('truth', 'Boolean'),
    ),
  );
  await admin.jobs.upgradeJobs(jobIds);
  expect(await valuesOf(jobIds[0]!)).toEqual([
    { whole: 12, word: null, moment: Date.parse('2031-12-24T18:00:00Z'), truth: true },
  ]);
});

test('what a table of many rows cannot be, a table of one row is not', async () => {
  const template = await templateWith(admin, [related('t', property('p'))]);
  const { jobIds } = await admin.jobs.createJobs(template.id, {
    relatedProperties: [{ tableName: 't', entries: [{ properties: [{ propertyName: 'p', value: 'old' }] }] }],
  });
  await declare(template, single('t', property('p')));
  await admin.jobs.upgradeJobs(jobIds);
  expect(await valuesOf(jobIds[0]!)).toEqual([{ p: null }]);
  await admin.jobs.updateJob(jobIds[0]!, { extendedProperties: [{ identifier: 't.p', value: 'new' }] }, '');
  expect(await valuesOf(jobIds[0]!)).toEqual([{ p: 'new' }]);
});

test.each([
  ['the same type', 'String', 'twelve'],
  ['another one', 'Integer', null],
] as const)(
  'what a version does not declare is back with a later one that declares it with %s',
  async (_, type, value) => {
    const template = await templateWith(admin, [single('t', property('p'), property('q'))]);
    const extendedProperties = [{ identifier: 't.p', value: 'twelve' }];
    const { jobIds } = await admin.jobs.createJobs(template.id, { extendedProperties });
    await declare(template, single('t', property('q')));
    await admin.jobs.upgradeJobs(jobIds);
    expect(await valuesOf(jobIds[0]!)).toEqual([{ q: null }]);
    await declare(template, single('t', property('p', type)));
    await admin.jobs.upgradeJobs(jobIds);
    expect(await valuesOf(jobIds[0]!)).toEqual([{ p: value }]);
  },
);

test('a name in other letters is the same name', async () => {
  const template = await templateWith(admin, [single('t', property('Depth', 'Double'))]);
  const { jobIds } = await admin.jobs.createJobs(template.id, {
    extendedProperties: [{ identifier: 't.depth', value: '12.5' }],
  });
  await declare(template, single('t', property('depth')));
  await admin.jobs.upgradeJobs(jobIds);
  expect(await valuesOf(jobIds[0]!)).toEqual([{ depth: '12.5' }]);
});
