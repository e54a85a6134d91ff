/** Templates: heads, entries, step trees, locks; and what they are grouped by. */
import {
  bytes,
  integer,
  optionalInteger,
  optionalReal,
  optionalText,
  optionalTime,
  type Tables,
  text,
  time,
} from './columns.ts';

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
    archived_at: optionalTime,
    /** When a review was begun or ended last. */
    reviewed_at: optionalTime,
    /** Marks, 0 or 1: JobTemplate.readOnly, globalTemplate, archiveDisabled, system. */
    read_only: integer,
    global: integer,
    archive_disabled: integer,
    system: integer,
    /** Of a local template: the global one, and which of its publications the content was taken from. */
    source_template_id: optionalText,
    source_version: optionalInteger,
    /** Facts of the latest entry, for queries: its title as titles are sorted (base/text.ts sortKey), author, time, status, category. */
    title_key: text,
    latest_author_id: text,
    latest_authored_at: time,
    latest_status: text,
    category_id: optionalText,
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
    /** Id of the root group: lists tell it without reading the tree. */
    root_id: text,
    leaf_count: integer,
    /** The steps that become current when a job starts (domain/jobs.ts, FirstStep), as JSON: creating a job reads no tree. 'null' where that depends on the job. */
    first_steps: text,
    /** flow.JobDefaults as JSON. */
    defaults: text,
    /** flow.ExtendedPropertyTable list as JSON; null for none. */
    property_tables: optionalText,
    /** Definition id -> metadata.MetadataValue, options by their ids, as JSON. */
    metadata: text,
    /** Ids of the documents, in order, as a JSON list. */
    documents: text,
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
    /** The group's title as titles are sorted: searchStepGroups looks there. */
    title_key: text,
    /** The node's canonical JSON, as a raw deflate stream; a short one stands in it as it is. */
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

  /** What a template is found by words with: title and description of its latest entry (base/text.ts textKey). */
  template_texts: { team_id: text, template_id: text, search_key: text },

  template_tags: { team_id: text, template_id: text, tag_id: text, comment: optionalText },

  /**
   * Metadata of the latest entry, for queries: a text as it is compared, a number or time, or a row per option; option_id is '' where
   * there is none.
   */
  template_metadata: {
    team_id: text,
    template_id: text,
    metadata_id: text,
    option_id: text,
    text_key: optionalText,
    number: optionalReal,
  },
} as const satisfies Tables;
