/** Users, teams, who works in them, and the tokens they come with. */
import { bytes, type Column, integer, optionalText, optionalTime, type Tables, text, time } from './columns.ts';

export const peopleTables = {
  /** A person. Not of one team: memberships say where it works. */
  users: {
    user_id: text,
    email: text,
    name: text,
    /** NO_PASSWORD until there is one. */
    password_hash: text,
    created_at: time,
    /** When the address was confirmed; null: not yet, and nobody logs in. */
    validated_at: optionalTime,
    /** null: not disabled. */
    disabled_at: optionalTime,
    /** What the user is found and sorted by (base/text.ts, searchKey). */
    search_key: text,
  },

  /** Secrets that were sent to somebody, by their hashes. Each entitles to one change of an account, once. */
  change_tokens: {
    token_hash: text,
    user_id: text,
    /** ChangeTokenType number. */
    kind: integer,
    /** Of an invitation. */
    for_team: optionalText,
    /** Of an invitation, as in memberships. */
    roles: optionalText,
    /** Of an invitation. */
    inviter_id: optionalText,
    /** The address that a change of address is for. */
    email: optionalText,
    created_at: time,
    expires_at: time,
  },

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

  /** Groups of people that steps are assigned to. A role of the team is a group with privileges. */
  groups: {
    team_id: text,
    group_id: text,
    kind: text as Column<'ROLE' | 'GROUP'>,
    name: text,
    /** The name as names are compared: unique among the groups of its kind in the team, archived ones included. */
    name_key: text,
    descrip: text,
    /** Privilege names as a JSON list; of a group without a role's rights, []. */
    privileges: text,
    archived_at: optionalTime,
  },

  group_members: { team_id: text, group_id: text, user_id: text },

  tokens: {
    token_id: text,
    token_hash: text,
    user_id: text,
    created_at: time,
    expires_at: time,
    /** What a program's token is for; null for that of a login. */
    name: optionalText,
    /** The only teams it may act in, as a JSON list; null for all. */
    team_ids: optionalText,
    /** The only privileges it has, as a JSON list; null for all that the user has. */
    privileges: optionalText,
    /** When it was used last, to the hour. */
    used_at: time,
  },

  /** What a team's users, templates and data sheet sets can carry. */
  attributes: {
    team_id: text,
    attribute_id: text,
    /** The place among the team's, from 0. */
    ordinal: integer,
    label: text,
    /** The possible values in their order, [{id, label}] as JSON. */
    options: text,
  },

  /** What carries which value. */
  attribute_values: {
    team_id: text,
    /** AbacActorType number. */
    owner_kind: integer,
    owner_id: text,
    attribute_id: text,
    value_id: text,
  },

  /** Logins that failed one after the other, by a hash of the account, of the address, or of both. */
  login_failures: { failure_key: text, failures: integer, last_at: time },

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
