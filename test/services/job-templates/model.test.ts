/**
 * Versions, review and locks as a plain model in memory, held against the live server: three tokens of two users do to a template
 * whatever comes to their minds, in a team without review flow and in one with it, and the server answers as the model does.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ErrorCode, SystemException } from '#gen/common_types';
import { JobTemplateLockFailed, JobTemplateStatus, type TemplateSelectOpts } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import type { Clients } from '../../../src/services/generated.ts';
import { engine } from '../../support/database.ts';
import { logIn, logInAdmin, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

/** Of each kind of team: `make model` has 1,000 of them, the suite what its time allows. */
const RUNS = Number(process.env.JOBWRIGHT_MODEL_RUNS ?? (engine === 'sqlite' ? 250 : 40));
const MOST_COMMANDS = 40;

type Who = 'ana at her desk' | 'ana in the field' | 'ben';
const everybody: readonly Who[] = ['ana at her desk', 'ana in the field', 'ben'];
const nameOf = (who: Who | undefined) => who?.split(' ')[0];

/** A connection with a token of its own, which can end and be had anew. */
class Session {
  readonly #user: TestUser;
  readonly templates: Clients['JobTemplateService'];
  readonly #auth: Clients['AuthenticationService'];

  private constructor(
    user: TestUser,
    auth: Clients['AuthenticationService'],
    templates: Clients['JobTemplateService'],
  ) {
    this.#user = user;
    this.#auth = auth;
    this.templates = templates;
  }

  static async open(server: TestServer, user: TestUser): Promise<Session> {
    const connection = await server.connect();
    const auth = connection.service('AuthenticationService');
    const session = new Session(user, auth, connection.service('JobTemplateService'));
    await session.#logIn();
    return session;
  }

  async #logIn(): Promise<void> {
    const { token } = await this.#user.auth.createApiToken({ name: 'model' });
    await this.#auth.authenticate(token);
  }

  /** Ends the token, and goes on with another. */
  async logOut(): Promise<void> {
    await this.#auth.logout();
    await this.#logIn();
  }
}

type Status = 'Unpublished' | 'InReview' | 'Published';

interface Entry {
  readonly title: string;
  /** Without steps it cannot be run, and so not be published: the first one. */
  readonly runnable: boolean;
  publicVersion: number;
  publishedVersion: number;
  status: Status;
}

/** What a refusal is known by. */
type Refusal = readonly [ErrorCode, string];
type Outcome = Refusal | { readonly lockedBy: string | undefined } | undefined;

const refusals = {
  archived: [ErrorCode.RESOURCE_ARCHIVED, 'template-archived'],
  inReview: [ErrorCode.WRONG_STATE, 'template-in-review'],
  notLocked: [ErrorCode.TEMPLATE_NOT_LOCKED, 'template-not-locked'],
} as const satisfies Record<string, Refusal>;

/** The template as it should be. Each act says what it is refused with, or changes the model. */
class Model {
  readonly entries: Entry[] = [
    { title: 'T', runnable: false, publicVersion: 0, publishedVersion: 0, status: 'Unpublished' },
  ];
  readonly #reviewRequired: boolean;
  holder: Who | undefined;
  /** From whom the lock was taken last, by force. */
  robbed: Who | undefined;
  archived = false;

  constructor(reviewRequired: boolean) {
    this.#reviewRequired = reviewRequired;
  }

  get latest(): Entry {
    return this.entries.at(-1)!;
  }

  get published(): Entry | undefined {
    const ranked = this.entries.filter(({ status }) => status === 'Published');
    return ranked.sort((a, b) => b.publishedVersion - a.publishedVersion)[0];
  }

