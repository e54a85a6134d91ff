/** Templates: heads, entries, step trees, locks; and what they are grouped by. */
import { bytes, integer, optionalInteger, optionalText, optionalTime, type Tables, text, time } from './columns.ts';

export const templatesTables = {
  /** Words by which templates are grouped. */
  tags: {
    team_id: text,
    tag_id: text,
    name: text,
    /** The name as names are compared: unique in the team. */
    name_key: text,
  },

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
} as const satisfies Tables;
