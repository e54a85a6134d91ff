/** What the servers serve, and the calls that ask for it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import thrift, { type TProtocol } from 'thrift';
import {
  AuthenticationService_authenticate_args as AuthenticateArguments,
  AuthenticationService_ping_args as PingArguments,
} from '#gen/AuthenticationService';
import {
  JobTemplateService_fetch_args as FetchArguments,
  JobTemplateService_getPublicVersion_args as GetPublicVersionArguments,
} from '#gen/JobTemplateService';
import type { TemplateSelectOpts } from '#gen/job_template_types';
import type { BaseStep } from '#gen/step_types';
import { systemClock } from '../../src/base/clock.ts';
import { uuids } from '../../src/base/ids.ts';
import { createLogger } from '../../src/base/logger.ts';
import { importProcedure, procedureFromJson } from '../../src/cli/procedure.ts';
import { connect } from '../../src/client/connect.ts';
import { firstStart } from '../../src/engine/first-start.ts';
import { startServer } from '../../src/server/server.ts';
import { group, leaves } from '../../test/support/trees.ts';
import type { ProtocolName } from './message.ts';
import { HOST, type ServerSettings, VERSION } from './servers.ts';

const PROCEDURE = new URL('../../examples/procedures/lockout-tagout.json', import.meta.url).pathname;
const STEPS = 20;
const ADMINISTRATOR = { email: 'admin@example.org', password: 'administrators-password', teamName: 'Plant' };
const CALL = 1;
const SEQID = 1;

export interface Data {
  readonly servers: ServerSettings;
  readonly token: string;
  /** Published, of 20 steps of a real procedure. */
  readonly templateId: string;
}

/** Makes the database in this folder with calls, as a client makes it. */
export async function newData(folder: string): Promise<Data> {
  const servers = { file: join(folder, 'jobwright.db'), answer: join(folder, 'answer.json') };
  const store = { engine: 'sqlite', file: servers.file, synchronous: 'FULL' } as const;
  const server = await startServer({ store, host: HOST, port: 0, version: VERSION }, { logger: createLogger('error') });
  try {
    await firstStart(server.store, systemClock.now(), uuids, ADMINISTRATOR);
    const connection = await connect(server);
    const { email, password } = ADMINISTRATOR;
    const login = await connection.service('AuthenticationService').login(email, password, {});
    const templates = connection.service('JobTemplateService');
    const { id } = await importProcedure(templates, Object.keys(login.teamIdToInfo)[0]!, await twentySteps());
    const template = await templates.publish(id);
    // What is unset is left out, as handlers leave it out.
    await writeFile(
      servers.answer,
      JSON.stringify(template, (_, value) => value ?? undefined),
    );
    await connection.close();
    return { servers, token: login.authToken, templateId: id };
  } finally {
    await server.stop();
  }
}

/** The shortest steps of a real procedure, in its order: about 10 KB in a reply. */
async function twentySteps() {
  const procedure = procedureFromJson(await readFile(PROCEDURE, 'utf8'), PROCEDURE);
  const length = (step: BaseStep) => JSON.stringify(step).length;
  const all = leaves(procedure.stepGroup);
  const shortest = new Set(all.toSorted((one, other) => length(one) - length(other)).slice(0, STEPS));
  const steps = all.filter(step => shortest.has(step));
  const children = Array.from({ length: STEPS / 5 }, (_, n) => group(`Part ${n + 1}`, steps.slice(5 * n, 5 * n + 5)));
  return { ...procedure, stepGroup: { ...procedure.stepGroup, children } };
}

/** Framed calls in base64, in both protocols. */
export const calls = ({ token, templateId }: Data) => ({
  ping: encoded('AuthenticationService:ping', new PingArguments()),
  authenticate: encoded('AuthenticationService:authenticate', new AuthenticateArguments({ token })),
  fetch: encoded(
    'JobTemplateService:fetch',
    new FetchArguments({ selectOpts: { includeSteps: true } as TemplateSelectOpts, templateIds: [templateId] }),
  ),
  afresh: encoded(
    'JobTemplateService:getPublicVersion',
    new GetPublicVersionArguments({ jobTemplateId: templateId, publicVersion: 0 }),
  ),
});

type Encoded = Readonly<Record<ProtocolName, string>>;

const encoded = (name: string, args: { write(output: TProtocol): void }): Encoded => ({
  binary: message(thrift.TBinaryProtocol, name, args),
  compact: message(thrift.TCompactProtocol, name, args),
});

function message(
  Protocol: typeof thrift.TBinaryProtocol | typeof thrift.TCompactProtocol,
  name: string,
  args: { write(output: TProtocol): void },
): string {
  let frame = '';
  const transport = new thrift.TFramedTransport(undefined, bytes => {
    frame = bytes!.toString('base64');
  });
  const output = new Protocol(transport as never);
  output.writeMessageBegin(name, CALL as never, SEQID);
  args.write(output as never);
  output.writeMessageEnd();
  output.flush();
  return frame;
}
