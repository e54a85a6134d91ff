/** Who is in the demo: an administrator, ana who writes and plans, and ben who works. */
import { TeamRole } from '#gen/user_types';
import type { ClientConnection } from '../../client/connect.ts';
import type { Clients } from '../../services/generated.ts';

export interface Stage {
  readonly admin: { readonly email: string; readonly password: string };
  connect(): Promise<ClientConnection>;
}

export interface Player {
  readonly id: string;
  readonly name: string;
  readonly teamId: string;
  readonly connection: ClientConnection;
  readonly templates: Clients['JobTemplateService'];
  readonly jobs: Clients['JobsService'];
}

const roles = {
  ana: [TeamRole.AUTHOR, TeamRole.JOBCREATOR, TeamRole.EXECUTOR],
  ben: [TeamRole.AUTHOR, TeamRole.EXECUTOR],
} as const;

export interface Cast {
  readonly ana: Player;
  readonly ben: Player;
}

/** Makes the two users, and logs them in. */
export async function assemble(stage: Stage, print: (text?: string) => void): Promise<Cast> {
  const connection = await stage.connect();
  const { teamIdToInfo } = await connection
    .service('AuthenticationService')
    .login(stage.admin.email, stage.admin.password, {});
  const teamId = Object.keys(teamIdToInfo)[0]!;
  const enter = async (name: keyof typeof roles): Promise<Player> => {
    const email = `${name}@example.org`;
    const password = `${name}-has-a-long-password`;
    await connection.service('TeamService').createUser(teamId, email, password, name, [...roles[name]]);
    print(`  ${name}  ${roles[name].map(role => TeamRole[role]).join(', ')}`);
    return logIn(stage, name, email, password, teamId);
  };
  const cast = { ana: await enter('ana'), ben: await enter('ben') };
  await connection.close();
  return cast;
}

async function logIn(stage: Stage, name: string, email: string, password: string, teamId: string): Promise<Player> {
  const connection = await stage.connect();
  const { currentUser } = await connection.service('AuthenticationService').login(email, password, {});
  return {
    id: currentUser.id,
    name,
    teamId,
    connection,
    templates: connection.service('JobTemplateService'),
    jobs: connection.service('JobsService'),
  };
}
