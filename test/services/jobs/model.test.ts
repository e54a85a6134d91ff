/**
 * The running of jobs held against a plain model in memory, on the live server: three people of different roles do to three jobs of random
 * procedures whatever comes to their minds, and the server answers as the model does, and shows the same jobs and histories.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ErrorCode, SystemException } from '#gen/common_types';
import { AssignedType } from '#gen/flow_types';
import { type JobActionResponse, JobActionStepStatus, JobHistoryAction, StepState } from '#gen/jobs_types';
import { TeamRole } from '#gen/user_types';
import { engine } from '../../support/database.ts';
import { expectRefusal } from '../../support/refusals.ts';
import { leaves, logInAdmin, newUser, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';
import { until } from './held.ts';
import { type Assignment, type Changes, ModelJob, nobody, type Person } from './model.ts';
import {
  conditionHolds,
  groupsIn,
  mainGroup,
  type People,
  procedureOf,
  type Shape,
  shape,
} from './model-procedures.ts';
import { ModelTeam, type Outcome } from './model-team.ts';

/** `make job-model` has 2,000 of them, the suite what its time allows. */
const RUNS = Number(process.env.JOBWRIGHT_MODEL_RUNS ?? (engine === 'sqlite' ? 60 : 15));
const MOST_COMMANDS = 80;
const JOBS = 3;

const everybody = ['admin', 'ana', 'ben'] as const;
type Who = (typeof everybody)[number];

interface Real {
  readonly sessions: Readonly<Record<Who, TestUser>>;
  readonly people: People;
  /** By job: the revision that it had when it was last looked at, and how long its history was. */
  readonly seen: Map<ModelJob, { readonly revision: number; readonly told: number }>;
}

/** Steps of a job, as chance names them: which they are is known when they are needed. */
type Pick =
  | { readonly kind: 'all' | 'unknown' | 'group' }
  | { readonly kind: 'any' | 'current' | 'ready' | 'running' | 'held'; readonly which: readonly number[] };

function picked(pick: Pick, job: ModelJob): string[] {
  if (!('which' in pick)) {
    const named = { all: [], unknown: ['no-such-step'], group: [groupsIn(job.ground.procedure.chart.root)[1]!.id] };
    return named[pick.kind];
  }
  const all = leaves(job.ground.procedure.chart.root).map(({ id }) => id);
  const current = job.current.map(({ leaf }) => leaf.id);
  const inState = (state: StepState) => job.current.filter(step => step.state === state).map(({ leaf }) => leaf.id);
  const choices = {
    any: () => all,
    current: () => current,
    ready: () => inState(StepState.READY).filter(id => !job.isHeld(id)),
    running: () => inState(StepState.RUNNING),
    held: () => job.openHolds.map(({ stepId }) => stepId),
  }[pick.kind]();
  const among = choices.length > 0 ? choices : all;
  return pick.which.map(index => among[index % among.length]!);
}

/** undefined: whoever may work on the step, or the administrator. */
function actor(by: Who | undefined, job: ModelJob, [stepId]: readonly string[], people: People): Who {
  if (by) return by;
  const { type, to } = job.current.find(({ leaf }) => leaf.id === stepId)?.assignment ?? nobody;
  if (type === AssignedType.Unassigned) return 'ana';
  return everybody.find(who => people[who].id === to || people[who].groups.includes(to!)) ?? 'admin';
}

interface Deed {
  readonly name: keyof typeof kinds | 'goOn';
  readonly by: Who | undefined;
  /** Which of the jobs, and how many behind it the other one is; 0 is itself. */
  readonly job: number;
  readonly behind: number;
  readonly steps: Pick;
  /** Of the other job. */
  readonly step: Pick | undefined;
  readonly to: Assigned;
  readonly changes: ChangesBy;
}

type Assigned = Who | 'fitters' | 'nobody';
type ChangesBy = Omit<Changes, 'owner'> & { readonly owner?: Who | undefined };

interface Asked {
  readonly job: ModelJob;
  readonly stepIds: string[];
  readonly other: ModelJob;
  readonly stepId: string | undefined;
  readonly to: Assignment;
  readonly changes: Changes;
}

