/** Jobs, their steps and history, and the answers that may be asked for again. */
import { integer, optionalLong, optionalText, optionalTime, real, type Tables, text, time } from './columns.ts';

export const jobsTables = {
  jobs: {
    team_id: text,
    job_id: text,
    template_id: text,
    /** The publishedVersion that the job runs, and the entry behind it. */
    template_version: integer,
    internal_version: integer,
    job_name: text,
    description: optionalText,
    notes: optionalText,
    owned_by: optionalText,
    created_by: text,
    created_at: time,
    start_date: optionalTime,
    started_at: optionalTime,
    due_date: optionalTime,
    end_date: optionalTime,
    priority: text,
    status: text,
    percent_complete: real,
    /** 1 when a caller has set percent_complete: it is not counted then. */
    percent_given: integer,
    /** Distinct leaves finished so far. */
    finished_leaves: integer,
    parent_job: optionalText,
    closed: integer,
    /** Who closed the job; null while it is open, and when it closed itself. */
    closed_by: optionalText,
    /** Data sheets that the job works with: set id -> sheet id, as JSON; null for none. */
    planned_sheets: optionalText,
    /** Definition id -> data_sheet.DataSheetValue as of the start, as JSON; null before it. */
    sheet_values: optionalText,
    /** Holds and dependencies on its steps that are open. */
    open_holds: integer,
    /** Open dependencies of other jobs on this one. */
    waited_for: integer,
    /**
     * domain/flow.ts: what waits at a join, and what was passed over, as JSON; null for neither. At the end also what that was before
     * the last step was finished, where it was something else.
     */
    flow_state: optionalText,
    /** jobs.JobVersion list as JSON; null for none. */
    versions: optionalText,
    /** The parent as it was given, also after it was deleted. */
    parent_ref: optionalText,
    /** The step of a job that created it, as JSON (engine/actions/made-by.ts); null for a caller. */
    made_by: optionalText,
    /** +1 with every change: what concurrent writers of one job compare and set. */
    revision: integer,
    /** The seq of the newest row in job_history. */
    history_seq: integer,
  },

  /** One per step that a job has reached. */
  job_steps: {
    team_id: text,
    job_id: text,
    step_id: text,
    /** 1 while the step is current. The current steps of a closed job rest: nobody may work on them. */
    current: integer,
    step_name: text,
    /** Where the leaf stands among the leaves of the tree, depth first, from 0: the order of current steps. */
    ordinal: integer,
    /** StepState number, as of the last time the step was current. */
    state: integer,
    can_skip: integer,
    proceed_next: integer,
    /** AssignedType number. */
    assigned_type: integer,
    assigned_to: optionalText,
    started_at: optionalTime,
    started_by: optionalText,
    /** When the step was finished last; null when it never was. */
    finished_at: optionalTime,
    finished_by: optionalText,
    /** 1 when the server starts it by itself. */
    automatic: integer,
    /** How often it was started: names the run for whatever works on it after the commit. */
    run: integer,
    /** What conditions see of its last run as `response` and `result`. */
    response: optionalText,
    result: optionalText,
  },

  job_history: {
    team_id: text,
    job_id: text,
    seq: integer,
    date: time,
    user_id: text,
    username: text,
    /** JobHistoryAction number. */
    action: integer,
    step_id: optionalText,
    step_name: optionalText,
    result: optionalText,
    start_date: optionalTime,
    end_date: optionalTime,
  },

  /** Steps at whose action the server works after the commit that started it. */
  job_runs: {
    team_id: text,
    job_id: text,
    step_id: text,
    /** job_steps.run: another one there means that this run is over. */
    run: integer,
    /** What is to be done: a kind of action, or 'start' for a step that the server starts. */
    kind: text,
    /** What the work knows so far, as JSON. */
    state: text,
    attempts: integer,
    queued_at: time,
    /** When somebody is to work on it next; null where it waits for something else. */
    next_at: optionalTime,
  },

  /** Where a job is, in 3857. */
  job_locations: {
    team_id: text,
    job_id: text,
    /** GeometryType number; Point when it is one position. */
    kind: integer,
    /** The rectangle around it: least x, least y, most x, most y. PostgreSQL keeps the name xmin for itself. */
    west: real,
    south: real,
    east: real,
    north: real,
    /** Stands for the team where an index takes numbers only; two teams may have the same. */
    team_number: integer,
    /** Of its row in SQLite's R-tree; null on PostgreSQL. */
    box_id: optionalLong,
    /** jobs.Geometry as JSON: one of points, paths and rings. */
    geometry: text,
  },

  /** The answers of createJobs calls that carried a requestId: a repetition gets the same one. */
  create_requests: {
    team_id: text,
    user_id: text,
    request_id: text,
    /** SHA-256 of what was asked for: the same id with another request is refused. */ fingerprint: text,
    response: text,
    created_at: time,
  },
} as const satisfies Tables;
