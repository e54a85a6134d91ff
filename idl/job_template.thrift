/**
 * Job templates: procedures under version control, with edit locks and a review flow.
 *
 * A template has entries, one per internal version, whose content never changes. The latest entry is the draft, until it
 * is published. Three numbers count:
 *
 *   internal version   1 at creation, +1 with each content edit (fields version, internalVersion)
 *   publicVersion      0 until the entry is published or reviewed; unique in the template from then on
 *   publishedVersion   +1 per template with each publication; 0 unless the entry's status is Published
 *
 * Without review flow, publish makes the latest entry's publicVersion the last published one + 1. With review flow
 * (TeamConfig.requireReviewFlow), beginReview makes it the greatest + 1, or keeps the one of an earlier review; endReview
 * closes the review; publishVersion publishes the entry with a given publicVersion. Several entries can be Published: the
 * current one has the greatest publishedVersion.
 *
 * A content edit needs the lock, is made on the latest entry, and results in a new latest entry with publicVersion 0 and
 * status Unpublished. An edit that changes nothing makes no entry and returns the latest one. Content edits are: update,
 * revert, and the functions on steps, documents, metadata and root headers. Attributes and tags belong to the template,
 * not to an entry: writing them needs no lock and makes no entry. While a template is in review or archived, its content
 * cannot be edited.
 */

namespace js jobwright.job_template
namespace java io.jobwright.job_template
namespace py jobwright.job_template
namespace go jobwright.job_template
namespace cpp jobwright.job_template
namespace netstd Jobwright.JobTemplate
namespace php Jobwright.JobTemplate
namespace rb Jobwright.JobTemplate
namespace perl Jobwright.JobTemplate
namespace rs jobwright.job_template

include "abac.thrift"
include "common.thrift"
include "data_sheet.thrift"
include "diff.thrift"
include "document.thrift"
include "flow.thrift"
include "group_headers.thrift"
include "metadata.thrift"
include "reference.thrift"
include "step.thrift"
include "team.thrift"
include "user.thrift"

// ---- Kinds and states ----

/** What is created from the template. */
enum TemplateType {
  /** Planned work. */
  Job = 0,
  /** The handling of something that was found in the work. */
  Issue = 1
}

/** Status of an entry. In JobTemplate.status, a string: "Published", "Unpublished", "InReview". */
enum JobTemplateStatus {
  /** Was published, and may still be the current one. */
  PUBLISHED = 1,
  /** A draft, or one whose review ended without publication. */
  UNPUBLISHED = 2,
  /** Between beginReview and endReview. */
  IN_REVIEW = 3
}

// ---- Locks ----

/** The lock of a template: who edits it. Bound to a token, not to a user. */
struct JobTemplateLock {
  /** User of the token that holds it. */
  1: user.User lockHolder;
  /** When it was taken, Unix seconds. */
  2: common.TimeInSecs lockedAt;
  /** Last edit, or last acquireLock by its holder, Unix seconds. */
  3: common.TimeInSecs lastActivityAt;
  /** true = the calling token holds it. */
  4: bool owned;
}

/** Another token holds the lock. */
exception JobTemplateLockFailed {
  /** The lock in the way. */
  1: JobTemplateLock previousLock;
  /** English, for a person. */
  2: string message;
}

/** Answer of forceAcquireLock. */
struct ForceAcquireResponse {
  /** The lock that was broken. Unset = no other token held one. */
  1: optional JobTemplateLock previousLock;
  /** The caller's lock. */
  2: JobTemplateLock currentLock;
}

// ---- Template ----

/** A tag on a template. */
struct TemplateTag {
  /** Id of the tag, of the same team. */
  1: string tagId;
  /** Name of the tag. Filled by the server; ignored on writes. */
  2: optional string name;
  /** Why the template has the tag. Up to MAX_TITLE_LENGTH characters. */
  3: optional string comment;
}

/** What can be written of a template. Unset = unchanged. */
struct JobTemplateParams {
  /** Title. Up to MAX_TITLE_LENGTH characters. Required by create. */
  1: optional string title;
  /** Description. Up to MAX_DESCRIPTION_LENGTH characters. */
  2: optional string descrip;
  /** Metadata: replaces all of it. */
  3: optional list<metadata.MetadataEntry> metadataEntry;
  /** Kind. Only by create, default Job; another one in update: invalid-argument. */
  4: optional TemplateType typ;
  /** Jobwright extension: what jobs created from the template begin with; replaces all of it. */
  1001: optional flow.JobDefaults defaults;
  /**
   * Jobwright extension: extended properties of the jobs, at most 50 tables and 256 KB; replaces all tables, an empty list
   * takes them away. What is wrong with them comes back in one refusal, by table and property.
   */
  1002: optional list<flow.ExtendedPropertyTable> extendedPropertyTables;
  /**
   * Jobwright extension: the internal version that the caller edits. Not the latest: version-conflict (420), with
   * "expected" and "actual" in details. Unset = no check. Ignored by create.
   */
  1003: optional i32 expectedVersion;
}

