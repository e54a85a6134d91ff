/** What the bare server does for calls of jobs: the statements that README.md lists, and an answer of the same fields. */
import type SQLite from 'better-sqlite3';
import { appending, inserting, newId, type Row, sampleRow } from './rows.ts';
import type { BareSettings } from './settings.ts';

const PAGE = 50;

/** Statements by what they do, prepared once. */
const prepared = (db: SQLite.Database) => ({
  published: db.prepare(`
    select t.*, e.*, teams.config as team_config
    from templates t
    join template_entries e
      on e.team_id = t.team_id and e.template_id = t.template_id and e.internal_version = t.published_internal_version
    join teams on teams.team_id = t.team_id
    where t.team_id = +? and t.template_id = +?`),
  number: db.prepare('update teams set job_number = job_number + 1 where team_id = +? returning job_number').pluck(),
  job: db.prepare(`
    select j.*, e.title as template_title, e.root_hash, e.leaf_count, e.defaults, t.archived_at,
      exists (select 1 from job_locations l where l.team_id = j.team_id and l.job_id = j.job_id) as has_location
    from jobs j
    join template_entries e
      on e.team_id = j.team_id and e.template_id = j.template_id and e.internal_version = j.internal_version
    join templates t on t.team_id = j.team_id and t.template_id = j.template_id
    where j.team_id = +? and j.job_id = +?`),
  current: db.prepare('select * from job_steps where team_id = +? and job_id = +? and current = 1 order by ordinal'),
  started: db.prepare(`update jobs set started_at = +?, history_seq = +?, revision = +?
    where team_id = +? and job_id = +? and revision = +?`),
  finished: db.prepare(`update jobs set finished_leaves = +?, percent_complete = +?, history_seq = +?, revision = +?
    where team_id = +? and job_id = +? and revision = +?`),
  step: inserting(db, 'job_steps'),
  stepStarted: db.prepare(`update job_steps set state = 2, started_at = +?, started_by = +?, run = run + 1
    where team_id = +? and job_id = +? and step_id = +?`),
  stepFinished: db.prepare(`update job_steps set current = 0, state = 3, finished_at = +?, finished_by = +?
    where team_id = +? and job_id = +? and step_id = +?`),
  newJob: inserting(db, 'jobs'),
  newText: inserting(db, 'job_texts'),
  history: inserting(db, 'job_history'),
  event: appending(db),
  page: db.prepare(`
    select jobs.job_id, jobs.job_name, jobs.priority, jobs.due_date
    from (
      select jobs.job_id from jobs where team_id = +? and closed = 0 and created_at < +?
      order by priority, coalesce(due_date, 9007199254740991), job_id limit ${PAGE + 1} offset +?
    ) as page
    cross join jobs where jobs.team_id = +? and jobs.job_id = page.job_id
    order by jobs.priority, coalesce(jobs.due_date, 9007199254740991), jobs.job_id`),
});

/** Rows as the server has written them for a job: made, one step started, the same finished. */
function samplesOf(db: SQLite.Database, { jobId }: BareSettings) {
  const all = (table: string, order: string) =>
    db.prepare(`select * from ${table} where job_id = ? order by ${order}`).all(jobId) as Row[];
  const [created, started, finished] = all('job_history', 'seq') as [Row, Row, Row];
  const events = all('events', 'event_id');
  const steps = all('job_steps', 'ordinal') as [Row, Row];
  const text = { ...sampleRow(db, 'job_texts where job_id = ?', jobId), text_id: null };
  return {
    job: sampleRow(db, 'jobs where job_id = ?', jobId),
    text,
    steps,
    history: { created, started, finished },
    events,
  };
}

/** Of a step that has become current. */
const WAITING = {
  current: 1,
  state: 1,
  started_at: null,
  started_by: null,
  finished_at: null,
  finished_by: null,
};

interface Body {
  readonly jobId: string;
}