  #greatest(field: 'publicVersion' | 'publishedVersion'): number {
    return Math.max(...this.entries.map(entry => entry[field]));
  }

  #fixed(): Outcome {
    if (this.archived) return refusals.archived;
    return this.latest.status === 'InReview' ? refusals.inReview : undefined;
  }

  edit(who: Who, title: string, runnable = this.latest.runnable): Outcome {
    const fixed = this.#fixed();
    if (fixed) return fixed;
    if (this.holder !== who) return refusals.notLocked;
    if (title !== this.latest.title || runnable !== this.latest.runnable)
      this.entries.push({ title, runnable, publicVersion: 0, publishedVersion: 0, status: 'Unpublished' });
    return undefined;
  }

  revert(who: Who, version: number): Outcome {
    const earlier = this.entries[version - 1];
    if (!earlier) return [ErrorCode.INVALID_VERSION, 'version-not-found'];
    if (version === this.entries.length) return [ErrorCode.NOOP, 'already-latest'];
    if (this.archived) return refusals.archived;
    if (this.latest.status === 'InReview' || (this.holder && this.holder !== who))
      return [ErrorCode.REVERT_DISALLOWED, 'revert-disallowed'];
    return this.edit(who, earlier.title, earlier.runnable);
  }

  publish(): Outcome {
    if (this.archived) return refusals.archived;
    if (this.latest.status === 'Published') return [ErrorCode.NOOP, 'already-published'];
    if (this.latest.status === 'InReview') return refusals.inReview;
    if (this.#reviewRequired) return [ErrorCode.WRONG_STATE, 'review-required'];
    return this.#publish(this.latest, this.#greatest('publicVersion') + 1);
  }

  #publish(entry: Entry, publicVersion: number): Outcome {
    if (!entry.runnable) return [ErrorCode.BAD_REQUEST, 'invalid-procedure'];
    entry.publicVersion = publicVersion;
    entry.publishedVersion = this.#greatest('publishedVersion') + 1;
    entry.status = 'Published';
    return undefined;
  }

  publishVersion(publicVersion: number): Outcome {
    if (publicVersion <= 0) return [ErrorCode.BAD_REQUEST, 'invalid-argument'];
    if (this.archived) return refusals.archived;
    const entry = this.entries.find(candidate => candidate.publicVersion === publicVersion);
    if (!entry) return [ErrorCode.INVALID_VERSION, 'version-not-found'];
    if (entry.status === 'Published') return [ErrorCode.NOOP, 'already-published'];
    if (entry.status === 'InReview') return refusals.inReview;
    return this.#publish(entry, publicVersion);
  }

  beginReview(who: Who): Outcome {
    if (this.archived) return refusals.archived;
    if (this.latest.status === 'InReview') return [ErrorCode.NOOP, 'already-in-review'];
    if (this.latest.status === 'Published') return [ErrorCode.WRONG_STATE, 'template-published'];
    if (this.holder && this.holder !== who) return [ErrorCode.WRONG_STATE, 'locked-by-other'];
    this.latest.publicVersion ||= this.#greatest('publicVersion') + 1;
    this.latest.status = 'InReview';
    return undefined;
  }

  endReview(): Outcome {
    if (this.archived) return refusals.archived;
    if (this.latest.status !== 'InReview') return [ErrorCode.WRONG_STATE, 'not-in-review'];
    this.latest.status = 'Unpublished';
    this.holder = undefined;
    return undefined;
  }

  lock(who: Who, force: boolean): Outcome {
    const fixed = this.#fixed();
    if (fixed) return fixed;
    const other = this.holder === who ? undefined : this.holder;
    if (other && !force) return { lockedBy: nameOf(other) };
    this.robbed = other;
    this.holder = who;
    return undefined;
  }

  release(who: Who): Outcome {
    if (this.holder !== who) return refusals.notLocked;
    this.holder = undefined;
    return undefined;
  }

  logOut(who: Who): Outcome {
    if (this.holder === who) this.holder = undefined;
    return undefined;
  }

  archive(): Outcome {
    if (this.archived) return [ErrorCode.NOOP, 'already-archived'];
    this.archived = true;
    this.holder = undefined;
    return undefined;
  }

  unarchive(): Outcome {
    if (!this.archived) return [ErrorCode.NOOP, 'not-archived'];
    this.archived = false;
    return undefined;
  }
}

interface Real {
  readonly id: string;
  readonly sessions: Readonly<Record<Who, Session>>;
}

/** What the server answers, as the model says it; `told` gets the answer of a call that was not refused. */
async function outcomeOf<T>(call: Promise<T>, told: (answer: T) => void = () => {}): Promise<Outcome> {
  try {
    told(await call);
    return undefined;
  } catch (error) {
    if (error instanceof JobTemplateLockFailed) return { lockedBy: error.previousLock.lockHolder.name };
    if (error instanceof SystemException) return [error.errorCode, error.slug];
    throw error;
  }
}

/** One act of somebody, in the model and on the server; afterwards both are the same. */
class Act implements fc.AsyncCommand<Model, Real> {
  readonly #name: string;
  readonly #who: Who;
  readonly #inModel: (model: Model) => Outcome;
  readonly #onServer: (session: Session, id: string) => Promise<unknown>;
  readonly #answer: ((model: Model) => unknown) | undefined;

  /** @param answer what the server must answer to an act that is not refused, given the model after it */
  constructor(
    name: string,
    who: Who,
    inModel: (model: Model) => Outcome,
    onServer: (session: Session, id: string) => Promise<unknown>,
    answer?: (model: Model) => unknown,
  ) {
    this.#name = name;
    this.#who = who;
    this.#inModel = inModel;
    this.#onServer = onServer;
    this.#answer = answer;
  }

