/**
 * The tables as data, and the row types derived from them. The migrations create what stands here; a test compares both engines'
 * real schemas with it, column by column.
 *
 * Conventions: snake_case; ids are text; times are epoch milliseconds; truth values are 0 or 1; JSON is text; 0 or '' never stand
 * for "absent", null does. Rows of a team begin with `team_id`, and so do their keys: it is what a larger installation shards by.
 */

interface Column<T> {
  readonly type: 'text' | 'integer' | 'bigint' | 'real' | 'bytes';
  readonly nullable: boolean;
  /** Never set: carries the TypeScript type. */
  readonly value?: T;
}

const text: Column<string> = { type: 'text', nullable: false };
const optionalText: Column<string | null> = { type: 'text', nullable: true };
const integer: Column<number> = { type: 'integer', nullable: false };
const optionalInteger: Column<number | null> = { type: 'integer', nullable: true };
const time: Column<number> = { type: 'bigint', nullable: false };
const real: Column<number> = { type: 'real', nullable: false };
const optionalTime: Column<number | null> = { type: 'bigint', nullable: true };
const long: Column<number> = { type: 'bigint', nullable: false };
const optionalLong: Column<number | null> = { type: 'bigint', nullable: true };
const bytes: Column<Buffer> = { type: 'bytes', nullable: false };

export const tables = {
  /** A person. Not of one team: memberships say where it works. */
  users: { user_id: text, email: text, name: text, password_hash: text, created_at: time },

  teams: {
    team_id: text,
    name: text,
    subdomain: text,
    owner_id: text,
    /** TeamConfig as JSON. */
    config: text,
    /** The number behind the last "JOB_<n>" name. */
    job_number: integer,
    created_at: time,
    updated_at: time,
  },

  memberships: {
    team_id: text,
    user_id: text,
    /** TeamRole names as a JSON list. */
    roles: text,
    added_at: time,
    updated_at: time,
    /** null: still a member. */
    removed_at: optionalTime,
  },

  /** Words by which templates are grouped. */
  tags: {
    team_id: text,
    tag_id: text,
    name: text,
    /** The name as names are compared: unique in the team. */
    name_key: text,
  },

  tokens: { token_id: text, token_hash: text, user_id: text, created_at: time, expires_at: time },

  /** Heads: what moves. The latest entry is the one whose internal_version is `version`. */
  templates: {
    team_id: text,
    template_id: text,
    typ: integer,
    version: integer,
    /** How often this template was published: the greatest publishedVersion of its entries. */
    publish_count: integer,
    /** The internal version of the entry that was published last; null before the first time. */
    published_internal_version: optionalInteger,
    created_by: text,
    created_at: time,
    modified_at: time,
    /** +1 with every change: what concurrent writers of one template compare and set. */
    revision: integer,
  },

  /** One per internal version. Content never changes; only status, public_version, published_* move, at publish and review. */
  template_entries: {
    team_id: text,
    template_id: text,
    internal_version: integer,
    public_version: integer,
    published_version: integer,
    /** 'Published', 'Unpublished' or 'InReview'. */
    status: text,
    title: text,
    descrip: text,
    root_hash: text,
    leaf_count: integer,
    /** The steps that become current when a job starts (domain/jobs.ts, FirstStep), as JSON: creating a job reads no tree. */
    first_steps: text,
    /** flow.JobDefaults as JSON. */
    defaults: text,
    author_id: text,
    authored_at: time,
    published_by: optionalText,
    published_at: optionalTime,
  },

  /** The step trees, content-addressed: one node per step group. store/trees.ts says how. */
  step_nodes: {
    team_id: text,
    hash: text,
    /** Hashes of the groups directly below, as a JSON list: what the recursive read follows. */
    children: text,
    /** The node's canonical JSON, deflated. */
    body: bytes,
  },

  /** At most one row per template: the lock. It ends with its token. */
  template_locks: {
    team_id: text,
    template_id: text,
    token_id: text,
    user_id: text,
    locked_at: time,
    last_activity_at: time,
  },

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

  /** The answers of createJobs calls that carried a requestId: a repetition gets the same one. */
  create_requests: {
    team_id: text,
    user_id: text,
    request_id: text,
    /** SHA-256 of what was asked for: the same id with another request is refused. */ fingerprint: text,
    response: text,
    created_at: time,
  },

  /** Files on their way in: seen by nobody, gone when finished. Their bytes stand in file_chunks under the upload's id. */
  file_uploads: {
    team_id: text,
    upload_id: text,
    /** Who began it: nobody else may go on. */
    user_id: text,
    /** What the file shall become, as JSON; null while one request carries the whole file. */
    details: optionalText,
    /** Bytes announced; null when nobody can tell before the end. */
    size: optionalLong,
    /** Bytes here, without a gap. */
    received: long,
    /** Where the bytes that came last begin: they may be sent again. */
    last_offset: long,
    expires_at: time,
  },

  /** The bytes of bodies and uploads, in pieces of store/files.ts CHUNK_BYTES; only the last one of a body is shorter. */
  file_chunks: { team_id: text, body_id: text, ordinal: integer, bytes },

  /** What files consist of, content-addressed: one row per content and team, whatever documents and attachments show it. */
  file_bodies: { team_id: text, body_id: text, sha256: text, md5: text, size: long },

  documents: {
    team_id: text,
    document_id: text,
    body_id: text,
    name: text,
    mime_type: text,
    created_by: text,
    created_at: time,
  },

  /** Attachments of jobs: a link has `url`; a file has `body_id`, `file_name` and `mime_type`. */
  job_attachments: {
    team_id: text,
    job_id: text,
    attachment_id: text,
    alias: text,
    folder: optionalText,
    step_id: optionalText,
    url: optionalText,
    body_id: optionalText,
    file_name: optionalText,
    mime_type: optionalText,
    added_by: text,
    added_at: time,
  },

  /** What the server signs with. One row per purpose, made with the schema. */
  signing_keys: { purpose: text, secret: bytes },

  /** Who did what to whom, append-only. */
  audit_events: {
    team_id: text,
    audit_id: text,
    at: time,
    actor_id: text,
    action: text,
    subject_id: text,
    details: text,
  },
} as const satisfies Record<string, Record<string, Column<unknown>>>;

type Tables = typeof tables;
type Value<C> = C extends Column<infer T> ? T : never;

/** What Kysely is typed by. */
export type Database = {
  [T in keyof Tables]: { -readonly [C in keyof Tables[T]]: Value<Tables[T][C]> };
};

/** A row of a table as it is read and written. */
export type Row<T extends keyof Database> = Database[T];