interface Kind {
  readonly inModel: (team: ModelTeam, who: Person, asked: Asked) => Outcome;
  readonly onServer: (user: TestUser, asked: Asked) => Promise<JobActionResponse | boolean>;
}

const dependency = ({ job, stepIds, other, stepId }: Asked) => ({
  jobId: job.id,
  stepIds,
  dependentJobId: other.id,
  ...(stepId !== undefined && { dependentStepId: stepId }),
});

const kinds = {
  startSteps: {
    inModel: (team, who, { job, stepIds }) => team.start(who, job, stepIds),
    onServer: ({ jobs }, { job, stepIds }) => jobs.startSteps(job.id, stepIds),
  },
  finishSteps: {
    inModel: (team, who, { job, stepIds }) => team.finish(who, job, stepIds),
    onServer: ({ jobs }, { job, stepIds }) => jobs.finishSteps(job.id, stepIds),
  },
  stopSteps: {
    inModel: (team, who, { job, stepIds }) => team.stop(who, job, stepIds),
    onServer: ({ jobs }, { job, stepIds }) => jobs.stopSteps(job.id, stepIds),
  },
  setCurrentStep: {
    inModel: (team, who, { job, stepIds }) => team.setCurrent(who, job, stepIds[0] ?? ''),
    onServer: ({ jobs }, { job, stepIds }) => jobs.setCurrentStep(job.id, stepIds[0] ?? ''),
  },
  addHolds: {
    inModel: (team, who, { job, stepIds }) => team.addHolds(who, job, stepIds),
    onServer: ({ jobs }, { job, stepIds }) => jobs.addHolds({ jobId: job.id, stepIds }),
  },
  releaseHolds: {
    inModel: (team, who, { job, stepIds }) => team.releaseHolds(who, job, stepIds),
    onServer: ({ jobs }, { job, stepIds }) => jobs.releaseHolds({ jobId: job.id, stepIds }),
  },
  addDependency: {
    inModel: (team, who, { job, stepIds, other, stepId }) => team.addDependency(who, job, stepIds, other, stepId),
    onServer: ({ jobs }, asked) => jobs.addDependency(dependency(asked)),
  },
  releaseDependency: {
    inModel: (team, who, { job, stepIds, other, stepId }) => team.releaseDependency(who, job, stepIds, other, stepId),
    onServer: ({ jobs }, asked) => jobs.releaseDependency(dependency(asked)),
  },
  closeJobs: {
    inModel: (team, who, { job, other }) => team.closeJobs(who, [...new Set([job, other])]),
    onServer: ({ jobs }, { job, other }) => jobs.closeJobs([job.id, other.id]),
  },
  reopenJobs: {
    inModel: (team, who, { job, other }) => team.reopenJobs(who, [...new Set([job, other])]),
    onServer: ({ jobs }, { job, other }) => jobs.reopenJobs([job.id, other.id]),
  },
  deleteJobs: {
    inModel: (team, who, { job, other }) => team.deleteJobs(who, [...new Set([job, other])]),
    onServer: ({ jobs }, { job, other }) => jobs.deleteJobs([job.id, other.id]),
  },
  assignStep: {
    inModel: (team, who, { job, stepIds, to }) => team.assignStep(who, job, stepIds[0] ?? 'no-such-step', to),
    onServer: ({ jobs }, { job, stepIds, to }) =>
      jobs.assignStep(job.id, stepIds[0] ?? 'no-such-step', to.to ?? '', to.type),
  },
  updateJob: {
    inModel: (team, who, { job, stepIds, changes }) => team.updateJob(who, job, changes, stepIds[0] ?? ''),
    onServer: ({ jobs }, { job, stepIds, changes: { owner, ...changes } }) =>
      jobs.updateJob(job.id, { ...changes, ...(owner && { ownedBy: owner.id }) }, stepIds[0] ?? ''),
  },
} satisfies Record<string, Kind>;