/** One entry of a template with everything that belongs to it. */
struct JobTemplate {
  /** Id of the template, the same for all entries. */
  1: string id;
  /** Title. */
  2: string title;
  /** Internal version of the entry: 1 at creation, +1 with each content edit. */
  3: i32 version;
  /** Number of the entry towards readers: 0 until it is published or reviewed, unique in the template from then on. */
  4: i32 publicVersion;
  /** Root of the step tree. */
  5: step.BaseStep stepGroup;
  /** "Published", "Unpublished" or "InReview". */
  6: string status;
  /** Description. */
  7: string descrip;
  /** Team that owns the template. */
  8: team.Team team;
  /** Metadata; superseded by metadataById. */
  9: optional list<metadata.MetadataEntry> metadataEntry;
  /** Kept for wire compatibility; empty. */
  10: string UNSUPPORTEDdocumentEmailAddress;
  /** Documents in order. */
  11: list<document.Document> documents;
  /** When the template was archived, Unix seconds; 0 = it is not. Archived: no edits, no jobs. */
  12: common.TimeInSecs archivedAt;
  /** Id of the user who made the entry. */
  13: string lastAuthor;
  /** true = comes with the server and cannot be changed. */
  14: bool system;
  /** The template's lock. Unset = nobody holds it. */
  15: optional JobTemplateLock locked;
  /** When the entry was made, Unix seconds. */
  16: common.TimeInSecs lastAuthoredAt;
  /** When the entry was published, Unix seconds; 0 = it was not. */
  17: common.TimeInSecs publishedAt;
  /** Last create, publish, begin or end of review of the template, Unix seconds; 0 = none. Deprecated: use JobTemplateModular.lastPublishTime. */
  18: common.TimeInSecs lastPublishedAt;
  /** Tags of the template. */
  19: list<TemplateTag> templateTags;
  /** Definition id -> metadata. */
  20: map<string, metadata.MetadataEntry> metadataById;
  /** Which publication of the template this entry was, from 1. 0 unless status is "Published". */
  21: i32 publishedVersion;
  /** Kind. */
  22: TemplateType typ;
  /** Id of the user who published the template last. Unset = nobody did. */
  23: optional string lastPublishedBy;
  /** true = content cannot be edited. */
  24: optional bool readOnly;
  /** true = local templates can be created from it. */
  25: optional bool globalTemplate;
  /** true = created from a global template; sourceTemplateId and sourceTemplateVersion say from which. */
  26: optional bool localTemplate;
  /** true = cannot be archived. */
  27: optional bool archiveDisabled;
  /** Jobwright extension: what jobs created from the template begin with. */
  1001: optional flow.JobDefaults defaults;
  /** Jobwright extension: extended properties of the jobs. */
  1002: optional list<flow.ExtendedPropertyTable> extendedPropertyTables;
  /** Jobwright extension: id of the global template. Only where localTemplate. */
  1003: optional string sourceTemplateId;
  /** Jobwright extension: publishedVersion of the global template that the content was taken from. Only where localTemplate. */
  1004: optional i32 sourceTemplateVersion;
}

/** Jobwright extension: what a template is marked as. Unset = unchanged. */
struct TemplateMarks {
  /** true = content cannot be edited, reviewed or published. */
  1: optional bool readOnly;
  /** true = local templates can be created from it. */
  2: optional bool globalTemplate;
  /** true = cannot be archived. */
  3: optional bool archiveDisabled;
  /** true = belongs to whoever set the server up: as readOnly and archiveDisabled together. */
  4: optional bool system;
}

/** Jobwright extension: change of what jobs begin with. */
struct DefaultsDiff {
  /** What happened, and when. */
  1: diff.Change latestChange;
  /** What they begin with in the other version. Unset = it had none. */
  10: optional flow.JobDefaults otherDefaults;
}

/** Jobwright extension: change of the extended properties of the jobs. */
struct PropertyTablesDiff {
  /** What happened, and when. */
  1: diff.Change latestChange;
  /** The tables of the other version. Unset = it had none. */
  10: optional list<flow.ExtendedPropertyTable> otherTables;
}

/** Jobs created from a template, all versions together. */
struct JobTemplateStats {
  /** Completed or closed. */
  1: i32 completedJobs;
  /** Neither. */
  2: i32 activeJobs;
}

/** An entry in the list of drafts. */
struct TemplateDraft {
  /** Internal version. */
  1: i32 version;
  /** When it was made, Unix seconds. */
  2: common.TimeInSecs authoredAt;
  /** Id of the user who made it. */
  3: string authorId;
  /** true = worth showing in a short list: the newest one, or has a publicVersion. */
  4: bool display;
  /** Public version; 0 = none. */
  5: i32 publicVersion;
  /** Status. */
  6: JobTemplateStatus status;
  /** Published version; 0 unless Published. */
  7: i32 publishedVersion;
}

/**
 * One entry of a template with the parts that were asked for. Fields below 101 and the marks 125 to 128 are always filled,
 * the others as TemplateSelectOpts says; 200 to 202 only by getHistory.
 */
