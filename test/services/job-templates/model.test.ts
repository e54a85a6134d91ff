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
import { type Entry, everybody, Model, nameOf, type Outcome, type Status, type Who } from './model.ts';

/** Of each kind of team: `make model` has 1,000 of them, the suite what its time allows. */
const RUNS = Number(process.env.JOBWRIGHT_MODEL_RUNS ?? (engine === 'sqlite' ? 100 : 25));
const MOST_COMMANDS = 40;

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

interface ActOptions {
  readonly name: string;
  /** undefined: whoever holds the lock by then, or ben */
  readonly by: Who | undefined;
  readonly inModel: (model: Model, who: Who) => Outcome;
  readonly onServer: (session: Session, id: string, model: Model) => Promise<unknown>;
  /** What the server answers to an act that is not refused, given the model after it. */
  readonly answer?: (model: Model) => unknown;
}

/** One act of somebody, in the model and on the server; afterwards both are the same. */
class Act implements fc.AsyncCommand<Model, Real> {
  readonly #options: ActOptions;

  constructor(options: ActOptions) {
    this.#options = options;
  }

  check = () => true;
  toString = () => `${this.#options.by ?? 'the holder'}: ${this.#options.name}`;

  /** Whether the model does not refuse it. */
  leadsOn(model: Model): boolean {
    return this.#options.inModel(model.copy(), this.#actor(model)) === undefined;
  }

  #actor = (model: Model): Who => this.#options.by ?? model.holder ?? 'ben';

  async run(model: Model, { id, sessions }: Real): Promise<void> {
    const { inModel, onServer, answer } = this.#options;
    const who = this.#actor(model);
    const outcome = inModel(model, who);
    let told: unknown;
    const found = await outcomeOf(onServer(sessions[who], id, model), answered => {
      told = answered;
    });
    const act = String(this);
    expect({ act, outcome: found }).toEqual({ act, outcome });
    if (!found && answer) expect({ act, answer: told }).toEqual({ act, answer: answer(model) });
    await compare(model, id, sessions, who);
  }
}

/** Of several acts the first that the model does not refuse: or most would be refused, and little would come about. */
class LeadingAct implements fc.AsyncCommand<Model, Real> {
  readonly #acts: readonly Act[];
  #taken: Act | undefined;

  constructor(acts: readonly Act[]) {
    this.#acts = acts;
  }

  check = (model: Model) => this.#acts.some(act => act.leadsOn(model));
  toString = () => String(this.#taken ?? this.#acts);

  run(model: Model, real: Real): Promise<void> {
    this.#taken = this.#acts.find(act => act.leadsOn(model))!;
    return this.#taken.run(model, real);
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

const who = fc.constantFrom(...everybody);
/** Edits by others are refused: so most are by the holder. */
const editor = fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: who });
const title = fc.constantFrom('T', 'U', 'V', 'W');
const small = fc.integer({ min: -1, max: 6 });
const reviewed = fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: small });

const numbersOf = ({
  title,
  publicVersion,
  publishedVersion,
  status,
}: Omit<Entry, 'runnable' | 'status'> & { status: string }) => ({
  title,
  publicVersion,
  publishedVersion,
  status,
});