async function outcomeOf(call: Promise<JobActionResponse | boolean>): Promise<Outcome> {
  try {
    const answer = await call;
    if (typeof answer === 'boolean') return answer as true;
    const { success, stepResponses } = answer;
    expect(success).toBe(stepResponses.every(({ status }) => status === JobActionStepStatus.Success));
    return { answers: stepResponses.map(({ stepId, status }) => [stepId, JobActionStepStatus[status] as never]) };
  } catch (error) {
    if (error instanceof SystemException) return { refused: [error.errorCode, error.slug] };
    throw error;
  }
}

/** What leads on, wherever the job is: without it most would be refused, and little would come about. */
function onward(job: ModelJob, steps: Pick): { name: keyof typeof kinds; by: Who | undefined; steps: Pick } {
  const which = 'which' in steps ? steps.which : [0];
  const free = job.current.filter(({ leaf }) => !job.isHeld(leaf.id));
  const isFinish = which[0]! % 3 > 0 && free.some(({ state }) => state === StepState.RUNNING);
  if (job.closed) return { name: 'reopenJobs', by: 'ana', steps: { kind: 'all' } };
  if (isFinish) return { name: 'finishSteps', by: undefined, steps: { kind: 'running', which } };
  if (free.some(({ state }) => state === StepState.READY || state === StepState.PAUSED))
    return { name: 'startSteps', by: undefined, steps: { kind: 'ready', which } };
  if (job.openHolds.length > 0) return { name: 'releaseHolds', by: 'ana', steps: { kind: 'all' } };
  if (job.isRunning) return { name: 'finishSteps', by: undefined, steps: { kind: 'running', which } };
  return { name: 'setCurrentStep', by: 'ben', steps: { kind: 'any', which } };
}

/** One act of somebody, in the model and on the server; afterwards its job is the same in both, and so are those that it changed. */
class Act implements fc.AsyncCommand<ModelTeam, Real> {
  readonly #deed: Deed;
  #said = '';

  constructor(deed: Deed) {
    this.#deed = deed;
  }

  check = () => true;
  toString = () => this.#said || this.#deed.name;

