/** Data made through the wire, as clients make it. */
import type { JobTemplate } from '#gen/job_template_types';
import { type Metadata, MetadataType, Owner } from '#gen/metadata_types';
import type { BaseStep } from '#gen/step_types';
import { TeamRole } from '#gen/user_types';
import type { ClientConnection } from '../../src/client/connect.ts';
import type { Clients } from '../../src/services/generated.ts';
import { ADMIN } from './server.ts';

export { group, leaves, step } from './trees.ts';

/** A logged-in user: its connection and the clients of the services on it. */
export interface TestUser {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly teamId: string;
  readonly connection: ClientConnection;
  readonly auth: Clients['AuthenticationService'];
  readonly templates: Clients['JobTemplateService'];
  readonly jobs: Clients['JobsService'];
  readonly teams: Clients['TeamService'];
  readonly users: Clients['UserService'];
}

/** Where users log in: a server, or one process of it. */
export interface Reached {
  connect(): Promise<ClientConnection>;
}

/** A second session is a second token: `logIn(server, ana.email, ana.password)`. */
export async function logIn(server: Reached, email: string, password: string, teamId?: string): Promise<TestUser> {
  const connection = await server.connect();
  const auth = connection.service('AuthenticationService');
  const login = await auth.login(email, password, {});
  return {
    id: login.currentUser.id,
    email,
    password,
    token: login.authToken,
    teamId: teamId ?? Object.keys(login.teamIdToInfo)[0]!,
    connection,
    auth,
    templates: connection.service('JobTemplateService'),
    jobs: connection.service('JobsService'),
    teams: connection.service('TeamService'),
    users: connection.service('UserService'),
  };
}

export const logInAdmin = (server: Reached): Promise<TestUser> => logIn(server, ADMIN.email, ADMIN.password);

/** A new user of the administrator's team, logged in. @param name 'ana' makes ana@example.org */
export async function newUser(server: Reached, admin: TestUser, name: string, ...roles: TeamRole[]): Promise<TestUser> {
  const email = `${name}@example.org`;
  const password = `${name}s-long-password`;
  await admin.teams.createUser(admin.teamId, email, password, name, roles);
  return logIn(server, email, password, admin.teamId);
}

/** Somebody of another team, who must not see anything of the first: it is the ADMIN of its own. */
export async function newOutsider(server: Reached, admin: TestUser): Promise<TestUser> {
  const team = await admin.teams.create('Other plant', '');
  const email = 'outsider@example.org';
  const password = 'outsiders-long-password';
  await admin.teams.createUser(team.id, email, password, 'outsider', [TeamRole.ADMIN]);
  return logIn(server, email, password, team.id);
}

/** A number that jobs of the team can have. */
export const jobMetadata = (admin: TestUser, key: string): Promise<Metadata> =>
  admin.connection
    .service('MetadataService')
    .add(admin.teamId, { key, type: MetadataType.NUMBER, owner: Owner.JOB, constraints: {} } as Metadata);

/** A template with these children of its root, unpublished; the author holds no lock afterwards. */
export async function newTemplate(author: TestUser, title: string, children: BaseStep[]): Promise<JobTemplate> {
  const template = await author.templates.create(author.teamId, { title }, []);
  await author.templates.acquireLock(template.id);
  for (const child of children) {
    if (child.impl.stepGroup)
      await author.templates.addStepGroupModular(template.id, template.stepGroup.id, child, -1, false);
    else await author.templates.addStepModular(template.id, template.stepGroup.id, child, -1, false);
  }
  await author.templates.releaseLock(template.id);
  return author.templates.get(template.id);
}

export async function publishedTemplate(author: TestUser, title: string, children: BaseStep[]): Promise<JobTemplate> {
  const template = await newTemplate(author, title, children);
  return author.templates.publish(template.id);
}
