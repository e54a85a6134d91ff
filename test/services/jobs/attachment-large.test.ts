/** What a large attachment takes of the server's memory when it comes and goes in chunks. The server is a process of its own. */
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ClientConnection, connect } from '../../../src/client/connect.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { type ServerProcess, serve } from '../../support/process.ts';
import { ADMIN } from '../../support/server.ts';
import { step } from '../../support/trees.ts';

const KB = 1024;
const MB = KB * KB;
const CHUNK = 256 * KB;

let database: TestDatabase;
let server: ServerProcess;
let connection: ClientConnection;
let jobId: string;

beforeAll(async () => {
  database = await freshDatabase();
  server = await serve(database.settings, {
    JOBWRIGHT_ADMIN_EMAIL: ADMIN.email,
    JOBWRIGHT_ADMIN_PASSWORD: ADMIN.password,
    MALLOC_ARENA_MAX: '1', // as `make run` has it: heaps of the C library's own for each thread keep by chance what was let go
    NODE_OPTIONS: `--import ${new URL('../../support/collecting.ts', import.meta.url).href}`,
  });
  connection = await connect(server.address);
  const { teamIdToInfo } = await connection.service('AuthenticationService').login(ADMIN.email, ADMIN.password, {});
  const templates = connection.service('JobTemplateService');
  const template = await templates.create(Object.keys(teamIdToInfo)[0]!, { title: 'Inspection' }, []);
  await templates.acquireLock(template.id);
  await templates.addStepModular(template.id, template.stepGroup.id, step('Take pictures'), -1, false);
  await templates.publish(template.id);
  jobId = (await connection.service('JobsService').createJobs(template.id, {})).jobIds[0]!;
});

afterAll(async () => {
  await connection.close();
  await server.end('SIGKILL');
  await database.drop();
});

/** Without what nobody holds any more: whoever asks for /metrics has it collected (collecting.ts). */
async function residentBytes(): Promise<number> {
  const { ok } = await fetch(`http://${server.address.host}:${server.address.port}/metrics`);
  expect(ok).toBe(true);
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * KB;
}

/** Sends a file and fetches it again. @returns the most memory that the server had meanwhile */
async function inAndOut(size: number): Promise<number> {
  const jobs = connection.service('JobsService');
  const hash = createHash('sha256');
  let peak = 0;
  const look = async (offset: number) => {
    if (offset % (2 * MB) === 0) peak = Math.max(peak, await residentBytes());
  };
  const { uploadId } = await jobs.beginAttachmentUpload({ jobId, fileName: 'film.mp4' }, size);
  for (let offset = 0; offset < size; offset += CHUNK) {
    const chunk = randomBytes(CHUNK);
    hash.update(chunk);
    await jobs.putAttachmentChunk(uploadId, offset, chunk);
    await look(offset);
  }
  const sha256 = hash.digest('hex');
  const { attachmentId } = await jobs.finishAttachmentUpload(uploadId, sha256);
  const back = createHash('sha256');
  for (let offset = 0; offset < size; offset += CHUNK) {
    back.update((await jobs.getAttachmentChunk(jobId, attachmentId, offset, CHUNK)).data);
    await look(offset);
  }
  expect(back.digest('hex')).toBe(sha256);
  return peak;
}

/** @returns the least peak of a few such files: what was let go stays with the process by chance, what is held is in each */
async function leastOf(times: number, size: number, enough: number): Promise<number> {
  const peak = await inAndOut(size);
  return peak < enough || times === 1 ? peak : Math.min(peak, await leastOf(times - 1, size, enough));
}

test('100 MB go in and out in chunks of 256 KB while the process grows by less than 32 MB', async () => {
  // What the first files make the process keep for all that follow: connections, statements, code, the caches of the database (two of
  // 8 MB on SQLite), and room for buffers that come and go. A server that held a whole file would need 68 MB more for the large one.
  const peaks: number[] = [];
  for (let file = 0; file < 3; file++) peaks.push(await inAndOut(32 * MB));
  const enough = Math.max(...peaks) + 32 * MB;
  expect(await leastOf(3, 100 * MB, enough)).toBeLessThan(enough);
});