export function jobRoutes(db: SQLite.Database, settings: BareSettings) {
  const { teamId, answers } = settings;
  const sql = prepared(db);
  const sample = samplesOf(db, settings);
  const [made, started, ...ended] = sample.events as [Row, Row, ...Row[]];
  const workOn = (jobId: string) => {
    const job = sql.job.get(teamId, jobId) as Row;
    const [step] = sql.current.all(teamId, jobId) as [Row];
    return { job, step, seq: Number(job.history_seq) + 1, revision: Number(job.revision) };
  };
  const done = (step: Row) => ({
    success: true,
    stepResponses: [{ stepId: step.step_id, status: 0, statusDescription: 'done' }],
  });
  return {
    writes: {
      createJob({ templateId }: { templateId: string }) {
        const { internal_version, version } = sql.published.get(teamId, templateId) as {
          internal_version: number;
          version: number;
        };
        const [job_id, now] = [newId(), Date.now()];
        const job_name = `JOB_${sql.number.get(teamId)}`;
        const fresh = {
          started_at: null,
          closed: 0,
          finished_leaves: 0,
          percent_complete: 0,
          revision: 1,
          history_seq: 1,
        };
        const [first] = sample.steps;
        sql.newJob({
          ...sample.job,
          ...fresh,
          job_id,
          job_name,
          template_id: templateId,
          internal_version,
          template_version: version,
          created_at: now,
          start_date: now,
        });
        sql.newText({ ...sample.text, job_id });
        sql.step({ ...first, ...WAITING, job_id });
        sql.history({ ...sample.history.created, job_id, date: now });
        sql.event({ ...made, job_id, at: now });
        return { jobIds: [job_id], autoExecuted: false };
      },
      startSteps({ jobId }: Body) {
        const { job, step, seq, revision } = workOn(jobId);
        const now = Date.now();
        sql.started.run(job.started_at ?? now, seq, revision + 1, teamId, jobId, revision);
        sql.stepStarted.run(now, job.owned_by, teamId, jobId, step.step_id);
        sql.history({ ...sample.history.started, job_id: jobId, seq, date: now });
        sql.event({ ...started, job_id: jobId, at: now });
        return done(step);
      },
      finishSteps({ jobId }: Body) {
        const { job, step, seq, revision } = workOn(jobId);
        const now = Date.now();
        const leaves = Number(job.finished_leaves) + 1;
        sql.finished.run(leaves, leaves / Number(job.leaf_count), seq, revision + 1, teamId, jobId, revision);
        sql.stepFinished.run(now, job.owned_by, teamId, jobId, step.step_id);
        sql.step({
          ...sample.steps[1],
          ...WAITING,
          job_id: jobId,
          step_id: newId(),
          ordinal: Number(step.ordinal) + 1,
        });
        sql.history({ ...sample.history.finished, job_id: jobId, seq, date: now });
        for (const event of ended) sql.event({ ...event, job_id: jobId, at: now });
        return done(step);
      },
    },
    reads: {
      getJob({ jobId }: Body) {
        const job = sql.job.get(teamId, jobId) as Row;
        const currentSteps = (sql.current.all(teamId, jobId) as Row[]).map(step => ({
          stepId: step.step_id,
          assignedType: step.assigned_type,
          stepName: step.step_name,
          canSkip: step.can_skip === 1,
          manualHold: false,
          dependencies: false,
          state: step.state,
        }));
        const { job_name: jobName, owned_by: ownedBy, created_by: createdBy, created_at: createdDate, revision } = job;
        return { ...answers.job, jobId, jobName, ownedBy, createdBy, createdDate, revision, currentSteps };
      },
      queryJobs({ start }: { start: number }) {
        const rows = sql.page.all(teamId, Date.now() + 86_400_000, start, teamId) as Row[];
        const results = rows
          .slice(0, PAGE)
          .map(({ job_id, job_name, priority, due_date }) => [
            { text: job_id },
            { text: job_name },
            { text: priority },
            due_date === null ? { nullValue: true } : { dateTime: due_date },
          ]);
        return { fields: answers.fields, results, hasMore: rows.length > PAGE };
      },
    },
  };
}
