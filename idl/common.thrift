/**
 * What all modules share: scalar types, the declared exception, paging, limits.
 *
 * Field ids below 1000 are a wire contract with existing clients: they are never changed or reused. Ids above 1000,
 * marked "Jobwright extension", are ours (ids of 1000 and above in module job excepted); clients that do not know them
 * skip them.
 *
 * Every function declares SystemException. Each function's "Errors" line lists the slugs (and codes) that are its own.
 * These may come from any function and are not repeated there:
 *
 *   not-logged-in (401)      no token: neither a header nor a login on this connection
 *   invalid-token (497)      unknown or revoked token
 *   token-expired (498)      the token's life is over; log in again
 *   invalid-argument (400)   a missing or malformed value, an unknown enum number, an empty title, a bad page token;
 *                            message and details name the parameter, the value and what would be right
 *   not-implemented (421)    this server version does not serve the function yet
 *   limit-exceeded (400)     the message, or a part of it, is larger than the server's limits; details name the limit
 *   busy (503)               the store stayed locked or was not there; nothing was written
 *   outcome-unknown (503)    the database was lost at the end of the call: it was carried out, or not
 *   overloaded (503)         the server works on as many calls as it may; the call was not begun, safe to repeat
 *   request-time (503)       no outcome in the time that calls have; it may still be carried out
 *   path-not-found (404)     over HTTP: nothing is served at the path
 *   internal-error (500)     a fault of the server, logged under rqId
 *
 * What a caller may not see does not exist for it: the answer is the not-found slug (404). What it may see but not do is
 * insufficient-permissions (476). A call that fails changes nothing.
 */

namespace js jobwright.common
namespace java io.jobwright.common
namespace py jobwright.common
namespace go jobwright.common
namespace cpp jobwright.common
namespace netstd Jobwright.Common
namespace php Jobwright.Common
namespace rb Jobwright.Common
namespace perl Jobwright.Common
namespace rs jobwright.common

/** Opaque id. Compare as text. Ids made by the server are UUIDs in lower case. */
typedef string UUID

/** Point in time in Unix seconds, UTC. 0 = it has not happened, unless the field says otherwise. */
typedef i64 TimeInSecs

/** Point in time in epoch milliseconds, UTC. */
typedef i64 TimeInMillis


// ---- Version of the interface ----

/** Major version of the wire interface these files are compatible with: greater = incompatible. */
const i32 MAJOR_VERSION = 1

/** Minor version of the wire interface: greater = functions or fields were added. */
const i32 MINOR_VERSION = 16

/** Patch version of the wire interface: greater = no change of the wire. */
const i32 PATCH_VERSION = 2


// ---- Limits ----
// Lengths are Unicode code points. Beyond a limit: limit-exceeded (400), details name the limit and the value found.

/** Rows per page when PageReq.size is unset. */
const i32 DEFAULT_PAGE_SIZE = 25

/** Greatest PageReq.size. Checked by every query. */
const i32 MAX_PAGE_SIZE = 1000

/** Characters in Document.caption. Checked when a caption is written. */
const i32 MAX_DOCUMENT_CAPTION_LENGTH = 250

/** Characters in one option of a list, in metadata and in fields. Checked when the option is written. */
const i32 MAX_LIST_OPTION_LENGTH = 250

/** Options of one list in metadata that can be chosen. Checked when options are added. */
const i32 MAX_LIST_OPTIONS = 1000

/** Levels of a step tree, the root group counted as 1. Checked by every edit that adds to or moves within the tree. */
const i32 MAX_TREE_DEPTH = 16

/** Steps and step groups in one template, the root group not counted. Checked by every edit that adds to the tree. */
const i32 MAX_TEMPLATE_STEPS = 10000

/** Direct children of one step group. Checked by every edit that adds to or moves into the group. */
const i32 MAX_GROUP_CHILDREN = 1000

/** Bytes of all steps of a template together, as JSON in UTF-8. Checked at each edit, so that a template fits into one answer. */
const i32 MAX_TEMPLATE_BYTES = 8388608

/** Characters in the title of a template, step or step group. Checked when the title is written. */
const i32 MAX_TITLE_LENGTH = 500

/** Characters in the description of a template, or in one text element of a step. Checked when it is written. */
const i32 MAX_DESCRIPTION_LENGTH = 20000

/** Jobs that one call may create or change. Checked by the jobs side. */
const i32 MAX_JOBS_PER_CALL = 10000

