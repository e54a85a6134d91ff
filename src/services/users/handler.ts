/** UserService: the table of contents. Each function says where it is built; the order is the interface's. */
import type { AbacAttribute, AbacAttributeValue, AbacUploadBehaviour } from '#gen/abac_types';
import type {
  AssignedStep,
  TeamRole,
  User,
  UserFetchResult,
  UserOrder,
  UserParams,
  UserQueryResult,
  UserSelectOpts,
  UserWhereOpts,
} from '#gen/user_types';
import type { Store } from '../../store/database.ts';
import type { Call, OpenCall } from '../call.ts';
import type { Handler } from '../surface.ts';
import * as accounts from './accounts.ts';
import * as changeTokens from './change-tokens.ts';
import type { Mail } from './mail.ts';
import * as reading from './reading.ts';

export class UserHandler implements Handler<'UserService'> {
  readonly #store: Store;
  readonly #mail: Mail | undefined;

  constructor(store: Store, mail: Mail | undefined) {
    this.#store = store;
    this.#mail = mail;
  }

  index(call: Call, teamId: string, teamRoles: TeamRole[]): Promise<User[]> {
    return reading.index(this.#store, call, teamId, teamRoles);
  }

  get(call: Call, id: string): Promise<User> {
    return reading.get(this.#store, call, id);
  }

  query(
    call: Call,
    selectOpts: UserSelectOpts,
    whereOpts: UserWhereOpts,
    order: UserOrder[],
  ): Promise<UserQueryResult> {
    return reading.query(this.#store, call, selectOpts, whereOpts, order);
  }

  fetch(call: Call, userIds: string[]): Promise<{ [userId: string]: UserFetchResult }> {
    return reading.fetch(this.#store, call, userIds);
  }

  fetchByTeam(
    call: Call,
    selectOpts: UserSelectOpts,
    teamId: string,
    userIds: string[],
  ): Promise<{ [userId: string]: UserFetchResult }> {
    return reading.fetchByTeam(this.#store, call, selectOpts, teamId, userIds);
  }

  update(call: Call, details: User): Promise<User> {
    return accounts.update(this.#store, call, details);
  }

  updateWithPassword(call: Call, details: User, password: string): Promise<User> {
    return accounts.updateWithPassword(this.#store, this.#mail, call, details, password);
  }

  forgotPassword(call: OpenCall, email: string): Promise<void> {
    return changeTokens.forgotPassword(this.#store, this.#mail, call, email);
  }

  validate(call: Call, details: User, password: string): Promise<User> {
    return accounts.validate(this.#store, call, details, password);
  }

  resendConfirmation(call: OpenCall, email: string, teamId: string): Promise<void> {
    return changeTokens.resendConfirmation(this.#store, this.#mail, call, email, teamId);
  }

  validateWithToken(call: OpenCall, changeToken: string, params: UserParams): Promise<User> {
    return changeTokens.validateWithToken(this.#store, call, changeToken, params);
  }

  joinWithToken(call: OpenCall, changeToken: string, params: UserParams, password: string): Promise<User> {
    return changeTokens.joinWithToken(this.#store, call, changeToken, params, password);
  }

  recoverPassword(call: OpenCall, changeToken: string, password: string): Promise<User> {
    return changeTokens.recoverPassword(this.#store, call, changeToken, password);
  }

  updatePassword(call: Call, oldPassword: string, newPassword: string): Promise<User> {
    return accounts.updatePassword(this.#store, call, oldPassword, newPassword);
  }

  updateAttribute(
    call: Call,
    userId: string,
    teamId: string,
    attributeId: string,
    values: AbacAttributeValue[],
    behave: AbacUploadBehaviour,
  ): Promise<AbacAttribute[]> {
    return accounts.updateAttribute(this.#store, call, userId, teamId, attributeId, values, behave);
  }

  disableUser(call: Call, userId: string): Promise<AssignedStep[]> {
    return accounts.disable(this.#store, call, userId);
  }

  enableUser(call: Call, userId: string): Promise<void> {
    return accounts.enable(this.#store, call, userId);
  }
}
