/**
 * Data sets of jobs that the benchmark asks: made once, through the server, and kept in bench/.data. All sizes are alike: five
 * templates, five owners, three priorities, a hundred due dates, and 200 jobs that wait for one worker and name a culvert.
 */
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssignedType } from '#gen/flow_types';
import { TeamRole } from '#gen/user_types';
import { type Address, type ClientConnection, connect } from '../src/client/connect.ts';
import { type ServerProcess, serve } from '../test/support/process.ts';
import { step } from '../test/support/trees.ts';

export const PASSWORD = 'administrators-password';
const DATA = new URL('.data/', import.meta.url).pathname;
const BATCHES = 100;
const WORKERS_JOBS = 200;
const DAY = 86_400_000;
const FIRST_DUE = Date.UTC(2031, 0, 1);

/** The folder of this many jobs, made where it is not there yet. */
export async function dataOf(jobs: number, print: (line: string) => void): Promise<string> {
  const folder = join(DATA, `jobs-${jobs}`);
  const done = join(folder, 'whole');
  if (existsSync(done)) return folder;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const began = performance.now();
  // Nobody needs these to survive a power cut in the middle.
  const server = await serveIn(folder, 'NORMAL');
  try {
    await fill(server.address, jobs);
  } finally {
    await server.end('SIGTERM');
  }
  await writeFile(done, '');
  print(`made ${jobs} jobs in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  return folder;
}

const fileIn = (folder: string): string => join(folder, 'jobwright.db');

export const serveIn = (folder: string, synchronous: 'FULL' | 'NORMAL'): Promise<ServerProcess> =>
  serve({ engine: 'sqlite', file: fileIn(folder), synchronous }, { JOBWRIGHT_ADMIN_PASSWORD: PASSWORD });

/** Logged in. @param name of the worker; unset, the administrator */
export async function logIn(address: Address, name?: string): Promise<ClientConnection> {
  const connection = await connect(address);
  const email = name === undefined ? 'admin@localhost' : addressOf(name);
  await connection.service('AuthenticationService').login(email, PASSWORD, {});
  return connection;
}

const addressOf = (name: string): string => `${name}@example.org`;

async function fill(address: Address, jobs: number): Promise<void> {
  const connection = await logIn(address);
  const teams = connection.service('TeamService');
  const teamId = (await teams.index())[0]!.id;
  const people = ['worker', 'ana', 'ben', 'cleo', 'dan', 'eve'];
  for (const name of people) await teams.createUser(teamId, addressOf(name), PASSWORD, name, [TeamRole.EXECUTOR]);
  const [worker, ...owners] = people.map(addressOf) as [string, ...string[]];
  const templates: string[] = [];
  for (const what of ['pump', 'valve', 'belt', 'filter', 'bridge'])
    templates.push(await template(connection, teamId, what));
  const service = connection.service('JobsService');
  const each = (jobs - WORKERS_JOBS) / BATCHES;
  for (let batch = 0; batch < BATCHES; batch++)
    await service.createJobs(templates[batch % 5]!, {
      numberOfJobs: each,
      priority: ['Low', 'Medium', 'High'][batch % 3]!,
      startDate: FIRST_DUE - DAY,
      dueDate: FIRST_DUE + ((batch * 37) % BATCHES) * DAY,
      ownedBy: owners[batch % 5]!,
      assignedType: AssignedType.User,
      assignedTo: owners[(batch + 2) % 5]!,
      description: `Parcel ${batch} in the district of the ${['old', 'new', 'far'][batch % 3]} mill`,
    });
  await service.createJobs(templates[0]!, {
    numberOfJobs: WORKERS_JOBS,
    assignedType: AssignedType.User,
    assignedTo: worker,
    description: 'Look after the culvert behind the dam',
  });
  await connection.close();
}

async function template(connection: ClientConnection, teamId: string, what: string): Promise<string> {
  const service = connection.service('JobTemplateService');
  const { id, stepGroup } = await service.create(teamId, { title: `Renew the ${what}` }, []);
  await service.acquireLock(id);
  for (const title of ['Take it down', 'Put it up', 'Clean up', 'Report', 'Check'])
    await service.addStepModular(id, stepGroup.id, step(`${title}: ${what}`), -1, false);
  await service.publish(id);
  await service.releaseLock(id);
  return id;
}
