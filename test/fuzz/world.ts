/**
 * What the fuzzer knows of the server it talks to: ids that exist there, and how to log in. Every minute there is a new template
 * with a new job, so that no tree grows without end, and what one function may write in that time is bounded.
 */
import type { BaseStep } from '#gen/step_types';
import { type ClientConnection, connect } from '../../src/client/connect.ts';
import { group, leaves, step } from '../support/trees.ts';
import type { Address } from './connection.ts';
import type { KnownIds } from './generate.ts';

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

type Subject = 'team' | 'template' | 'job' | 'group' | 'step' | 'user' | 'token';

/** For an act of several calls, on a busy machine. */
const WITHIN_MS = 30_000;
/** Successful calls of one function until ids are withheld from it. */
const WRITES = 100;
const reads = /\.(get|fetch|index|query|ping|authenticate|list|search|acquire|release|forceAcquire)/;

const subjects: readonly (readonly [RegExp, Subject])[] = [
  [/token/i, 'token'],
  [/template/i, 'template'],
  [/^jobIds?$/, 'job'],
  [/parent|group/i, 'group'],
  [/step/i, 'step'],
  [/team/i, 'team'],
  [/user|assigned/i, 'user'],
];

export class World {
  ids: Partial<Record<Subject, readonly string[]>> = {};
  readonly #address: Address;
  readonly #credentials: Credentials | undefined;
  readonly #written = new Map<string, number>();

  private constructor(address: Address, credentials: Credentials | undefined) {
    this.#address = address;
    this.#credentials = credentials;
  }

  /** Without credentials nothing is known, and nobody logs in. */
  static async open(address: Address, credentials: Credentials | undefined): Promise<World> {
    const world = new World(address, credentials);
    await world.renew();
    return world;
  }

  get canLogIn(): boolean {
    return this.#credentials !== undefined;
  }

  known(fullName: string): KnownIds {
    if ((this.#written.get(fullName) ?? 0) >= WRITES) return () => [];
    return fieldName => {
      const subject = subjects.find(([pattern]) => pattern.test(fieldName))?.[1];
      if (subject) return this.ids[subject] ?? [];
      return /^id$|Ids?$/.test(fieldName) ? Object.values(this.ids).flat() : [];
    };
  }

  /** Takes note of a successful call. */
  succeeded(fullName: string): void {
    if (!reads.test(fullName)) this.#written.set(fullName, (this.#written.get(fullName) ?? 0) + 1);
  }

  /** A token of its own each time. @throws Error when it takes too long */
  logIn(): Promise<string> {
    return inTime('a login', this.#loggedIn());
  }

  /** @throws Error when it takes too long */
  renew(): Promise<void> {
    return inTime('making a template and jobs', this.#renewed());
  }

  async #loggedIn(): Promise<string> {
    const connection = await connect(this.#address);
    const { authToken } = await this.#login(connection);
    await connection.close();
    return authToken;
  }

  async #renewed(): Promise<void> {
    if (!this.#credentials) return;
    const connection = await connect(this.#address);
    const { currentUser, teamIdToInfo } = await this.#login(connection);
    const team = Object.keys(teamIdToInfo)[0]!;
    // What was sent may have turned the team's settings about.
    await connection.service('TeamService').update(team, { config: {} } as never);
    const templates = connection.service('JobTemplateService');
    const { id, stepGroup } = await templates.create(team, { title: 'What the fuzzer works on' }, []);
    await templates.acquireLock(id);
    for (const child of tree()) {
      if (child.impl.stepGroup) await templates.addStepGroupModular(id, stepGroup.id, child, -1, false);
      else await templates.addStepModular(id, stepGroup.id, child, -1, false);
    }
    await templates.releaseLock(id);
    const published = await templates.publish(id);
    const { jobIds } = await connection.service('JobsService').createJobs(id, { numberOfJobs: 3 });
    await connection.close();
    this.ids = {
      team: [team],
      template: [id],
      job: jobIds,
      group: groups(published.stepGroup).map(each => each.id),
      step: leaves(published.stepGroup).map(each => each.id),
      user: [currentUser.id],
      token: [await this.logIn()],
    };
    this.#written.clear();
  }

  #login(connection: ClientConnection) {
    const { email, password } = this.#credentials!;
    return connection.service('AuthenticationService').login(email, password, {});
  }
}

async function inTime<T>(what: string, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} took more than ${WITHIN_MS} ms`)), WITHIN_MS);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const tree = (): BaseStep[] => [step('Look'), group('Take apart', [step('Loosen'), step('Lift')]), step('Put back')];

const groups = (root: BaseStep): BaseStep[] => (root.impl.step ? [] : [root, ...root.children.flatMap(groups)]);
