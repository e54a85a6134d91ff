/** `jobwright import`: procedures from files, through the wire like any other client. */
import { readFile } from 'node:fs/promises';
import { connect } from '../client/connect.ts';
import type { Clients } from '../services/generated.ts';
import { inWords } from './output.ts';
import { importProcedure, type Procedure, procedureFromJson } from './procedure.ts';

export interface ImportOptions {
  readonly host: string;
  readonly port: string;
  readonly email: string;
  readonly password: string;
  readonly team?: string;
  readonly publish: boolean;
}

export async function importFiles(
  files: readonly string[],
  options: ImportOptions,
  print: (text: string) => void,
): Promise<void> {
  // Files are read and understood before anything is written.
  const procedures = await Promise.all(files.map(async file => procedureFromJson(await textOf(file), file)));
  const connection = await connect({ host: options.host, port: Number(options.port) });
  try {
    const auth = connection.service('AuthenticationService');
    const { teamIdToInfo } = await auth.login(options.email, options.password, {});
    try {
      const teamId = options.team ?? onlyTeam(Object.values(teamIdToInfo));
      await importAll(connection.service('JobTemplateService'), teamId, procedures, options.publish, print);
    } finally {
      // Ends the lock on what was written, too, when the server refused half-way.
      await auth.logout();
    }
  } finally {
    await connection.close();
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`${file}: cannot be read: ${(error as Error).message}`);
  }
}

async function importAll(
  templates: Clients['JobTemplateService'],
  teamId: string,
  procedures: readonly Procedure[],
  publish: boolean,
  print: (text: string) => void,
): Promise<void> {
  for (const procedure of procedures) {
    const template = await importProcedure(templates, teamId, procedure).catch((error: unknown) => {
      throw new Error(`"${procedure.title}": ${inWords(error)}`, { cause: error });
    });
    const published = publish ? await templates.publish(template.id) : undefined;
    print(`${template.id}  ${procedure.title}${published ? `, published as version ${published.publicVersion}` : ''}`);
  }
}

function onlyTeam(teams: readonly { id: string; name: string }[]): string {
  const [team, another] = teams;
  if (team && !another) return team.id;
  throw new Error(
    `--team: name one of your teams: ${teams.map(({ id, name }) => `${id} (${name})`).join(', ') || 'you have none'}`,
  );
}