struct JobTemplateModular {
  /** Id of the template, the same for all entries. */
  1: string id;
  /** As JobTemplate.version. */
  2: i32 internalVersion;
  /** As in JobTemplate. */
  3: i32 publicVersion;
  /** Title. */
  4: string title;
  /** Description. */
  5: string descrip;
  /** Status of the entry. */
  6: JobTemplateStatus status;
  /** Id of the root of the step tree. */
  7: string stepGroupId;
  /** Id of the team that owns the template. */
  8: string teamId;
  /** Kept for wire compatibility; empty. */
  9: string UNSUPPORTEDdocumentEmailAddress;
  /** When the entry was made, Unix seconds. */
  10: common.TimeInSecs lastAuthoredAt;
  /** When the entry was published, Unix seconds; 0 = it was not. */
  11: common.TimeInSecs publishedAt;
  /** When the template was archived, Unix seconds; 0 = it is not. */
  13: common.TimeInSecs archivedAt;
  /** Id of the user who made the entry. */
  14: string lastAuthorId;
  /** true = comes with the server and cannot be changed. */
  15: bool system;
  /** Metadata; superseded by metadataById. */
  16: list<metadata.MetadataEntry> metadataEntry;
  /** Definition id -> metadata. */
  17: map<string, metadata.MetadataEntry> metadataById;
  /** As in JobTemplate. */
  18: i32 publishedVersion;
  /** Kind. */
  19: TemplateType typ;
  /** The template's lock. Unset = nobody holds it. */
  20: optional JobTemplateLock locked;
  /** Id of the user who published the template last. Unset = nobody did. */
  21: optional string publishedById;
  /** Team that owns the template. Only with includeTeam. */
  101: optional team.TeamModular team;
  /** Headers of the root group. Only with includeRootHeaders. */
  102: optional group_headers.StepGroupHeaders rootHeaders;
  /** Root of the step tree. Only with includeSteps, and always by the step functions and getHistory. */
  103: optional step.BaseStep stepGroup;
  /** Documents in order. Only with includeDocuments. */
  104: optional list<document.Document> documents;
  /** As in JobTemplate, Unix seconds. Only with includeLastPublished. Deprecated: use lastPublishTime. */
  105: optional common.TimeInSecs lastPublishedAt;
  /** User who made the entry. Only with includeLastAuthor. */
  106: optional user.User lastAuthor;
  /** Numbers of jobs. Only with includeStats. */
  107: optional JobTemplateStats stats;
  /** Tags of the template. Only with includeTags. */
  108: optional list<TemplateTag> templateTags;
  /** Entries from the current published one on (it included; all, if none is published), oldest first. Only with includeDrafts. */
  109: optional list<TemplateDraft> drafts;
  /** publicVersion of the current published entry; 0 = none. Only with includeLastPublished. */
  110: optional i32 lastPublishedVersion;
  /** When the template was published last, Unix seconds; 0 = never. Only with includeLastPublished. */
  111: optional common.TimeInSecs lastPublishTime;
  /** Last edit, change of status, archive or unarchive of the template, Unix seconds. Only with includeLastModified. */
  112: optional common.TimeInSecs lastModifiedAt;
  /** Attributes of the template. Only with includeAttributes. */
  113: optional list<abac.AbacAttribute> attributes;
  /** Kind of source -> ids that the content refers to: of metadata definitions, data sheet sets, data sheet definitions. Only with includeRefMap. */
  115: optional map<reference.RefSource, set<string>> references;
  /** Data sheet set id -> id of the sheet picked by the planner, for the sets in references. Only in jobs. */
  120: optional map<string, string> plannedDataSheetIds;
  /** Data sheet definition id -> value at the start of the job, for the definitions in references. Only in jobs. */
  121: optional map<string, data_sheet.DataSheetValue> snapshottedDataSheetValues;
  /** User who created the template. Only with includeOriginalAuthor. */
  122: optional user.UserModular originalAuthor;
  /** The team's requireReviewFlow. Only by fetch. */
  123: optional bool reviewFlowRequired;
  /** User who published the template last. Only with includeLastPublished; unset = nobody did. */
  124: optional user.User lastPublishedBy;
  /** true = content cannot be edited. */
  125: optional bool readOnly;
  /** true = local templates can be created from it. */
  126: optional bool globalTemplate;
  /** true = created from a global template. */
  127: optional bool localTemplate;
  /** true = cannot be archived. */
  128: optional bool archiveDisabled;
  /** Current publishedVersion of the global template. Only where localTemplate. */
  129: optional i32 globalTemplateVersion;
  /** true = the global template was published since: globalTemplateVersion > sourceTemplateVersion. Only where localTemplate. */
  130: optional bool localTemplateOutdated;
  /** Change of the entry as a whole. Only by getHistory; unset = none. */
  200: optional diff.ChangeType structDiff;
  /** Change of the title. Only by getHistory; unset = none. */
  201: optional diff.StringDiff titleDiff;
  /** Change of the description. Only by getHistory; unset = none. */
  202: optional diff.StringDiff descripDiff;
  /** Jobwright extension: what jobs created from the template begin with. Always filled where there are any. */
  1001: optional flow.JobDefaults defaults;
  /** Jobwright extension: extended properties of the jobs. Always filled where there are any. */
  1002: optional list<flow.ExtendedPropertyTable> extendedPropertyTables;
  /** Jobwright extension: id of the global template. Only where localTemplate. */
  1003: optional string sourceTemplateId;
  /** Jobwright extension: publishedVersion of the global template that the content was taken from. Only where localTemplate. */
  1004: optional i32 sourceTemplateVersion;
  /** Jobwright extension: change of defaults. Only by getHistory; unset = none. */
  1005: optional DefaultsDiff defaultsDiff;
  /** Jobwright extension: change of extendedPropertyTables. Only by getHistory; unset = none. */
  1006: optional PropertyTablesDiff extendedPropertyTablesDiff;
}

