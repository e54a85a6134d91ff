/** Files: on their way in, their bytes, and the documents and attachments that show them. */
import { bytes, integer, long, optionalLong, optionalText, type Tables, text, time } from './columns.ts';

export const filesTables = {
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
    /** What it is found and sorted by: base/text.ts textKey. */
    name_key: text,
    mime_type: text,
    created_by: text,
    created_at: time,
    /** 1 when an entry of a template shows it: entries are for ever, so it is too. */
    shown: integer,
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
} as const satisfies Tables;
