/**
 * getHistory of an entry beside its steps: whatever authors write, the changes that it tells, applied to the other entry, make the one
 * that was asked for, and taken back from that one, the other. test/domain/history.property.test.ts has the same for steps.
 */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Change, ChangeType } from '#gen/diff_types';
import { AssignedType, type ExtendedPropertyTable, type JobDefaults, JobStartDateType } from '#gen/flow_types';
import type { JobTemplateModular, JobTemplateParams } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { stored } from '../../../src/domain/received.ts';
import { property, related, single } from '../../support/properties.ts';
import { logInAdmin, newUser, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

const RUNS = 60;

let server: TestServer;
let ana: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  ana = await newUser(server, await logInAdmin(server), 'ana', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

const text = fc.constantFrom('', 'a', 'A', 'b', 'zwei\nZeilen', '’ „“ 😀');
const name = fc.constantFrom('a', 'b');
const moment = fc.integer({ min: 0, max: 3 });

const defaults = fc
  .record(
    {
      jobName: name,
      description: text,
      notes: text,
      priority: fc.constantFrom('Low', 'Medium', 'High'),
      jobStatus: fc.constantFrom('Open', 'On Hold'),
      finalStatus: fc.constantFrom('Closed', 'On Hold'),
      assignedType: fc.constantFrom(AssignedType.User, AssignedType.Group, AssignedType.Unassigned),
      assignedTo: text,
      durationMs: fc.constantFrom(1, 2 ** 40),
      closeAtEnd: fc.boolean(),
      ownedBy: text,
      startDateType: fc.constant(JobStartDateType.CreationDate),
      dates: fc.tuple(moment, moment),
    },
    { requiredKeys: [] },
  )
  .map(({ dates, ...rest }): JobDefaults => {
    const [startDate, dueDate] = [...(dates ?? [])].sort();
    return { ...rest, ...(dates && { startDate, dueDate }) };
  });

const tables = fc.constantFrom<ExtendedPropertyTable[]>(
  [],
  [single('pipe', property('size'))],
  [single('pipe', property('size', 'Integer'))],
  [related('pipe', property('size'))],
  [single('pipe', property('size'), property('depth')), related('valve', property('kind'))],
);

/** What one call of update sends; or which earlier entry is made the latest one again. */
const edit = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      {
        title: fc.constantFrom('Pump', 'pump', 'Pump 2', '„Pumpe“ 😀'),
        descrip: text,
        defaults: fc.oneof(fc.constant<JobDefaults>({}), defaults),
        extendedPropertyTables: tables,
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: fc.nat() },
);
type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;

/** Of an entry what is compared here. Absent is undefined, and for a description ''. */
interface Facts {
  readonly title: string;
  readonly descrip: string;
  readonly defaults: JobDefaults | undefined;
  readonly tables: ExtendedPropertyTable[] | undefined;
}

const BEGINNING: Facts = { title: 'Pump', descrip: '', defaults: undefined, tables: undefined };

/** What is sent replaces what was there: all of the defaults, and all tables. */
const updated = (facts: Facts, sent: JobTemplateParams): Facts => ({
  title: sent.title ?? facts.title,
  descrip: sent.descrip ?? facts.descrip,
  defaults: sent.defaults ? (Object.keys(sent.defaults).length > 0 ? sent.defaults : undefined) : facts.defaults,
  tables: sent.extendedPropertyTables
    ? sent.extendedPropertyTables.length > 0
      ? sent.extendedPropertyTables
      : undefined
    : facts.tables,
});

/** Makes the edits on the server. @returns the facts of each entry, in the order of their versions */
async function edited(id: string, edits: readonly Edit[]): Promise<Facts[]> {
  const entries = [BEGINNING];
  for (const what of edits) {
    const latest = entries.at(-1)!;
    const isRevert = typeof what === 'number';
    const earlier = isRevert ? (what % entries.length) + 1 : 0;
    if (earlier === entries.length) continue;
    if (isRevert) await ana.templates.revert(id, earlier);
    else await ana.templates.update(id, what);
    const next = isRevert ? entries[earlier - 1]! : updated(latest, what);
    if (!isDeepStrictEqual(next, latest)) entries.push(next);
    expect((await ana.templates.get(id)).version).toBe(entries.length);
  }
  return entries;
}

/** The one change that is told of a fact: what it is called, and what the fact was in the other entry. */
interface Told {
  readonly latestChange: Change;
  readonly other: unknown;
}

/** The changes that an answer tells, by the fact that they are about, where it tells any. */
function toldIn(entry: JobTemplateModular): { readonly [F in keyof Facts]: Told | undefined } {
  const { titleDiff, descripDiff, defaultsDiff, extendedPropertyTablesDiff: tablesDiff } = entry;
  return {
    title: titleDiff && { latestChange: titleDiff.latestChange, other: titleDiff.otherValue },
    descrip: descripDiff && { latestChange: descripDiff.latestChange, other: descripDiff.otherValue ?? '' },
    defaults: defaultsDiff && { latestChange: defaultsDiff.latestChange, other: defaultsDiff.otherDefaults },
    tables: tablesDiff && { latestChange: tablesDiff.latestChange, other: tablesDiff.otherTables },
  };
}

const isThere = (fact: unknown): boolean => fact !== undefined && fact !== '';

/** What an answer says, held against what the two entries have. */
function expectTold(answer: JobTemplateModular, base: Facts, other: Facts): void {
  // Beside what is unset, this takes away the differences in what is compared.
  const shown: Facts = {
    title: answer.title,
    descrip: answer.descrip,
    defaults: answer.defaults ? stored(answer.defaults) : undefined,
    tables: answer.extendedPropertyTables ? stored(answer.extendedPropertyTables) : undefined,
  };
  const told = toldIn(answer);
  const facts = Object.keys(base) as (keyof Facts)[];
  const applied = facts.map(fact => [fact, told[fact] ? shown[fact] : other[fact]]);
  const takenBack = facts.map(fact => {
    const change = told[fact];
    return [fact, change ? (change.other == null ? undefined : stored(change.other)) : shown[fact]];
  });
  expect(shown).toEqual(base);
  expect(Object.fromEntries(applied)).toEqual(base);
  expect(Object.fromEntries(takenBack)).toEqual(other);
  for (const fact of facts) {
    const type = !isThere(other[fact])
      ? ChangeType.ADDED
      : isThere(base[fact])
        ? ChangeType.MODIFIED
        : ChangeType.REMOVED;
    const expected = isDeepStrictEqual(base[fact], other[fact])
      ? undefined
      : { changeType: type, version: answer.internalVersion };
    expect({ fact, change: told[fact] ? stored(told[fact].latestChange) : undefined }).toEqual({
      fact,
      change: expected,
    });
  }
  expect(answer.structDiff).toBe(isDeepStrictEqual(base, other) ? null : ChangeType.MODIFIED);
  // The root shows the title of the entry.
  expect(answer.stepGroup).toMatchObject({ title: base.title, titleDiff: answer.titleDiff });
}

test('changes of title, description, job defaults and property tables, applied to the other entry, make the one asked for', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 8 }), async edits => {
      const { id } = await ana.templates.create(ana.teamId, { title: BEGINNING.title }, []);
      await ana.templates.acquireLock(id);
      const entries = await edited(id, edits);
      const versions = entries.map((_, index) => index + 1);
      for (const other of [0, ...versions]) {
        const answer = await ana.templates.getHistory(id, versions, other);
        for (const version of versions)
          expectTold(answer[version]!.template!, entries[version - 1]!, entries.at(other - 1)!);
      }
    }),
    { numRuns: RUNS },
  );
});