/** A template that was added to a job while the client was offline. */
struct TemplateInfo {
  /** Id of the template. */
  1: string templateId;
  /** Internal version of the entry. */
  2: i32 templateVersion;
  /** jobBaseStepId of the step or group behind which it was added: its position may have changed meanwhile. */
  3: string addedAfterId;
  /** The tree as it was added, with the ids that the client gave it. */
  4: step.BaseStep materializedSteps;
}

// ---- Queries and results ----

/** Which templates index lists. */
struct IndexOpts {
  /** Those never published too. */
  1: bool showUnpublished = true;
  /** Archived ones too. */
  2: bool showArchived = true;
}

/** What to fill in beside the basic fields. All default to false. */
struct TemplateSelectOpts {
  /** Fills team. */
  1: bool includeTeam;
  /** Fills rootHeaders. */
  2: bool includeRootHeaders;
  /** Fills stepGroup, the whole tree. */
  3: bool includeSteps;
  /** Fills documents. */
  4: bool includeDocuments;
  /** Fills lastPublishedAt, lastPublishedVersion, lastPublishTime and lastPublishedBy. */
  5: bool includeLastPublished;
  /** Fills lastAuthor. */
  6: bool includeLastAuthor;
  /** Fills stats. */
  7: bool includeStats;
  /** Fills templateTags. */
  8: bool includeTags;
  /** Fills drafts. */
  9: bool includeDrafts;
  /** Fills lastModifiedAt. */
  10: bool includeLastModified;
  /** Fills attributes. */
  11: bool includeAttributes;
  /** Fills references. */
  15: bool includeRefMap;
  /** Fills originalAuthor. */
  16: bool includeOriginalAuthor;
  /** Fills url in the documents. */
  17: optional bool includeDocumentUrls;
}

/** Search by words. */
struct TemplateTextSearch {
  /** Words, of letters and digits: each must begin a word of title or description, ignoring case. Up to 200 characters. */
  1: string query;
}

/** Which templates. All conditions that are set must hold; they are about the latest entry unless they say otherwise. */
struct TemplateWhereOpts {
  /** Of this team. Required. */
  1: string teamId;
  /** true = archived ones only, false = others only. Unset = both. */
  2: optional bool isArchived;
  /** true = with a published entry only, false = without one only. Unset = both. */
  3: optional bool isPublished;
  /** By words. */
  4: optional TemplateTextSearch txt;
  /** Has all these metadata; how values are compared: see metadata.MetadataValue. */
  5: optional list<metadata.MetadataEntry> metadata;
  /** Entry made by this user. */
  6: optional string authorId;
  /** Root group in this category. */
  7: optional string rootCategoryId;
  /** lastModifiedAt at or after this time, Unix seconds. */
  8: optional common.TimeInSecs modifiedSinceTime;
  /** lastModifiedAt before this time, Unix seconds. */
  9: optional common.TimeInSecs modifiedBeforeTime;
  /** Kinds. Unset or empty = Job only. */
  10: optional set<TemplateType> templateTypes;
  /** As isArchived: archiving covers all entries. Where both are set, both must hold. */
  11: optional bool isLatestArchived;
  /** true = latest entry Published only, false = others only. Unset = both. */
  12: optional bool isLatestPublished;
  /** Has at least one of the given values of each of these attributes; by ids. */
  13: optional list<abac.AbacAttribute> attributes;
  /** Page. Unset = the first one, DEFAULT_PAGE_SIZE. */
  20: optional common.PageReq pageReq;
  /** By identity in another system. Templates written through this service have none. */
  30: optional common.ExternalOpts externalOpts;
}

/** Keys of order. */
enum TemplateOrderBy {
  /** Ignoring case; by the first 200 characters. */
  TITLE = 1,
  /** lastAuthoredAt of the latest entry. */
  AUTHORED_AT = 2,
  LAST_MODIFIED_AT = 3,
  TYPE = 4
}

/** One key of the order, with its direction. */
struct TemplateOrder {
  /** The key. */
  1: TemplateOrderBy field;
  /** false = descending. */
  2: bool asc = true;
}

/** A page of templates. */
struct TemplateQueryResult {
  /** The templates in order, each as its latest entry. */
  1: list<JobTemplateModular> templates;
  /** Where the page stands. */
  2: optional common.PageInfo pageInfo;
}

/** Answer for one id or version of a fetch. */
union TemplateFetchResult {
  /** The entry. */
  1: JobTemplateModular template;
  /** Why there is none. */
  2: common.SystemException err;
}

/** Answer for one version of getHistory. */
union TemplateHistoryResult {
  /** The entry with its changes filled in. */
  1: JobTemplateModular template;
  /** Why there is none. */
  2: common.SystemException err;
}

/** Names an entry by its public version; in fetchPublishedVersions by its published version. */
struct TemplatePublicVersion {
  /** Id of the template. */
  1: string jobTemplateId;
  /** The version. 0 = the current published entry. */
  2: i32 publicVersion;
}

/**
 * Templates. HTTP: /api/job_templates.
 *
 * Positions are places among the children of one group, or among documents, from 0. Where a function says so, -1 is the
 * end. A position out of range, or one at which the named step is not, is invalid-position, and nothing changes: a
 * caller who looks at an outdated tree does no harm.
 */