  async run(team: ModelTeam, real: Real): Promise<void> {
    const { step, ...deed } = this.#deed;
    const job = team.jobs[deed.job]!;
    const { name, by, steps } = deed.name === 'goOn' ? onward(job, deed.steps) : { ...deed, name: deed.name };
    const otherJob = (deed.job + deed.behind) % JOBS;
    const other = team.jobs[otherJob]!;
    const stepIds = picked(steps, job);
    const to = assignmentTo(deed.to);
    const { owner } = deed.changes;
    const changes = { ...deed.changes, owner: owner && real.people[owner] };
    const asked = { job, stepIds, other, stepId: step && picked(step, other)[0], to, changes };
    const who = actor(by, job, stepIds, real.people);
    const more: Partial<Record<keyof typeof kinds, unknown>> = {
      addDependency: [otherJob, asked.stepId],
      releaseDependency: [otherJob, asked.stepId],
      assignStep: deed.to,
      updateJob: deed.changes,
    };
    const jobs = name.endsWith('Jobs') ? `${deed.job}, ${otherJob}` : `${deed.job} [${stepIds}]`;
    this.#said = `${who}: ${name} ${jobs} ${JSON.stringify(more[name] ?? '')}`;
    if ((name === 'addHolds' || name === 'addDependency') && team.isOrderOpen(job, stepIds)) return;
    const { inModel, onServer } = kinds[name];
    const outcome = inModel(team, real.people[who], asked);
    const found = await outcomeOf(onServer(real.sessions[who], asked));
    expect({ act: this.#said, outcome: found }).toEqual({ act: this.#said, outcome });
    for (const job of team.startFreed())
      await until(async () => (await historyOf(job, real)).length >= job.history.length);
    const touched = team.jobs.filter(each => each === job || each.history.length !== real.seen.get(each)!.told);
    await compare(team, touched, real, this.#said);
  }
}

const historyOf = (job: ModelJob, { sessions }: Real) => sessions.ana.jobs.getJobHistory(job.id);

async function compare({ jobs }: ModelTeam, some: readonly ModelJob[], real: Real, act: string): Promise<void> {
  const { sessions, seen } = real;
  for (const job of some) {
    const index = jobs.indexOf(job);
    if (job.deleted) {
      await expectRefusal(sessions.ana.jobs.getJob(job.id, {}), ErrorCode.NOT_FOUND, 'job-not-found');
      continue;
    }
    const [found, history] = await Promise.all([
      sessions.ana.jobs.getJob(job.id, { holds: true }),
      historyOf(job, real),
    ]);
    const said = { act, job: index };
    expect({
      ...said,
      closed: found.closed,
      closedBy: found.closedBy ?? undefined,
      jobStatus: found.jobStatus,
      priority: found.priority,
      ownedBy: found.ownedBy,
      notes: found.notes ?? undefined,
      percentComplete: found.percentComplete,
      started: found.startedDate != null,
      ended: found.endDate != null,
      current: found.currentSteps.map(step => ({
        title: step.stepName,
        state: StepState[step.state],
        type: step.assignedType,
        to: step.assignedTo ?? null,
        startedBy: step.startedBy ?? null,
        wasStarted: step.startedAt != null,
        manualHold: step.manualHold,
        dependencies: step.dependencies,
      })),
      holds: found.holds!.map(hold => ({
        stepId: hold.stepId,
        on: hold.dependentJobId ?? undefined,
        onStep: hold.dependentStepId ?? undefined,
        open: hold.releasedDate == null,
        releasedBy: hold.releasedBy ?? null,
      })),
      history: history.map(
        row => `${JobHistoryAction[row.action]}${row.stepName == null ? '' : ` ${row.stepName}`} by ${row.username}`,
      ),
    }).toEqual({ ...said, ...shown(job) });
    const before = seen.get(job);
    // A job that somebody begins to wait for gets a new revision, too.
    if (before && job.history.length > before.told) expect(found.revision).toBeGreaterThan(before.revision);
    seen.set(job, { revision: found.revision, told: job.history.length });
  }
}

/** What the server should show of a job. */
const shown = (job: ModelJob) => ({
  closed: job.closed,
  closedBy: job.closedBy,
  jobStatus: job.status,
  priority: job.priority,
  ownedBy: job.owner.id,
  notes: job.notes,
  percentComplete: job.percentComplete,
  started: job.started,
  ended: job.closed,
  current: job.closed
    ? []
    : job.current.map(({ leaf, state, assignment, startedBy }) => ({
        title: leaf.title,
        state: StepState[state],
        ...assignment,
        startedBy: startedBy ?? null,
        wasStarted: startedBy !== undefined,
        manualHold: job.openHolds.some(({ stepId, on }) => stepId === leaf.id && !on),
        dependencies: job.openHolds.some(({ stepId, on }) => stepId === leaf.id && on),
      })),
  holds: job.holds.map(({ stepId, on, releasedBy }) => ({
    stepId,
    on: on?.job.id,
    onStep: on?.stepId,
    open: releasedBy === undefined,
    releasedBy: releasedBy ?? null,
  })),
  history: job.history,
});

const which = fc.array(fc.nat(30), { minLength: 1, maxLength: 3 });
const pickOf = (kind: 'any' | 'current' | 'ready' | 'running' | 'held') => which.map(which => ({ kind, which }));
const rarely = fc.constantFrom<Pick>(
  { kind: 'all' },
  { kind: 'all' },
  { kind: 'all' },
  { kind: 'unknown' },
  { kind: 'group' },
);
const mostly = (kind: 'ready' | 'running' | 'held' | 'current'): fc.Arbitrary<Pick> =>
  fc.oneof(
    { weight: 6, arbitrary: pickOf(kind) },
    { weight: 2, arbitrary: pickOf('current') },
    { weight: 1, arbitrary: pickOf('any') },
    { weight: 1, arbitrary: rarely },
  );
const runningOrNone = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Pick>({ kind: 'all' }) },
  { weight: 2, arbitrary: pickOf('running') },
  { weight: 1, arbitrary: fc.constant<Pick>({ kind: 'unknown' }) },
);
const anybody = fc.constantFrom(...everybody);
/** Whoever may, mostly. */
const worker = fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: anybody });
const holder = fc.constantFrom<Who>('admin', 'ana', 'ana', 'ben');
/** The first job more often than the others: so it comes to its end. */
const job = fc.constantFrom(0, 0, 0, 1, 1, 2);
const oneStep = fc.oneof(
  { weight: 2, arbitrary: pickOf('current') },
  { weight: 1, arbitrary: pickOf('any') },
  { weight: 1, arbitrary: rarely },
);
const maybeStep = fc.oneof(
  { weight: 1, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: pickOf('current') },
  { weight: 1, arbitrary: fc.constant<Pick>({ kind: 'unknown' }) },
);