  check = () => true;
  toString = () => `${this.#who}: ${this.#name}`;

  async run(model: Model, { id, sessions }: Real): Promise<void> {
    const expected = this.#inModel(model);
    let answer: unknown;
    const found = await outcomeOf(this.#onServer(sessions[this.#who], id), told => {
      answer = told;
    });
    expect({ act: String(this), outcome: found }).toEqual({ act: String(this), outcome: expected });
    if (!found && this.#answer)
      expect({ act: String(this), answer }).toEqual({ act: String(this), answer: this.#answer(model) });
    await compare(model, id, sessions, this.#who);
  }
}

/** The latest entry, its numbers and its lock, as a token sees them. */
async function compare(model: Model, id: string, sessions: Real['sessions'], who: Who): Promise<void> {
  const { latest: entry, holder, archived, entries, published } = model;
  const { runnable: _runnable, ...latest } = entry;
  const found = await sessions[who].templates.get(id);
  expect({
    version: found.version,
    title: found.title,
    publicVersion: found.publicVersion,
    publishedVersion: found.publishedVersion,
    status: found.status,
    archived: found.archivedAt > 0,
    holder: found.locked?.lockHolder.name,
    owned: found.locked?.owned,
  }).toEqual({
    version: entries.length,
    ...latest,
    archived,
    holder: nameOf(holder),
    owned: holder ? holder === who : undefined,
  });
  const current = await outcomeOf(sessions.ben.templates.getPublicVersion(id, 0), entry => {
    expect(entry).toMatchObject({ title: published?.title, publicVersion: published?.publicVersion });
  });
  expect(current).toEqual(published ? undefined : [ErrorCode.INVALID_VERSION, 'not-published']);
}

const wireStatuses: Readonly<Record<Status, JobTemplateStatus>> = {
  Unpublished: JobTemplateStatus.UNPUBLISHED,
  InReview: JobTemplateStatus.IN_REVIEW,
  Published: JobTemplateStatus.PUBLISHED,
};

/** All entries that anybody can name by a number: the drafts, and those with a public version. */
async function compareEntries({ entries, published }: Model, id: string, { ben }: Real['sessions']): Promise<void> {
  const { [id]: latest } = await ben.templates.fetch({ includeDrafts: true } as TemplateSelectOpts, [id]);
  const numbered = entries.map(({ status, publicVersion, publishedVersion }, index) => ({
    version: index + 1,
    publicVersion,
    publishedVersion,
    status: wireStatuses[status],
  }));
  const drafts = numbered.slice(published ? entries.indexOf(published) : 0);
  expect(latest!.template!.drafts).toMatchObject(drafts);
  expect(latest!.template!.drafts).toHaveLength(drafts.length);
  const asked = Array.from({ length: entries.length + 2 }, (_, index) => index + 1);
  const { [id]: found } = await ben.templates.fetchPublicVersions(
    {} as TemplateSelectOpts,
    asked.map(publicVersion => ({ jobTemplateId: id, publicVersion })),
  );
  for (const publicVersion of asked) {
    const { template, err } = found![publicVersion]!;
    const entry = numbered.find(candidate => candidate.publicVersion === publicVersion);
    if (!entry) expect(err).toMatchObject({ errorCode: ErrorCode.INVALID_VERSION, slug: 'version-not-found' });
    else {
      const { version: internalVersion, ...numbers } = entry;
      expect(template).toMatchObject({ internalVersion, ...numbers, title: entries[internalVersion - 1]!.title });
    }
  }
}

/** A copy begins anew, whatever state its original is in; it is left behind. */
const cloned = async ({ templates }: Session, id: string, title: string): Promise<void> => {
  const clone = await templates.cloneTemplate(id);
  expect(clone).toMatchObject({ title, version: 1, publicVersion: 0, publishedVersion: 0, status: 'Unpublished' });
  expect(clone).toMatchObject({ archivedAt: 0, locked: null });
};

const who = fc.constantFrom(...everybody);
const title = fc.constantFrom('T', 'U', 'V');
const small = fc.integer({ min: -1, max: 6 });

const commands = [
  fc.tuple(who, title).map(
    ([by, to]) =>
      new Act(
        `edit ${to}`,
        by,
        model => model.edit(by, to),
        ({ templates }, id) => templates.update(id, { title: to }),
      ),
  ),
  who.map(
    by =>
      new Act(
        'acquireLock',
        by,
        model => model.lock(by, false),
        ({ templates }, id) => templates.acquireLock(id),
      ),
  ),
  who.map(
    by =>
      new Act(
        'forceAcquireLock',
        by,
        model => model.lock(by, true),
        async ({ templates }, id) => (await templates.forceAcquireLock(id)).previousLock?.lockHolder.name,
        model => nameOf(model.robbed),
      ),
  ),
  who.map(
    by =>
      new Act(
        'releaseLock',
        by,
        model => model.release(by),
        ({ templates }, id) => templates.releaseLock(id),
      ),
  ),
  who.map(
    by =>
      new Act(
        'logout',
        by,
        model => model.logOut(by),
        session => session.logOut(),
      ),
  ),
  who.map(
    by =>
      new Act(
        'publish',
        by,
        model => model.publish(),
        ({ templates }, id) => templates.publish(id),
      ),
  ),
  who.map(
    by =>
      new Act(
        'beginReview',
        by,
        model => model.beginReview(by),
        ({ templates }, id) => templates.beginReview(id),
        model => model.latest.publicVersion,
      ),
  ),
  who.map(
    by =>
      new Act(
        'endReview',
        by,
        model => model.endReview(),
        ({ templates }, id) => templates.endReview(id),
        model => model.latest.publicVersion,
      ),
  ),
  fc.tuple(who, small).map(
    ([by, n]) =>
      new Act(
        `publishVersion ${n}`,
        by,
        model => model.publishVersion(n),
        async ({ templates }, id) => {
          const { title, publicVersion, publishedVersion, status } = await templates.publishVersion(id, n);
          return { title, publicVersion, publishedVersion, status };
        },
        ({ published }) => {
          const { runnable: _runnable, ...entry } = published!;
          return entry;
        },
      ),
  ),
  fc.tuple(who, small).map(
    ([by, n]) =>
      new Act(
        `revert ${n}`,
        by,
        model => model.revert(by, n),
        ({ templates }, id) => templates.revert(id, n),
      ),
  ),
  who.map(
    by =>
      new Act(
        'archive',
        by,
        model => model.archive(),
        ({ templates }, id) => templates.archive(id),
      ),
  ),
  who.map(
    by =>
      new Act(
        'unarchive',
        by,
        model => model.unarchive(),
        ({ templates }, id) => templates.unarchive(id),
      ),
  ),
  who.map(by => {
    let latest = '';
    const noted = (model: Model) => {
      latest = model.latest.title;
      return undefined;
    };
    return new Act('cloneTemplate', by, noted, (session, id) => cloned(session, id, latest));
  }),
];

let server: TestServer;
/** By whether its team requires reviews. */
const teams = new Map<boolean, { teamId: string; sessions: Record<Who, Session>; author: TestUser }>();

beforeAll(async () => {
  server = await TestServer.start();
  const admin = await logInAdmin(server);
  for (const reviewRequired of [false, true]) {
    const team = await admin.teams.create(reviewRequired ? 'Reviewed' : 'Free', '');
    await admin.teams.update(team.id, { config: { requireReviewFlow: reviewRequired } as never });
    const member = async (name: string) => {
      const email = `${name}-${reviewRequired}@example.org`;
      await admin.teams.createUser(team.id, email, 'a-long-password-of-mine', name, [TeamRole.AUTHOR]);
      return logIn(server, email, 'a-long-password-of-mine', team.id);
    };
    const [ana, ben] = [await member('ana'), await member('ben')];
    const sessions = {
      'ana at her desk': await Session.open(server, ana),
      'ana in the field': await Session.open(server, ana),
      ben: await Session.open(server, ben),
    };
    teams.set(reviewRequired, { teamId: team.id, sessions, author: ana });
  }
});
afterAll(() => server.stop());

describe.each([
  ['a team without review flow', false],
  ['a team with review flow', true],
])('in %s', (_team, reviewRequired) => {
  test(`${RUNS} times up to ${MOST_COMMANDS} acts have the outcome that the model has`, async () => {
    const { teamId, sessions, author } = teams.get(reviewRequired)!;
    const seed = Date.now() % 2 ** 31;
    process.stdout.write(`seed ${seed}\n`);
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: MOST_COMMANDS, size: 'max' }), async acts => {
        const { id, stepGroup } = await author.templates.create(teamId, { title: 'T' }, []);
        await author.templates.acquireLock(id);
        await author.templates.addStepModular(id, stepGroup.id, step('One'), 0, false);
        await author.templates.releaseLock(id);
        const model = new Model(reviewRequired);
        model.entries.push({ ...model.latest, runnable: true });
        await fc.asyncModelRun(() => ({ model, real: { id, sessions } }), acts);
        await compareEntries(model, id, sessions);
      }),
      { numRuns: RUNS, seed },
    );
  }, 3_600_000);
});
