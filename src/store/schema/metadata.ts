/** What a team defines for its templates, steps and jobs to carry. */
import {
  integer,
  optionalInteger,
  optionalReal,
  optionalText,
  optionalTime,
  type Tables,
  text,
  time,
} from './columns.ts';

export const metadataTables = {
  /** Definitions, archived ones included. */
  metadata_definitions: {
    team_id: text,
    metadata_id: text,
    key: text,
    /** The key as names are compared: unique among those of one owner that are not archived. */
    compared_key: text,
    /** MetadataType number. */
    type: integer,
    /** Owner number; ALL overlaps every other. */
    owner: integer,
    range_start: optionalReal,
    range_end: optionalReal,
    is_required: integer,
    position: optionalReal,
    /** MetadataValue as JSON, options by their ids: all of them are in the list. */
    default_value: optionalText,
    /** 1 when another system owns it: nobody edits it here. */
    externally_managed: integer,
    /** What the definition had as JSON in UTF-8, with its list, when it was edited last. */
    bytes: integer,
    created_at: time,
    updated_at: time,
    archived_at: optionalTime,
  },

  /** Options of lists, for ever: content that never changes may have their ids. */
  metadata_options: {
    team_id: text,
    metadata_id: text,
    option_id: text,
    text,
    /** The text as names are compared: unique among those in the list. */
    text_key: text,
    /** From 0; null when it is not in the list any more. */
    place: optionalInteger,
    /** The option that it was merged into, which may have been merged itself. */
    merged_into: optionalText,
  },
} as const satisfies Tables;
