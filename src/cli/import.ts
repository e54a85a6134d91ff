/** `jobwright import`: procedures from files, through the wire like any other client. */
import { readFile } from 'node:fs/promises';
import { connect } from '../client/connect.ts';
import { importProcedure, procedureFromJson } from './procedure.ts';

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
  const procedures = await Promise.all(files.map(async file => procedureFromJson(await readFile(file, 'utf8'), file)));
  const connection = await connect({ host: options.host, port: Number(options.port) });
  try {
    const { teamIdToInfo } = await connection
      .service('AuthenticationService')
      .login(options.email, options.password, {});
    const teamId = options.team ?? onlyTeam(Object.values(teamIdToInfo));
    const templates = connection.service('JobTemplateService');
    for (const procedure of procedures) {
      const template = await importProcedure(templates, teamId, procedure);
      const published = options.publish ? await templates.publish(template.id) : undefined;
      print(
        `${template.id}  ${procedure.title}${published ? `, published as version ${published.publicVersion}` : ''}`,
      );
    }
    await connection.service('AuthenticationService').logout();
  } finally {
    await connection.close();
  }
}

function onlyTeam(teams: readonly { id: string; name: string }[]): string {
  const [team, another] = teams;
  if (team && !another) return team.id;
  throw new Error(
    `--team: name one of your teams: ${teams.map(({ id, name }) => `${id} (${name})`).join(', ') || 'you have none'}`,
  );
}