/** How often each comes. */
const weighed: readonly (readonly [number, fc.Arbitrary<Act>])[] = [
  [
    6,
    fc.tuple(editor, title).map(
      ([by, to]) =>
        new Act({
          name: `edit ${to}`,
          by,
          inModel: (model, who) => model.edit(who, to),
          onServer: async ({ templates }, id) => numbersOf(await templates.update(id, { title: to })),
          answer: ({ latest }) => numbersOf(latest),
        }),
    ),
  ],
  [
    3,
    who.map(
      by =>
        new Act({
          name: 'acquireLock',
          by,
          inModel: (model, who) => model.lock(who, false),
          onServer: async ({ templates }, id) => (await templates.acquireLock(id)).owned,
          answer: () => true,
        }),
    ),
  ],
  [
    2,
    who.map(
      by =>
        new Act({
          name: 'forceAcquireLock',
          by,
          inModel: (model, who) => model.lock(who, true),
          onServer: async ({ templates }, id) => (await templates.forceAcquireLock(id)).previousLock?.lockHolder.name,
          answer: ({ robbed }) => nameOf(robbed),
        }),
    ),
  ],
  [
    1,
    editor.map(
      by =>
        new Act({
          name: 'releaseLock',
          by,
          inModel: (model, who) => model.release(who),
          onServer: ({ templates }, id) => templates.releaseLock(id),
        }),
    ),
  ],
  [
    1,
    who.map(
      by =>
        new Act({
          name: 'logout',
          by,
          inModel: (model, who) => model.logOut(who),
          onServer: session => session.logOut(),
        }),
    ),
  ],
  [
    4,
    who.map(
      by =>
        new Act({
          name: 'publish',
          by,
          inModel: model => model.publish(),
          onServer: async ({ templates }, id) => numbersOf(await templates.publish(id)),
          answer: ({ latest }) => numbersOf(latest),
        }),
    ),
  ],
  [
    4,
    editor.map(
      by =>
        new Act({
          name: 'beginReview',
          by,
          inModel: (model, who) => model.beginReview(who),
          onServer: ({ templates }, id) => templates.beginReview(id),
          answer: ({ latest }) => latest.publicVersion,
        }),
    ),
  ],
  [
    4,
    who.map(
      by =>
        new Act({
          name: 'endReview',
          by,
          inModel: model => model.endReview(),
          onServer: ({ templates }, id) => templates.endReview(id),
          answer: ({ latest }) => latest.publicVersion,
        }),
    ),
  ],
  [
    4,
    fc.tuple(who, reviewed).map(
      ([by, n]) =>
        new Act({
          name: `publishVersion ${n ?? 'as reviewed last'}`,
          by,
          inModel: model => model.publishVersion(n ?? model.reviewed),
          onServer: async ({ templates }, id, model) =>
            numbersOf(await templates.publishVersion(id, n ?? model.reviewed)),
          answer: ({ published }) => numbersOf(published!),
        }),
    ),
  ],
  [
    2,
    fc.tuple(editor, small).map(
      ([by, n]) =>
        new Act({
          name: `revert ${n}`,
          by,
          inModel: (model, who) => model.revert(who, n),
          onServer: ({ templates }, id) => templates.revert(id, n),
        }),
    ),
  ],
  [
    1,
    who.map(
      by =>
        new Act({
          name: 'archive',
          by,
          inModel: model => model.archive(),
          onServer: ({ templates }, id) => templates.archive(id),
        }),
    ),
  ],
  [
    3,
    who.map(
      by =>
        new Act({
          name: 'unarchive',
          by,
          inModel: model => model.unarchive(),
          onServer: ({ templates }, id) => templates.unarchive(id),
        }),
    ),
  ],
  [
    1,
    who.map(
      by =>
        new Act({
          name: 'cloneTemplate',
          by,
          inModel: () => undefined,
          onServer: async ({ templates }, id) => {
            const { version, archivedAt, locked, ...clone } = await templates.cloneTemplate(id);
            return { ...numbersOf(clone), version, archivedAt, locked };
          },
          answer: ({ latest: { title } }) => ({ title, ...begun }),
        }),
    ),
  ],
];

/** A copy begins anew, whatever state its original is in; it is left behind. */
const begun = {
  version: 1,
  publicVersion: 0,
  publishedVersion: 0,
  status: 'Unpublished',
  archivedAt: 0,
  locked: null,
} as const;

const anyAct = fc.oneof(...weighed.map(([weight, arbitrary]) => ({ weight, arbitrary })));
const commands = [anyAct, fc.array(anyAct, { minLength: 3, maxLength: 3 }).map(acts => new LeadingAct(acts))];

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