const assigned = fc.constantFrom<Assigned>(...everybody, 'fitters', 'nobody');
const changes: fc.Arbitrary<ChangesBy> = fc.oneof(
  fc.record({ notes: fc.constantFrom('One', 'Two') }),
  fc.record({ jobStatus: fc.constantFrom('Open', 'On Hold', 'In Progress') }),
  fc.record({ priority: fc.constantFrom('Low', 'High'), jobStatus: fc.constantFrom(undefined, 'On Hold') }),
  fc.record({ owner: anybody }),
  fc.record({ percentComplete: fc.constantFrom(0, 50) }),
);

const itself: fc.Arbitrary<number> = fc.constant(0);
const mostlyItself = fc.constantFrom(0, 0, 0, 1);
const another = fc.constantFrom(1, 1, 2, 2, 0);

const act = (name: Deed['name'], by: fc.Arbitrary<Who | undefined>, steps: fc.Arbitrary<Pick>, behind = itself) =>
  fc
    .record({ name: fc.constant(name), by, job, behind, steps, step: maybeStep, to: assigned, changes })
    .map(deed => new Act(deed));

const nobodySaid = fc.constant(undefined);
const all = fc.constant<Pick>({ kind: 'all' });

const commands = fc.oneof(
  { weight: 40, arbitrary: act('goOn', nobodySaid, pickOf('ready')) },
  { weight: 4, arbitrary: act('startSteps', worker, mostly('ready')) },
  { weight: 5, arbitrary: act('finishSteps', worker, mostly('running')) },
  { weight: 4, arbitrary: act('stopSteps', worker, mostly('running')) },
  { weight: 3, arbitrary: act('setCurrentStep', fc.constantFrom<Who>('admin', 'ben', 'ben', 'ana'), oneStep) },
  { weight: 3, arbitrary: act('addHolds', holder, mostly('ready')) },
  { weight: 3, arbitrary: act('releaseHolds', holder, mostly('held')) },
  { weight: 4, arbitrary: act('addDependency', holder, mostly('ready'), another) },
  { weight: 2, arbitrary: act('releaseDependency', holder, mostly('held'), another) },
  { weight: 2, arbitrary: act('closeJobs', fc.constantFrom<Who>('ben', 'ben', 'ana'), all, mostlyItself) },
  { weight: 2, arbitrary: act('reopenJobs', fc.constantFrom<Who>('ana', 'ana', 'ben'), all, mostlyItself) },
  { weight: 1, arbitrary: act('deleteJobs', fc.constantFrom<Who>('admin', 'ana', 'ben'), all, mostlyItself) },
  { weight: 3, arbitrary: act('assignStep', anybody, oneStep) },
  { weight: 4, arbitrary: act('updateJob', anybody, runningOrNone) },
);

interface Making {
  readonly priority: string;
  readonly isOdd: boolean;
  readonly owner: Who;
  readonly first: Assigned | undefined;
}

const making = fc.record<Making>({
  priority: fc.constantFrom('Low', 'Medium', 'High'),
  isOdd: fc.boolean(),
  owner: anybody,
  first: fc.constantFrom(undefined, undefined, undefined, 'ana', 'fitters', 'nobody'),
});

const executor = ['jobAssignIndividual', 'jobUpdateNotes', 'jobUpdatePercentComplete', 'jobUpdateStatus'];
/** Beside what the others have. */
const administrator = ['jobForceStop', 'jobDelete', 'jobAssignAny', 'jobUpdateAny', 'jobUpdateOwner'];

let server: TestServer;
let sessions: Record<Who, TestUser>;
let people: People;

