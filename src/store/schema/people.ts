/** Users, teams, who works in them, and the tokens they come with. */
import { bytes, integer, optionalTime, type Tables, text, time } from './columns.ts';

export const peopleTables = {
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

  tokens: { token_id: text, token_hash: text, user_id: text, created_at: time, expires_at: time },

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

  /** What the server signs with. One row per purpose, made with the schema. */
  signing_keys: { purpose: text, secret: bytes },
} as const satisfies Tables;
