/**
 * Files that templates and steps show. Bodies travel in chunks over Thrift, or over HTTP: a multipart POST to
 * /api/documents (part "file") uploads one and returns its Document, GET /api/documents/<id> reads it. A team stores the
 * same bytes once.
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

include "common.thrift"
include "diff.thrift"

/** A file, without its body. */
struct Document {
  /** Id, made at upload. The only field that counts where a document is attached. */
  1: string id;
  /**
   * Media type, e.g. "image/png": what the bytes say where they say it (pictures, PDF, office documents, sound, film,
   * archives), else what the uploader said, else application/octet-stream.
   */
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
  /** Jobwright extension: SHA-256 of the body in hex. */
  1001: optional string sha256;
  /** Jobwright extension: when it was uploaded, Unix seconds. */
  1002: optional common.TimeInSecs uploadedAt;
  /** Jobwright extension: path of the body below the server's HTTP address. Where TemplateSelectOpts.includeDocumentUrls asks for it, and by DocumentService. */
  1003: optional string url;
}

/** A document to upload. */
struct DocumentParams {
  /** Team that owns it. */
  1: string teamId;
  /** File name, 1 to MAX_NAME_LENGTH characters, without folders. */
  2: string name;
  /** Media type, where the uploader knows it. Unset = what the bytes say. */
  3: optional string mimeType;
  /** Bytes that will follow, 0 or more; at most as many as the server takes (JOBWRIGHT_MAX_FILE_BYTES). */
  4: i64 size;
}

/** An upload under way. */
struct DocumentUpload {
  /** Id for putChunk and finishUpload. */
  1: string uploadId;
  /** Bytes received so far. */
  2: i64 received;
  /** Most bytes of one chunk. */
  3: i32 maxChunk;
  /** When the upload is thrown away unless a chunk arrives before, Unix seconds. */
  4: common.TimeInSecs expiresAt;
}

/** Which documents. */
struct DocumentWhereOpts {
  /** Of this team. */
  1: string teamId;
  /** Words, of letters and digits: each must begin a word of the name, ignoring case. Up to 200 characters. */
  2: optional string name;
  /** Media type begins with this, e.g. "image/". */
  3: optional string mimeType;
  /** Page. Unset = the first one, DEFAULT_PAGE_SIZE. */
  20: optional common.PageReq pageReq;
}

/** A page of documents, by name. */
struct DocumentQueryResult {
  1: list<Document> documents;
  /** Where the page stands. */
  2: common.PageInfo pageInfo;
}

/** Answer for one id of a fetch. */
union DocumentFetchResult {
  /** The document. */
  1: Document document;
  /** Why there is none. */
  2: common.SystemException err;
}

/** Most bytes of one chunk, up and down. */
const i32 MAX_DOCUMENT_CHUNK = 1048576

/**
 * Documents of teams. A Jobwright extension. HTTP: /api/documents takes uploads, /api/document_service these functions.
 */
service DocumentService {

  /**
   * Announces a document. Its bytes follow with putChunk, in order, and finishUpload ends it. Nobody sees it before.
   * An upload that gets no chunk for 24 hours is thrown away.
   *
   * Errors: team-not-found (404), invalid-argument (400), limit-exceeded (400), insufficient-permissions (476)
   */
  DocumentUpload beginUpload(
    1: DocumentParams params
  ) throws (1: common.SystemException err)

  /**
   * Adds 1 to MAX_DOCUMENT_CHUNK bytes at offset, which is the number of bytes received so far. The last chunk may be
   * sent again, when its answer was lost.
   *
   * Errors: upload-not-found (404), invalid-argument (400), limit-exceeded (400), insufficient-permissions (476)
   */
  DocumentUpload putChunk(
    1: string uploadId,
    2: i64 offset,
    3: binary chunk
  ) throws (1: common.SystemException err)

  /**
   * Makes a document of the bytes. sha256: of all of them, 64 hex digits; checksum-mismatch when it is another one, or
   * bytes are missing.
   *
   * Errors: upload-not-found (404), checksum-mismatch (400), invalid-argument (400), insufficient-permissions (476)
   */
  Document finishUpload(
    1: string uploadId,
    2: string sha256
  ) throws (1: common.SystemException err)

  /**
   * Returns a document.
   *
   * Errors: document-not-found (404)
   */
  Document get(
    1: string documentId
  ) throws (1: common.SystemException err)

  /**
   * Returns id -> document or error, one for each id; up to MAX_IDS_PER_CALL.
   *
   * Errors: limit-exceeded (400), in the map: document-not-found (404)
   */
  map<string, DocumentFetchResult> fetch(
    1: list<string> documentIds
  ) throws (1: common.SystemException err)

  /**
   * Returns a page of the team's documents, by name; ties by id.
   *
   * Errors: team-not-found (404), limit-exceeded (400), invalid-argument (400)
   */
  DocumentQueryResult query(
    1: DocumentWhereOpts whereOpts
  ) throws (1: common.SystemException err)

  /**
   * Returns up to length bytes (1 to MAX_DOCUMENT_CHUNK) of the body from offset on; fewer at its end, none behind it.
   *
   * Errors: document-not-found (404), invalid-argument (400)
   */
  binary getChunk(
    1: string documentId,
    2: i64 offset,
    3: i32 length
  ) throws (1: common.SystemException err)

  /**
   * Gives a document another name, everywhere where it is shown. Returns it.
   *
   * Errors: document-not-found (404), invalid-argument (400), insufficient-permissions (476)
   */
  Document rename(
    1: string documentId,
    2: string name
  ) throws (1: common.SystemException err)

  /**
   * Deletes a document that nothing shows. One that an entry of a template has ever shown, or an icon shows, stays:
   * document-in-use. Entries never change.
   *
   * Errors: document-not-found (404), document-in-use (413), insufficient-permissions (476)
   */
  void deleteDocument(
    1: string documentId
  ) throws (1: common.SystemException err)
}