/** Ids, versions or other keys in one fetch. Checked by every function that takes a list of them. */
const i32 MAX_IDS_PER_CALL = 1000

/** Characters in a name: of a team, user, tag, role, category, metadata definition. Checked when it is written. */
const i32 MAX_NAME_LENGTH = 250

/** Tags of one team. Checked when one is made. */
const i32 MAX_TAGS_PER_TEAM = 10000

/** Tags on one template. Checked by updateTags. */
const i32 MAX_TAGS_PER_TEMPLATE = 100

/** Documents in the list of one template. Checked by addDocument. */
const i32 MAX_DOCUMENTS_PER_TEMPLATE = 1000

/** Groups of one team, and roles of its own. Checked when one is made. */
const i32 MAX_GROUPS_PER_TEAM = 1000

/** Attributes of one team. Checked when they are defined. */
const i32 MAX_ATTRIBUTES_PER_TEAM = 100

/** Values of one attribute. Checked when it is defined. */
const i32 MAX_ATTRIBUTE_VALUES = 1000

/** API tokens of one user that have not ended. Checked when one is made. */
const i32 MAX_API_TOKENS_PER_USER = 100
/** Metadata definitions of one team, archived ones included. Checked when one is made. */
const i32 MAX_METADATA_PER_TEAM = 1000

/** Bytes of all metadata definitions of a team, as JSON in UTF-8. Checked when one is written, so that all fit into one answer. */
const i32 MAX_METADATA_BYTES = 8388608

/** Characters in an email address: as many as mail servers take. Checked when it is written. */
const i32 MAX_EMAIL_LENGTH = 254

/** Fewest characters in a password. Checked when it is set. */
const i32 MIN_PASSWORD_LENGTH = 10

/** Most characters in a password. Checked when it is set and at login. One that is easily guessed is refused: weak-password. */
const i32 MAX_PASSWORD_LENGTH = 1000


// ---- Errors ----

/** What kind of failure it is. The slug of SystemException tells apart failures of one kind. */
enum ErrorCode {
  /** Malformed, of the wrong type or out of range. */
  BAD_REQUEST = 400,
  /** No token, or wrong credentials. */
  UNAUTHORIZED = 401,
  /** The caller is known; the thing is closed to it. */
  FORBIDDEN = 403,
  /** Absent, or not visible to the caller. */
  NOT_FOUND = 404,
  /** Not in the right state. Kept for wire compatibility; Jobwright answers WRONG_STATE. */
  PRECONDITION_FAILED = 412,
  /** The thing is not in a state in which this can be done. */
  WRONG_STATE = 413,
  /** It is so already. */
  NOOP = 414,
  /** That version does not exist, or is not the expected one. */
  INVALID_VERSION = 420,
  /** This server does not serve the function, or that version of the interface. */
  UNSUPPORTED_VERSION = 421,
  /** The job is completed, closed or archived. */
  JOB_NOT_ACTIVE = 422,
  /** The caller takes no part in the job. */
  USER_NOT_ASSIGNED_TO_JOB = 423,
  /** The caller's job role does not allow it. */
  INSUFFICIENT_ROLE_PERMISSIONS = 424,
  /** Unknown region, or the data lives in another one. */
  INVALID_REGION = 430,
  /** The template is in review, or another token holds its lock. */
  REVERT_DISALLOWED = 440,
  /** Required metadata has no value. */
  MISSING_METADATA = 472,
  /** The user is a member of the team already. */
  USER_ALREADY_PART_OF_TEAM = 473,
  /** The user has not confirmed the email address yet. */
  ACCOUNT_UNVALIDATED = 474,
  /** The subdomain or name of the team is taken. */
  TEAM_ALREADY_EXISTS = 475,
  /** The caller may see the thing, but not do this to it. */
  INSUFFICIENT_PERMISSIONS = 476,
  /** Unknown or revoked token. */
  INVALID_TOKEN = 497,
  /** The token's life is over. */
  TOKEN_EXPIRED = 498,
  /** None of the others fits. */
  UNKNOWN_ERROR = 499,
  /** A fault of the server. */
  INTERNAL_SERVER_ERROR = 500,
  /** Overloaded; try again later. */
  SERVICE_UNAVAILABLE = 503,
  /** This thing never allows it: system or read-only content, archiving disabled, not a global template. */
  NOT_ALLOWED = 550,
  /** Content can be changed, and the lock released, only by the token that holds the lock. */
  TEMPLATE_NOT_LOCKED = 600,
  /** The thing, or something it depends on, is archived. */
  RESOURCE_ARCHIVED = 601
}

