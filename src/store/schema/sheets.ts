/** Data sheets, and what step groups' headers choose from. */
import {
  type Column,
  integer,
  optionalInteger,
  optionalReal,
  optionalText,
  optionalTime,
  type Tables,
  text,
  time,
} from './columns.ts';

export const sheetsTables = {
  categories: {
    team_id: text,
    category_id: text,
    name: text,
    /** The name as names are compared: unique in the team. */
    name_key: text,
    /** "#rrggbb". */
    color: text,
    archived_at: optionalTime,
  },

  icons: {
    team_id: text,
    icon_id: text,
    kind: text as Column<'EQUIPMENT' | 'NOTICE'>,
    document_id: text,
    descrip: text,
  },

  sheet_sets: {
    team_id: text,
    set_id: text,
    name: text,
    /** Unique in the team. */
    name_key: text,
    descrip: text,
    created_at: time,
    /** Of the set, its definitions or its sheets. */
    updated_at: time,
    archived_at: optionalTime,
    author_id: text,
  },

  /** The columns of a set. */
  sheet_definitions: {
    team_id: text,
    set_id: text,
    definition_id: text,
    name: text,
    /** Unique in the set: whoever writes names keeps the set's row. */
    name_key: text,
    /** The place in the set, from 0. */
    ordinal: integer,
    /** DefinitionType number. */
    typ: integer,
    created_at: time,
    updated_at: time,
    archived_at: optionalTime,
  },

  /** The rows of a set. */
  sheets: {
    team_id: text,
    set_id: text,
    sheet_id: text,
    name: text,
    /** Unique in the set: whoever writes names keeps the set's row. */
    name_key: text,
    descrip: text,
    created_at: time,
    updated_at: time,
    archived_at: optionalTime,
    author_id: text,
  },

  /** A value of a sheet for a definition: a text, or a number with the digits behind its point. */
  sheet_cells: {
    team_id: text,
    set_id: text,
    sheet_id: text,
    definition_id: text,
    text: optionalText,
    number: optionalReal,
    digits: optionalInteger,
  },
} as const satisfies Tables;