beforeAll(async () => {
  server = await TestServer.start();
  const admin = await logInAdmin(server);
  const ana = await newUser(server, admin, 'ana', TeamRole.EXECUTOR);
  const ben = await newUser(server, admin, 'ben', TeamRole.EXECUTOR);
  sessions = { admin, ana, ben };
  const roles = admin.connection.service('RoleService');
  const role = async (name: string, holder: TestUser, privileges: string[]) => {
    const { id } = await roles.create(admin.teamId, { name, permissions: { privileges } });
    await roles.addHolders(id, [holder.id]);
    return { id, privileges };
  };
  const fitters = await role('Fitters', ana, ['jobUpdateHolds', 'jobReopenClosed', 'jobUpdatePriority']);
  const welders = await role('Welders', ben, ['jobClose', 'workflowSetStepCurrent']);
  const person = ({ id, email }: TestUser, groups: string[], privileges: string[]) => ({
    id,
    email,
    groups,
    privileges,
  });
  people = {
    admin: person(admin, ['ADMIN'], [...executor, ...fitters.privileges, ...welders.privileges, ...administrator]),
    ana: person(ana, ['EXECUTOR', fitters.id], [...executor, ...fitters.privileges]),
    ben: person(ben, ['EXECUTOR', welders.id], [...executor, ...welders.privileges]),
    fitters: fitters.id,
    welders: welders.id,
  };
  server.clock.forward(2000);
});
afterAll(() => server.stop());

/** Publishes the procedure, and makes a job of it for each of `makings`. */
async function newJobs(shape: Shape, makings: readonly Making[]): Promise<ModelJob[]> {
  const { admin } = sessions;
  const main = mainGroup(shape, people);
  const { closeAtEnd, finalStatus } = shape;
  const defaults = { closeAtEnd, ...(finalStatus && { finalStatus }) };
  const template = await admin.templates.create(admin.teamId, { title: 'Procedure', defaults }, []);
  await admin.templates.acquireLock(template.id);
  await admin.templates.addStepGroupModular(template.id, template.stepGroup.id, main, -1, false);
  await admin.templates.releaseLock(template.id);
  await admin.templates.publish(template.id);
  const jobs: ModelJob[] = [];
  for (const making of makings) {
    const first = making.first && assignmentTo(making.first);
    const name = making.isOdd ? 'Odd job' : 'Even job';
    const { priority } = making;
    const owner = people[making.owner];
    const job = new ModelJob({
      procedure: procedureOf(shape, main),
      given: { name, priority, creator: people.admin, owner, first },
      holds: conditionHolds(people),
      userNamed: name => everybody.map(who => people[who]).find(({ id, email }) => id === name || email === name)!,
    });
    const assigned = first && { assignedType: first.type, ...(first.to && { assignedTo: first.to }) };
    const overrides = { jobName: name, priority, ownedBy: owner.id, ...assigned };
    job.id = (await admin.jobs.createJobs(template.id, overrides)).jobIds[0]!;
    jobs.push(job);
  }
  return jobs;
}

function assignmentTo(to: Assigned): Assignment {
  if (to === 'nobody') return nobody;
  if (to === 'fitters') return { type: AssignedType.Group, to: people.fitters };
  return { type: AssignedType.User, to: people[to].id };
}

test(`${RUNS} times up to ${MOST_COMMANDS} acts on ${JOBS} jobs have the outcome that the model has`, async () => {
  const seed = Date.now() % 2 ** 31;
  process.stdout.write(`seed ${seed}\n`);
  const jobsOf = fc.tuple(shape, shape, fc.array(making, { minLength: JOBS, maxLength: JOBS }));
  await fc.assert(
    fc.asyncProperty(
      jobsOf,
      fc.commands([commands], { maxCommands: MOST_COMMANDS, size: 'max' }),
      async ([one, other, makings], acts) => {
        const jobs = [...(await newJobs(one, makings.slice(0, 2))), ...(await newJobs(other, makings.slice(2)))];
        const team = new ModelTeam(jobs);
        const real: Real = { sessions, people, seen: new Map() };
        await compare(team, jobs, real, 'createJobs');
        await fc.asyncModelRun(() => ({ model: team, real }), acts);
        await compare(team, jobs, real, 'the end');
      },
    ),
    { numRuns: RUNS, seed },
  );
}, 3_600_000);