/** The failure that every function declares. */
exception SystemException {
  /** Kind of failure. */
  1: ErrorCode errorCode;
  /** English, for a person: names the field, the value and what would be right. Its wording may change. */
  2: string message;
  /** message in the caller's language; English where there is no translation. */
  3: string localizedMessage;
  /** Stable kebab-case key of the failure, for programs and translations. */
  4: string slug;
  /** Id of the request, as in the server's log. */
  5: string rqId;
  /** Tells apart causes that share code and slug. */
  6: optional string errorKey;
  /** Jobwright extension: the data of the failure by name, e.g. "expected" and "actual" versions. */
  1001: optional map<string, string> details;
}


// ---- Paging ----

/** Which page of a result. Send the same filter and order with every page. */
struct PageReq {
  /** Token from PageInfo.pageTokens. Unset = the first page. */
  1: optional string pageToken;
  /** Rows per page, 1 to MAX_PAGE_SIZE. */
  2: i32 size = DEFAULT_PAGE_SIZE;
  /** Pages to jump over, counted from the one that pageToken names. Default 0. */
  3: optional i32 skip;
  /** false = do not count what is left: cheaper, and PageInfo.left only says whether there is more. Default true. */
  4: optional bool count;
  /** Number of following pages, beside the next one, for which tokens are wanted. Default 0. */
  5: optional i32 preview;
}

/** Where a page stands in its result. */
struct PageInfo {
  /** Number of this page, from 1. */
  1: i32 num;
  /** Pages after this one. When nothing was counted: 0 = none, anything else = at least one. */
  2: i32 left;
  /** Page number -> opaque token for PageReq.pageToken: the next page and those asked for by preview. */
  3: map<i32, string> pageTokens;
}


// ---- Edits of ordered lists ----

/** An element was put into a list. */
struct AddAction {
  /** Id of the element. */
  1: string id;
  /** Place, from 0; -1 = at the end. */
  2: i32 position;
  /** Further facts about the element, by name. */
  3: optional map<string, string> extraInfo;
}

/** An element was taken out of a list. */
struct RemoveAction {
  /** Id of the element. */
  1: string id;
  /** Place at which it stood, from 0. */
  2: i32 position;
}

/** An element changed its place. */
struct MoveAction {
  /** Id of the element. */
  1: string id;
  /** Place before, from 0. */
  2: i32 oldPosition;
  /** Place after, from 0; counted without the element itself. */
  3: i32 newPosition;
}

/** An element changed its content and kept its place. */
struct EditAction {
  /** Id of the element. */
  1: string id;
  /** Its place, from 0. */
  2: i32 position;
  /** Further facts about the change, by name. */
  3: optional map<string, string> extraInfo;
}

/** One edit of an ordered list. */
union ListActions {
  /** Put in. */
  1: AddAction add;
  /** Taken out. */
  2: RemoveAction remove;
  /** Moved. */
  3: MoveAction move;
  /** Changed in place. */
  4: EditAction edit;
}


// ---- Values ----

/** A decimal number with the digits its author wrote. */
struct PreciseNumber {
  /** The value. */
  1: double number;
  /** Digits after the decimal point, 0 to 15; for display. */
  2: i8 precision;
}

/** The chosen options of a multiple choice, by their ids. */
struct SelectedListValueIds {
  /** Option ids. */
  1: set<string> valueIds;
}

/** The chosen options of a multiple choice, by their text. */
struct SelectedListValues {
  /** Option texts. */
  1: set<string> values;
}

/** Ids without order. Exists because unions and maps need a named type. */
struct UUIDSet {
  /** The ids. */
  1: set<string> ids;
}

/** Names one version of something by one of its two numbers. With neither, the latest one. */
struct VersionRef {
  /** Id of the versioned thing. */
  1: required string id;
  /** Public version. Not together with internalVersion. */
  2: optional i32 publicVersion;
  /** Internal version. */
  3: optional i32 internalVersion;
}

/** Identity of a thing that another system owns. */
struct ExternalOpts {
  /** true = the other system owns it, and it cannot be edited here. */
  1: optional bool externallyManaged;
  /** Name of the other system. */
  2: optional string externalSystemName;
  /** The thing's id in the other system. */
  3: optional string externalId;
  /** The thing's version in the other system, as it writes it. */
  4: optional string externalVersion;
}
