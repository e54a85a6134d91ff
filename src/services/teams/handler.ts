/** TeamService: the table of contents. Each function says where it is built; the order is the interface's. */
import type { Team, TeamParams, TemplateApprovalWebhook, WebhookSecret } from '#gen/team_types';
import type { ChangeToken, TeamRole } from '#gen/user_types';
import type { Store } from '../../store/database.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../surface.ts';
import type { Mail } from '../users/mail.ts';
import * as invitations from './invitations.ts';
import * as members from './members.ts';
import * as teams from './teams.ts';
import * as webhooks from './webhooks.ts';
import { REGION_ID } from './wire.ts';

export class TeamHandler implements Handler<'TeamService'> {
  readonly #store: Store;
  readonly #mail: Mail | undefined;

  constructor(store: Store, mail: Mail | undefined) {
    this.#store = store;
    this.#mail = mail;
  }

  listAllRegions(_call: Call): Promise<string[]> {
    return Promise.resolve([REGION_ID]);
  }

  create(call: Call, name: string, regionId: string): Promise<Team> {
    return teams.create(this.#store, call, name, regionId);
  }

  createWithUser(
    call: Call,
    teamName: string,
    userEmail: string,
    password: string,
    userName: string,
    regionId: string,
  ): Promise<Team> {
    return teams.createWithUser(this.#store, call, teamName, { email: userEmail, password, name: userName }, regionId);
  }

  getTeamBySubdomain(call: Call, subdomain: string): Promise<Team> {
    return teams.getBySubdomain(this.#store, call, subdomain);
  }

  get(call: Call, teamId: string): Promise<Team> {
    return teams.get(this.#store, call, teamId);
  }

  index(call: Call): Promise<Team[]> {
    return teams.index(this.#store, call);
  }

  addUserById(call: Call, teamId: string, userId: string, roles: TeamRole[]): Promise<void> {
    return members.add(this.#store, call, teamId, userId, roles);
  }

  addUserByEmail(call: Call, teamId: string, email: string, roles: TeamRole[]): Promise<void> {
    return invitations.addByEmail(this.#store, this.#mail, call, teamId, email, roles);
  }

  createUser(
    call: Call,
    teamId: string,
    userEmail: string,
    password: string,
    userName: string,
    roles: TeamRole[],
  ): Promise<void> {
    return members.createUser(this.#store, call, teamId, { email: userEmail, password, name: userName }, roles);
  }

  updateUserRoles(call: Call, teamId: string, userId: string, roles: TeamRole[]): Promise<void> {
    return members.updateRoles(this.#store, call, teamId, userId, roles);
  }

  removeUserFromTeam(call: Call, teamId: string, userId: string): Promise<void> {
    return members.remove(this.#store, call, teamId, userId);
  }

  update(call: Call, teamId: string, opts: TeamParams): Promise<Team> {
    return teams.update(this.#store, call, teamId, opts);
  }

  setTemplateApprovalWebhook(call: Call, teamId: string, webhookUrl: string): Promise<void> {
    return webhooks.set(this.#store, call, teamId, webhookUrl);
  }

  getTemplateApprovalWebhook(call: Call, teamId: string): Promise<TemplateApprovalWebhook> {
    return webhooks.get(this.#store, call, teamId);
  }

  rotateTemplateApprovalSecret(call: Call, teamId: string): Promise<WebhookSecret> {
    return webhooks.rotate(this.#store, call, teamId);
  }

  inviteUser(call: Call, teamId: string, email: string, roles: TeamRole[]): Promise<ChangeToken> {
    return invitations.invite(this.#store, call, teamId, email, roles);
  }

  resetPassword(call: Call, teamId: string, userId: string): Promise<ChangeToken> {
    return invitations.resetPassword(this.#store, call, teamId, userId);
  }
}
