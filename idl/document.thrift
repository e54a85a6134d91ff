/**
 * Files that templates and steps show. Bodies travel over HTTP: a multipart POST to /api/documents (part "file")
 * uploads one and returns its Document, GET /api/documents/<id> reads it.
 */

namespace js jobwright.document
namespace java io.jobwright.document
namespace py jobwright.document
namespace go jobwright.document
namespace cpp jobwright.document
namespace netstd Jobwright.Document
namespace php Jobwright.Document
namespace rb Jobwright.Document
namespace perl Jobwright.Document
namespace rs jobwright.document

include "diff.thrift"

/** A file, without its body. */
struct Document {
  /** Id, made at upload. The only field that counts where a document is attached. */
  1: string id;
  /** Media type, e.g. "image/png". */
  2: string mimeType;
  /** File name as uploaded. */
  3: string name;
  /** Bytes. */
  4: i64 size;
  /** Team that owns the file. */
  5: optional string teamId;
  /** true = announced, body not there yet. */
  6: bool isPending = false;
  /** MD5 of the body in hex. For checks of transfer, not of authenticity. */
  7: string md5Checksum;
  /** Text below the file, up to MAX_DOCUMENT_CAPTION_LENGTH characters. Belongs to the place that shows the file. */
  8: optional string caption;
  /** Id of the document that holds a small picture of it. */
  9: optional string thumbnailId;
  /** Change of the document in its list. Only by getHistory. */
  200: optional diff.Change latestChange;
}
