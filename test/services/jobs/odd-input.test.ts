/**
 * Something odd at each place of the arguments of each function, made from the interface. What can mean nothing is invalid-argument and
 * names the place; the rest is taken or refused as the function says. Never is it a fault of the server, never does a refused call
 * write, and always the server answers the next call on the same connection.
 */
import { readFileSync } from 'node:fs';
import { beforeEach, expect, test } from '@jest/globals';
import { SystemException } from '#gen/common_types';
import { type JobActionResponse, JobActionStepStatus, type JobManageResult } from '#gen/jobs_types';
import { idl } from '../../../src/server/idl.ts';
import { toJson } from '../../../src/server/json.ts';
import { TestHttp } from '../../support/http.ts';
import { extreme, halves, impossible, type Odd, oddities } from '../../support/odd-values.ts';
import { expectNothingWritten } from '../../support/rows.ts';
import { admin, good, notificationsOf, own, type ServiceOfJobs, server } from './served.ts';

interface Served {
  readonly title: string;
  readonly service: ServiceOfJobs;
  readonly name: string;
  readonly goodArgs: () => Promise<readonly unknown[]>;
}

const served: Served[] = (Object.keys(good) as ServiceOfJobs[]).flatMap(service =>
  Object.entries<Served['goodArgs']>(good[service]).map(([name, goodArgs]) => ({
    title: `${service}.${name}`,
    service,
    name,
    goodArgs,
  })),
);

/** What happens to jobs must not be sent while rows are compared. */
beforeEach(async () => {
  const notifications = notificationsOf(admin);
  for (const { webhookId } of await notifications.getEventWebhooks(admin.teamId))
    await notifications.removeEventWebhook(admin.teamId, webhookId);
});

/** The slugs that the interface says of a function, and those that it says of all. */
function declared({ service, name }: Served): string[] {
  const { module } = idl.services[service]!;
  const text = readFileSync(new URL(`../../../idl/${module}.thrift`, import.meta.url), 'utf8');
  const comment = text
    .slice(0, text.search(new RegExp(`^  \\S+ ${name}\\(`, 'm')))
    .split('/**')
    .at(-1)!;
  return [
    'invalid-argument',
    'limit-exceeded',
    'not-implemented',
    ...[...comment.matchAll(/([a-z-]+) \(\d+\)/g)].map(([, slug]) => slug!),
  ];
}

type Outcome = { readonly answer: unknown } | { readonly refusal: SystemException };

/** @throws whatever else than a SystemException the call fails with */
async function outcomeOf({ service, name }: Served, args: readonly unknown[]): Promise<Outcome> {
  const client = admin.connection.service(service) as unknown as Record<
    string,
    (...args: readonly unknown[]) => Promise<unknown>
  >;
  try {
    return { answer: await client[name]!(...args) };
  } catch (error) {
    if (error instanceof SystemException) return { refusal: error };
    throw error;
  }
}

async function expectGoesOn(): Promise<void> {
  expect((await admin.jobs.getJob(own.open.id, {})).jobId).toBe(own.open.id);
}

/** Whether nothing was done at any step, or to any job, either. */
function isRefused(outcome: Outcome): boolean {
  if ('refusal' in outcome) return true;
  const { stepResponses } = (outcome.answer ?? {}) as Partial<JobActionResponse>;
  if (stepResponses) return stepResponses.every(({ status }) => status !== JobActionStepStatus.Success);
  const results = outcome.answer as JobManageResult[];
  return Array.isArray(results) && results.length > 0 && results.every(({ success }) => success === false);
}

const told = ({ place, what }: Odd, found: string): string => `${place}: ${what}: ${found}`;

/** What is wrong with the answer to something impossible; nothing when it is invalid-argument of that place. */
function unlikeInvalid(odd: Odd, refusal: { slug: string; message: string } | undefined): string[] {
  if (refusal?.slug === 'invalid-argument' && refusal.message.startsWith(`${odd.place}: `)) return [];
  return [told(odd, refusal ? `${refusal.slug}: ${refusal.message}` : 'taken')];
}

test.each(served)('$title refuses what can mean nothing, by its place', async one => {
  const odd = oddities(one.service, one.name, await one.goodArgs(), impossible);
  const wrong: string[] = [];
  await expectNothingWritten(server, async () => {
    for (const each of odd) {
      const outcome = await outcomeOf(one, each.args);
      wrong.push(...unlikeInvalid(each, 'refusal' in outcome ? outcome.refusal : undefined));
      await expectGoesOn();
    }
  });
  expect(odd.length).toBeGreaterThan(0);
  expect(wrong).toEqual([]);
});

test.each(served)('$title refuses halves of surrogate pairs in plain JSON, by their places', async one => {
  const { module, functions } = idl.services[one.service]!;
  const http = new TestHttp(server.address);
  const refusalOf = async (args: readonly unknown[]) => {
    const inJson = functions[one.name]!.arguments.map(({ name, type }, index) => [name, toJson(type, args[index])]);
    const body = JSON.stringify({ method: one.name, arguments: Object.fromEntries(inJson) });
    const response = await http.upload(admin, `/api/${module}`, body, 'application/json');
    return ((await response.json()) as { result: { err?: SystemException } }).result.err;
  };
  const wrong: string[] = [];
  const odd = oddities(one.service, one.name, await one.goodArgs(), halves);
  await expectNothingWritten(server, async () => {
    for (const each of odd) wrong.push(...unlikeInvalid(each, await refusalOf(each.args)));
  });
  expect(odd.length).toBeGreaterThan(0);
  expect(wrong).toEqual([]);
  expect(await refusalOf(await one.goodArgs())).toBeUndefined();
});

test.each(served)('$title takes the ends of what there is, or refuses them and writes nothing', async one => {
  const slugs = declared(one);
  const wrong: string[] = [];
  const odd = async () => oddities(one.service, one.name, await one.goodArgs(), extreme);
  const refuses = async (each: Odd): Promise<boolean> => {
    const outcome = await outcomeOf(one, each.args);
    await expectGoesOn();
    if ('refusal' in outcome && !slugs.includes(outcome.refusal.slug)) wrong.push(told(each, outcome.refusal.slug));
    return isRefused(outcome);
  };
  let all = await odd();
  const refused: number[] = [];
  for (const index of all.keys()) {
    if (await refuses(all[index]!)) refused.push(index);
    // What was taken may have spoilt the arguments for the next.
    else all = await odd();
  }
  await expectNothingWritten(server, async () => {
    for (const index of refused)
      if (!(await refuses(all[index]!))) wrong.push(told(all[index]!, 'refused once, then taken'));
  });
  expect(all.length).toBeGreaterThan(0);
  expect(wrong).toEqual([]);
  // No step of these jobs has work that a service carries on.
  if (one.name !== 'refreshSteps') expect(isRefused(await outcomeOf(one, await one.goodArgs()))).toBe(false);
});

test('none of it is a fault of the server', () => {
  expect(server.log.filter(({ outcome }) => outcome === 'internal-error')).toEqual([]);
});
