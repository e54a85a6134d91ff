/**
 * Every index beside the primary keys, with the query that needs it: each costs whoever writes its table a page. A test holds the list
 * against the databases, and asks them whether the queries go by the indexes (test/store/indexes.test.ts).
 *
 * `unique`: it also keeps out, or is there to keep out, what must not be twice. `on`: the other engine needs none, or has another.
 */
import type { Engine } from '../engine.ts';
import type { Database } from '../schema.ts';

interface Index {
  readonly table: keyof Database;
  readonly why: string;
  readonly unique?: true;
  readonly on?: Engine;
}

export const indexes = {
  users_email_key: { table: 'users', unique: true, why: 'Logins and invitations: whose is an address.' },
  teams_by_subdomain: { table: 'teams', unique: true, why: 'getTeamBySubdomain, of teams with a short name.' },
  memberships_by_user: { table: 'memberships', why: 'Who calls: the teams of a user.' },
  groups_name: { table: 'groups', unique: true, why: 'Which group or role has a name.' },
  group_members_by_user: {
    table: 'group_members',
    why: 'Who calls: the groups of a user in its teams; and leaving a team.',
  },
  tokens_token_hash_key: { table: 'tokens', unique: true, why: 'Who calls: whose is a token.' },
  tokens_by_user: {
    table: 'tokens',
    why: 'A login deletes the expired ones of its user; the tokens of an account, and their end.',
  },
  change_tokens_by_user: { table: 'change_tokens', why: 'A new token takes the place of the one before.' },
  login_failures_by_time: {
    table: 'login_failures',
    why: 'A failed login forgets those that are long past, of everybody.',
  },
  attribute_values_by_value: {
    table: 'attribute_values',
    why: 'A value that is deleted is taken off whatever has it.',
  },
  audit_events_by_actor: { table: 'audit_events', why: 'AuditService.query by who did it.' },
  audit_events_by_subject: { table: 'audit_events', why: 'AuditService.query by what it was done to.' },

  template_entries_by_public_version: {
    table: 'template_entries',
    unique: true,
    why: 'getPublicVersion and fetchPublicVersions; the greatest number given so far.',
  },
  template_entries_by_publication: {
    table: 'template_entries',
    unique: true,
    why: 'publishVersion and fetchPublishedVersions: the entry of a publication.',
  },
  template_entries_in_review: {
    table: 'template_entries',
    why: 'A team that switches its review flow off: what is in review, which is few of its entries.',
  },
  template_locks_by_token: { table: 'template_locks', why: 'The end of a token takes its locks along.' },
  templates_by_modified_at: {
    table: 'templates',
    why: 'Queries of templates without an order: those changed last come first.',
  },
  templates_by_title_key: { table: 'templates', why: 'Queries of templates by title.' },
  templates_by_latest_authored_at: { table: 'templates', why: 'Queries of templates by time of authoring.' },
  tags_by_name: { table: 'tags', unique: true, why: 'Which tag has a name.' },
  categories_name: { table: 'categories', unique: true, why: 'Two categories of a team never have one name.' },
  metadata_definitions_by_key: {
    table: 'metadata_definitions',
    unique: true,
    why: 'Which definitions have a key, archived ones aside.',
  },
  metadata_options_by_place: {
    table: 'metadata_options',
    unique: true,
    why: 'Two options of a list never have one place.',
  },
  metadata_options_by_text: {
    table: 'metadata_options',
    unique: true,
    why: 'Two options of a list never have one text.',
  },
  sheet_sets_name: { table: 'sheet_sets', unique: true, why: 'Which set of data sheets has a name.' },
  sheets_by_name: { table: 'sheets', why: 'The sheets of a set by name.' },
  documents_by_body: {
    table: 'documents',
    why: 'Whether a document shows a body, before it is deleted with an attachment.',
  },
  file_bodies_by_content: { table: 'file_bodies', unique: true, why: 'Whether the team has the same content already.' },
  file_uploads_by_expiry: { table: 'file_uploads', why: 'An upload that begins throws away those whose time is over.' },

  jobs_by_template: { table: 'jobs', why: 'Jobs of a template, by id; the counts of includeStats of templates.' },
  jobs_by_status: { table: 'jobs', why: 'Statistics by status; words that are a status.' },
  jobs_by_due_date: { table: 'jobs', why: 'Open jobs by priority and due date.' },
  jobs_by_id: {
    table: 'jobs',
    on: 'postgres',
    why: 'Queries of jobs without an order: by the bytes of the id, which SQLite has in the table.',
  },
  jobs_by_parent: { table: 'jobs', why: 'Jobs that are deleted: those that are part of them.' },
  job_steps_current: {
    table: 'job_steps',
    why: 'Every act on a job: its current steps, however many it has behind it.',
  },
  job_steps_assigned: {
    table: 'job_steps',
    why: '"My current steps"; and what is assigned to a user or a group that goes.',
  },
  job_steps_named: {
    table: 'job_steps',
    why: 'Search: what stands at a step of this title, where a rare word is one.',
  },
  job_steps_started: { table: 'job_steps', why: 'UserSelectOpts.includeStats: jobs that a user has worked on.' },
  job_holds_due: { table: 'job_holds', why: 'The worker: what releases itself next, of all teams.' },
  job_holds_waiting: { table: 'job_holds', why: 'A job that moves on, closes or is deleted: what waits for it.' },
  job_runs_due: { table: 'job_runs', why: 'The worker: runs that are due, of all teams.' },
  job_attachments_by_body: {
    table: 'job_attachments',
    why: 'Whether an attachment shows a body, before it is deleted with another one.',
  },
  job_locations_by_place: { table: 'job_locations', on: 'postgres', why: 'Query.spatialExtent.' },
  job_location_boxes: { table: 'job_locations', on: 'sqlite', why: 'Query.spatialExtent: an R-tree.' },
  job_texts_by_word: { table: 'job_texts', on: 'postgres', why: 'Query.search: jobs that have a word.' },
  job_text_index: { table: 'job_texts', on: 'sqlite', why: 'Query.search: a full-text index.' },

  webhook_deliveries_due: { table: 'webhook_deliveries', why: 'The worker: calls that are due, of all teams.' },
  event_webhooks_due: { table: 'event_webhooks', why: 'The worker: webhooks that may be told the next, of all teams.' },
  events_of_runs: {
    table: 'events',
    why: 'States of jobs: what the runs of their steps said last. Of messages of runs alone.',
  },
} as const satisfies Readonly<Record<string, Index>>;