service JobTemplateService {

  // ---- Reading ----

  /**
   * Returns the latest entries of the team's templates by title, of both kinds, with their step trees.
   * For teams with more than MAX_PAGE_SIZE of them use query: here limit-exceeded.
   *
   * Errors: team-not-found (404), limit-exceeded (400), insufficient-permissions (476)
   */
  list<JobTemplate> index(
    1: string teamId,
    2: IndexOpts opts
  ) throws (1: common.SystemException err)

  /**
   * Returns the latest entry of a template.
   *
   * Errors: template-not-found (404), insufficient-permissions (476)
   */
  JobTemplate get(
    1: string jobTemplateId
  ) throws (1: common.SystemException err)

  /**
   * Returns a page of the templates that meet whereOpts, as their latest entries. Default order: last modified first;
   * ties by id, ascending or descending as the last key of the order.
   *
   * Errors: team-not-found (404), limit-exceeded (400), insufficient-permissions (476)
   */
  TemplateQueryResult query(
    1: TemplateSelectOpts selectOpts,
    2: TemplateWhereOpts whereOpts,
    3: list<TemplateOrder> order
  ) throws (1: common.SystemException err)

  /**
   * Returns id -> latest entry or error, one for each id; up to MAX_IDS_PER_CALL.
   *
   * Errors: limit-exceeded (400), insufficient-permissions (476), in the map: template-not-found (404)
   */
  map<string, TemplateFetchResult> fetch(
    1: TemplateSelectOpts selectOpts,
    2: list<string> templateIds
  ) throws (1: common.SystemException err)

  /**
   * Returns the entry with a publicVersion; 0 = the current published one.
   *
   * Errors: template-not-found (404), version-not-found (420), not-published (420), insufficient-permissions (476)
   */
  JobTemplate getPublicVersion(
    1: string jobTemplateId,
    2: i32 publicVersion
  ) throws (1: common.SystemException err)

  /**
   * Returns template id -> publicVersion as asked -> entry or error; up to MAX_IDS_PER_CALL versions.
   * 0 = the current published one.
   *
   * Errors: limit-exceeded (400), insufficient-permissions (476), in the map: template-not-found (404), version-not-found (420), not-published (420)
   */
  map<string, map<i32, TemplateFetchResult>> fetchPublicVersions(
    1: TemplateSelectOpts selectOpts,
    2: list<TemplatePublicVersion> versions
  ) throws (1: common.SystemException err)

  /**
   * As fetchPublicVersions, with published versions in place of public ones.
   *
   * Errors: limit-exceeded (400), insufficient-permissions (476), in the map: template-not-found (404), version-not-found (420), not-published (420)
   */
  map<string, map<i32, TemplateFetchResult>> fetchPublishedVersions(
    1: TemplateSelectOpts selectOpts,
    2: list<TemplatePublicVersion> versions
  ) throws (1: common.SystemException err)

  /**
   * Returns id -> internal version of the latest entry; up to MAX_IDS_PER_CALL ids. Templates that do not exist for the
   * caller are not in the map.
   *
   * Errors: limit-exceeded (400), insufficient-permissions (476)
   */
  map<string, i32> getLatestVersions(
    1: list<string> templateIds
  ) throws (1: common.SystemException err)

  /**
   * Returns the step groups of the team's templates, root groups included, whose title contains the text, ignoring case;
   * at most MAX_PAGE_SIZE, by title, without children. Latest entries of templates that are not archived; a group that
   * several of them share comes once.
   *
   * Errors: team-not-found (404), limit-exceeded (400), insufficient-permissions (476)
   */
  list<step.BaseStep> searchStepGroups(
    1: string teamId,
    2: string title
  ) throws (1: common.SystemException err)

  // ---- Templates as wholes ----

  /**
   * Makes a template with an empty root group and returns its entry 1, Unpublished, unlocked. params.title is required.
   *
   * Errors: team-not-found (404), metadata-not-found (404), metadata-archived (601), attribute-not-found (404), invalid-property (400), limit-exceeded (400), insufficient-permissions (476)
   */
  JobTemplate create(
    1: string teamId,
    2: JobTemplateParams params,
    3: list<abac.AbacAttribute> attributes
  ) throws (1: common.SystemException err)

  /**
   * Content edit: writes what is set in params. Returns the latest entry.
   *
   * Errors: template-not-found (404), metadata-not-found (404), metadata-archived (601), invalid-property (400), limit-exceeded (400), version-conflict (420), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplate update(
    1: string jobTemplateId,
    2: JobTemplateParams params
  ) throws (1: common.SystemException err)

  /**
   * Archives a template with all its versions: no edits, locks, reviews, publications and new jobs any more. Running jobs
   * go on. Returns the latest entry.
   *
   * Errors: template-not-found (404), already-archived (414), not-allowed (550), insufficient-permissions (476)
   */
  JobTemplate archive(
    1: string jobTemplateId
  ) throws (1: common.SystemException err)

  /**
   * Takes a template, with all its versions, out of the archive. Returns the latest entry.
   *
   * Errors: template-not-found (404), not-archived (414), not-allowed (550), insufficient-permissions (476)
   */
  JobTemplate unarchive(
    1: string jobTemplateId
  ) throws (1: common.SystemException err)

  /**
   * Makes a template of the same team with the content of the latest entry and returns its entry 1, Unpublished, unlocked.
   * role-archived: steps are assigned to an archived role; details name steps and role.
   *
   * Errors: template-not-found (404), role-archived (601), insufficient-permissions (476)
   */
  JobTemplate cloneTemplate(
    1: string jobTemplateId
  ) throws (1: common.SystemException err)

  /**
   * Makes a local template with the content of the current published entry of a global one and returns its entry 1,
   * Unpublished, unlocked. It remembers its source. Not global, or never published: not-allowed. role-archived: as in
   * cloneTemplate.
   *
   * Errors: template-not-found (404), not-allowed (550), template-archived (601), role-archived (601), insufficient-permissions (476)
   */
  JobTemplate createLocalTemplate(
    1: string jobTemplateId
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: writes what a template is marked as; neither needs the lock nor makes an entry. Returns the
   * latest entry.
   *
   * Errors: template-not-found (404), insufficient-permissions (476)
   */
  JobTemplate updateMarks(
    1: string jobTemplateId,
    2: TemplateMarks marks
  ) throws (1: common.SystemException err)

  // ---- Publishing and review ----

  /**
   * Publishes the latest entry, in teams without review flow: its publicVersion becomes the last published one + 1, or
   * the next that is free. Returns it. invalid-procedure carries every fault of the procedure, by step.
   *
   * Errors: template-not-found (404), already-published (414), review-required (413), template-in-review (413), invalid-procedure (400), missing-metadata (472), not-allowed (550), template-archived (601), insufficient-permissions (476)
   */
  JobTemplate publish(
    1: string jobTemplateId
  ) throws (1: common.SystemException err)

  /**
   * Begins the review of the latest entry and returns its publicVersion: a new one, or the one of an earlier review.
   * Content cannot be edited until endReview. Calls the team's webhook, if it has one.
   *
   * Errors: template-not-found (404), already-in-review (414), template-published (413), locked-by-other (413), not-allowed (550), template-archived (601), insufficient-permissions (476)
   */
  i32 beginReview(
    1: string jobTemplateId
  ) throws (1: common.SystemException err)

  /**
   * Ends the review, whatever its outcome: the entry is Unpublished, the lock is released. Returns its publicVersion.
   *
   * Errors: template-not-found (404), not-in-review (413), template-archived (601), insufficient-permissions (476)
   */
  i32 endReview(
    1: string jobTemplateId
  ) throws (1: common.SystemException err)

  /**
   * Publishes the entry with this publicVersion (1 or greater), after endReview. Returns it. invalid-procedure carries
   * every fault of the procedure, by step.
   *
   * Errors: template-not-found (404), version-not-found (420), already-published (414), template-in-review (413), invalid-procedure (400), missing-metadata (472), not-allowed (550), template-archived (601), insufficient-permissions (476)
   */
  JobTemplate publishVersion(
    1: string jobTemplateId,
    2: i32 publicVersion
  ) throws (1: common.SystemException err)

  // ---- Locks ----

  /**
   * Takes the lock for the calling token and returns it. By its holder: refreshes lastActivityAt. It lasts until
   * releaseLock, endReview, forceAcquireLock by another token, or the end of the token (logout, revocation, expiry).
   * Held by another token, of the same user too: JobTemplateLockFailed.
   *
   * Errors: template-not-found (404), template-in-review (413), not-allowed (550), template-archived (601), insufficient-permissions (476)
   */
  JobTemplateLock acquireLock(
    1: string jobTemplateId
  ) throws (1: common.SystemException err, 2: JobTemplateLockFailed failErr)

  /**
   * Takes the lock for the calling token, from whoever holds it. For people who saw acquireLock fail and insist: what the
   * other has not saved yet can be saved no more. Leaves an audit event.
   *
   * Errors: template-not-found (404), template-in-review (413), not-allowed (550), template-archived (601), insufficient-permissions (476)
   */
  ForceAcquireResponse forceAcquireLock(
    1: string jobTemplateId
  ) throws (1: common.SystemException err)

  /**
   * Releases the lock. Only the token that holds it can.
   *
   * Errors: template-not-found (404), template-not-locked (600), insufficient-permissions (476)
   */
  void releaseLock(
    1: string jobTemplateId
  ) throws (1: common.SystemException err)

  // ---- History ----

  /**
   * Compares entries with the one of internal version otherVersion; 0 = the latest. Up to MAX_IDS_PER_CALL.
   * Returns internal version -> entry with its changes, or error. Steps are matched by id: a moved one is MOVED. What
   * otherVersion alone has is contained too, as REMOVED, behind what the entry has. Together the entries may have
   * 100,000 steps.
   *
   * Errors: template-not-found (404), version-not-found (420), limit-exceeded (400), insufficient-permissions (476), in the map: version-not-found (420)
   */
  map<i32, TemplateHistoryResult> getHistory(
    1: string id,
    2: list<i32> internalVersions,
    3: i32 otherVersion
  ) throws (1: common.SystemException err)

  /**
   * Content edit: makes the content of an earlier entry the latest one. In review, or another token holds the lock:
   * revert-disallowed. Nobody holds it: template-not-locked.
   *
   * Errors: template-not-found (404), version-not-found (420), already-latest (414), revert-disallowed (440), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  void revert(
    1: string id,
    2: i32 internalVersion
  ) throws (1: common.SystemException err)

  // ---- Steps: content edits that return JobTemplateModular ----

  /**
   * Puts a step into the group parentId at position, -1 = at the end. replace: takes the place of the child that stands
   * there; -1 is refused then. Returns the latest entry.
   *
   * Errors: template-not-found (404), step-group-not-found (404), document-not-found (404), metadata-not-found (404), metadata-archived (601), data-sheet-definition-not-found (404), data-sheet-definition-archived (601), data-sheet-set-archived (601), invalid-position (400), duplicate-id (400), limit-exceeded (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplateModular addStepModular(
    1: string jobTemplateId,
    2: string parentId,
    3: step.BaseStep step,
    4: i32 position,
    5: bool replace
  ) throws (1: common.SystemException err)

  /**
   * Puts a step group, with all that is below it, into the group parentId; position and replace as in addStepModular.
   * Returns the latest entry.
   *
   * Errors: template-not-found (404), step-group-not-found (404), document-not-found (404), metadata-not-found (404), metadata-archived (601), data-sheet-definition-not-found (404), data-sheet-definition-archived (601), data-sheet-set-archived (601), category-not-found (404), category-archived (601), icon-not-found (404), invalid-position (400), duplicate-id (400), limit-exceeded (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplateModular addStepGroupModular(
    1: string jobTemplateId,
    2: string parentId,
    3: step.BaseStep stepGroup,
    4: i32 position,
    5: bool replace
  ) throws (1: common.SystemException err)

  /**
   * Moves a step from oldPosition in parentId to newPosition in newParentId, which may be the same group.
   * newPosition is counted without the step; -1 = at the end. Returns the latest entry.
   *
   * Errors: template-not-found (404), step-not-found (404), step-group-not-found (404), invalid-position (400), limit-exceeded (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplateModular moveStepModular(
    1: string jobTemplateId,
    2: string parentId,
    3: string stepId,
    4: i32 oldPosition,
    5: string newParentId,
    6: i32 newPosition
  ) throws (1: common.SystemException err)

  /**
   * Moves a step group with all that is below it, as moveStepModular. Into itself or below itself: cyclic-move.
   * Returns the latest entry.
   *
   * Errors: template-not-found (404), step-group-not-found (404), invalid-position (400), cyclic-move (400), limit-exceeded (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplateModular moveStepGroupModular(
    1: string jobTemplateId,
    2: string parentId,
    3: string stepGroupId,
    4: i32 oldPosition,
    5: string newParentId,
    6: i32 newPosition
  ) throws (1: common.SystemException err)

  /**
   * Takes the step at position out of the group parentId. Returns the latest entry.
   *
   * Errors: template-not-found (404), step-not-found (404), step-group-not-found (404), invalid-position (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplateModular removeStepModular(
    1: string jobTemplateId,
    2: string parentId,
    3: string stepId,
    4: i32 position
  ) throws (1: common.SystemException err)

  /**
   * Takes the step group at position, with all that is below it, out of the group parentId. Returns the latest entry.
   *
   * Errors: template-not-found (404), step-group-not-found (404), invalid-position (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplateModular removeStepGroupModular(
    1: string jobTemplateId,
    2: string parentId,
    3: string stepGroupId,
    4: i32 position
  ) throws (1: common.SystemException err)

  /**
   * Puts a copy of the step at position in parentId to newPosition in newParentId, which may be the same group; -1 = at
   * the end. The copy has new ids; its paths and conditions name the copies of what was copied with it. Returns the latest
   * entry.
   *
   * Errors: template-not-found (404), step-not-found (404), step-group-not-found (404), invalid-position (400), limit-exceeded (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplateModular cloneStepModular(
    1: string jobTemplateId,
    2: string parentId,
    3: string stepId,
    4: i32 position,
    5: string newParentId,
    6: i32 newPosition
  ) throws (1: common.SystemException err)

  /**
   * Puts a copy of the step group, with all that is below it, to another place, as cloneStepModular. Returns the latest
   * entry.
   *
   * Errors: template-not-found (404), step-group-not-found (404), invalid-position (400), limit-exceeded (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplateModular cloneStepGroupModular(
    1: string jobTemplateId,
    2: string parentId,
    3: string stepGroupId,
    4: i32 position,
    5: string newParentId,
    6: i32 newPosition
  ) throws (1: common.SystemException err)

  // ---- Steps: content edits that return JobTemplate ----

  /**
   * Replaces the whole step tree. Nodes that keep their ids keep their history. The title of the root is not taken, may be empty,
   * and has the limit of titles: update changes the title of the template. Returns the latest entry.
   *
   * Errors: template-not-found (404), document-not-found (404), metadata-not-found (404), metadata-archived (601), data-sheet-definition-not-found (404), data-sheet-definition-archived (601), data-sheet-set-archived (601), category-not-found (404), category-archived (601), icon-not-found (404), duplicate-id (400), limit-exceeded (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplate updateStepGroup(
    1: string jobTemplateId,
    2: step.BaseStep stepGroup
  ) throws (1: common.SystemException err)

  /**
   * As addStepModular.
   *
   * Errors: template-not-found (404), step-group-not-found (404), document-not-found (404), metadata-not-found (404), metadata-archived (601), data-sheet-definition-not-found (404), data-sheet-definition-archived (601), data-sheet-set-archived (601), invalid-position (400), duplicate-id (400), limit-exceeded (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplate addStep(
    1: string jobTemplateId,
    2: string parentId,
    3: step.BaseStep step,
    4: i32 position,
    5: bool replace
  ) throws (1: common.SystemException err)

  /**
   * As addStepGroupModular.
   *
   * Errors: template-not-found (404), step-group-not-found (404), document-not-found (404), metadata-not-found (404), metadata-archived (601), data-sheet-definition-not-found (404), data-sheet-definition-archived (601), data-sheet-set-archived (601), category-not-found (404), category-archived (601), icon-not-found (404), invalid-position (400), duplicate-id (400), limit-exceeded (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplate addStepGroup(
    1: string jobTemplateId,
    2: string parentId,
    3: step.BaseStep stepGroup,
    4: i32 position,
    5: bool replace
  ) throws (1: common.SystemException err)

  /**
   * Puts a copy of a step, from anywhere in the template, into the group parentId at position, -1 = at the end. The copy
   * has new ids. Returns the latest entry.
   *
   * Errors: template-not-found (404), step-not-found (404), step-group-not-found (404), invalid-position (400), limit-exceeded (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplate cloneStep(
    1: string jobTemplateId,
    2: string parentId,
    3: string stepId,
    4: i32 position
  ) throws (1: common.SystemException err)

  /**
   * Puts a copy of a step group, with all that is below it, into the group parentId, as cloneStep. Returns the latest
   * entry.
   *
   * Errors: template-not-found (404), step-group-not-found (404), invalid-position (400), limit-exceeded (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplate cloneStepGroup(
    1: string jobTemplateId,
    2: string parentId,
    3: string stepGroupId,
    4: i32 position
  ) throws (1: common.SystemException err)

  // ---- Documents, headers, metadata: content edits ----

  /**
   * Adds a document at the end of the template's list. jobTemplateVersion: internal version that the caller edits; not
   * the latest: version-conflict; 0 = no check. Returns the latest entry.
   *
   * Errors: template-not-found (404), document-not-found (404), version-conflict (420), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplate addDocument(
    1: string jobTemplateId,
    2: i32 jobTemplateVersion,
    3: string documentId
  ) throws (1: common.SystemException err)

  /**
   * Takes a document out of the template's list. Returns the latest entry.
   *
   * Errors: template-not-found (404), document-not-found (404), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplate removeDocument(
    1: string jobTemplateId,
    2: string documentId
  ) throws (1: common.SystemException err)

  /**
   * Moves a document in the template's list to position, counted without it; -1 = at the end. Returns the latest entry.
   *
   * Errors: template-not-found (404), document-not-found (404), invalid-position (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplate updateDocument(
    1: string jobTemplateId,
    2: string documentId,
    3: i32 position
  ) throws (1: common.SystemException err)

  /**
   * Replaces the headers of the root group. Returns the latest entry.
   *
   * Errors: template-not-found (404), category-not-found (404), category-archived (601), icon-not-found (404), duplicate-id (400), limit-exceeded (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  JobTemplate updateRootHeaders(
    1: string jobTemplateId,
    2: group_headers.StepGroupHeaders headers
  ) throws (1: common.SystemException err)

  /**
   * Writes the values in updated (definition id -> value) and takes away those of removedIds. Returns definition id ->
   * metadata, all that the latest entry has. An id in both: invalid-argument.
   *
   * Errors: template-not-found (404), metadata-not-found (404), metadata-archived (601), limit-exceeded (400), template-in-review (413), not-allowed (550), template-not-locked (600), template-archived (601), insufficient-permissions (476)
   */
  map<string, metadata.MetadataEntry> updateMetadata(
    1: string jobTemplateId,
    2: map<string, metadata.MetadataValue> updated,
    3: list<string> removedIds
  ) throws (1: common.SystemException err)

  // ---- Tags and attributes: no content ----

  /**
   * Returns the tags of a template by name.
   *
   * Errors: template-not-found (404), insufficient-permissions (476)
   */
  list<TemplateTag> getTags(
    1: string jobTemplateId
  ) throws (1: common.SystemException err)

  /**
   * Adds tags, or writes the comment of those that are there, and takes tags away. Taking away one that is not there
   * changes nothing.
   *
   * Errors: template-not-found (404), tag-not-found (404), limit-exceeded (400), not-allowed (550), template-archived (601), insufficient-permissions (476)
   */
  void updateTags(
    1: string jobTemplateId,
    2: list<TemplateTag> added,
    3: list<string> removedTagIds
  ) throws (1: common.SystemException err)

  /**
   * Writes the values of one of the team's attributes on a template; behave defaults to CLOBBER. Returns a list of that
   * one attribute with the values that the template now has.
   *
   * Errors: template-not-found (404), attribute-not-found (404), not-allowed (550), template-archived (601), insufficient-permissions (476)
   */
  list<abac.AbacAttribute> updateAttribute(
    1: common.UUID templateId,
    2: string attributeId,
    3: list<abac.AbacAttributeValue> values,
    4: abac.AbacUploadBehaviour behave
  ) throws (1: common.SystemException err)
}
