/**
 * Jobs: creating and finding them, running their steps, and all that hangs on a job: holds, dependencies, properties,
 * attachments, comments, history, location, diagram.
 *
 * A job is made from the published entry of a template and stays on that entry until it is upgraded. That entry is its
 * diagram: diagramId is the id of the template, diagramVersion its publishedVersion.
 *
 * Times are epoch milliseconds (common.TimeInMillis). Ids are opaque texts.
 *
 * Users: every field that names a user carries the user's id; on input an email address does as well. A group is named by
 * the id of a role and stands for the role's members; built in are ADMIN, AUTHOR, JOBCREATOR and EXECUTOR.
 *
 * A job that the caller may not see answers like one that does not exist. Errors that every function can answer are
 * explained in common.thrift and not repeated here. Where a function returns bool it returns true; every refusal is an
 * error.
 */
namespace js jobwright.jobs
namespace java io.jobwright.jobs
namespace py jobwright.jobs
namespace go jobwright.jobs
namespace cpp jobwright.jobs
namespace netstd Jobwright.Jobs
namespace php Jobwright.Jobs
namespace rb Jobwright.Jobs
namespace perl Jobwright.Jobs
namespace rs jobwright.jobs

include "common.thrift"
include "data_sheet.thrift"
include "flow.thrift"

/** Rows of a query when Query.num is unset. */
const i32 DEFAULT_QUERY_ROWS = 50

/** Most rows of one query, and most entries of one page of history. */
const i32 MAX_QUERY_ROWS = 1000

/** Of the jobs of one createJobs call, how many may start an automatic first step at once. */
const i32 MAX_AUTO_STARTED_JOBS = 25

/** Longest filter text, in bytes of UTF-8. */
const i32 MAX_FILTER_BYTES = 8192

/** Most comparisons, operators and operands of one filter text together. */
const i32 MAX_FILTER_NODES = 500

/**
 * Most open holds and dependencies of one job, most open dependencies on one job, and most jobs that may wait for a job that
 * shall wait itself, directly or through others.
 */
const i32 MAX_OPEN_HOLDS = 10000

/** Longest name of a job, in characters. */
const i32 MAX_JOB_NAME_LENGTH = 500

/** Longest comment, description or notes, in characters. */
const i32 MAX_JOB_TEXT_LENGTH = 20000

/** Most rows of related properties that one list of a call may name for one table. */
const i32 MAX_RELATED_ROWS_PER_TABLE = 1000

/** Most rows of related properties of one job, all tables together. */
const i32 MAX_RELATED_ROWS = 10000

/** Most versions of outside data sources of one job. */
const i32 MAX_JOB_VERSIONS = 100

/** Longest chain of parents above a job. */
const i32 MAX_PARENT_DEPTH = 100

/** Most bytes of one chunk of an attachment, up or down. */
const i32 MAX_ATTACHMENT_CHUNK = 4194304

/** Most positions of one geometry. */
const i32 MAX_GEOMETRY_POSITIONS = 100000

/** Jobwright extension: where the run of a current step stands. */
enum StepState {
  /** Not started since it became current, or since it was set current again. */
  READY = 1,
  /** Started; the action, or the worker, is at it. */
  RUNNING = 2,
  /** Started; it waits for an answer, see JobsService.respondToStep, or for the location of the job, see setJobLocation. */
  WAITING_FOR_INFO = 3,
  /** The run is over; the step can be finished. */
  COMPLETED = 4,
  /** Stopped; the work can be taken up again with startSteps. */
  PAUSED = 5,
  /** Stopped, and what was done is given up: the step has to be started anew. */
  CANCELLED = 6,
  /** The run failed; it can be started anew. */
  ERROR = 7
}

/** Direction of a sort. */
enum SortOrderType {
  /** Smallest first. */
  Asc = 1,
  /** Largest first. */
  Desc = 2
}

/** Type of a result column; says which member of JobValue its cells use. */
enum FieldType {
  /** Text, in JobValue.text. Days, times of day and times with an offset are text too. */
  String = 1,
  /** Whole number, in JobValue.integer. */
  Integer = 2,
  /** Epoch milliseconds, in JobValue.dateTime. */
  DateTime = 3,
  /** In JobValue.flag. */
  Boolean = 4,
  /** Floating point number, in JobValue.number. */
  Double = 5
}

/** How an action on one step ended. Everything but Success is a refusal that changed nothing at that step. */
enum JobActionStepStatus {
  /** Done. */
  Success = 0,
  /** The job has no current step. */
  NoActiveStep = 1,
  /** The step is running already, or another running step stands in the way. */
  AlreadyExecuting = 2,
  /** The step is assigned to another user, or to a group without the caller. */
  AssignedToDifferentUser = 3,
  /** The job is closed. */
  JobClosed = 4,
  /** The step is in the diagram but not current. */
  StepNotCurrent = 5,
  /** The step was never started, or its run was cancelled or failed, and it may not be skipped. */
  NoStartedStep = 6,
  /** No path from the step has a condition that holds; it stays current. */
  NoMatchingPaths = 7,
  /** The step is not running. */
  NotRunning = 8,
  /** An open hold or dependency blocks the step. */
  Held = 9,
  /** The step waits for an answer. */
  WaitingForInfo = 10,
  /** There is no such open hold or dependency to release. */
  NotHeld = 11,
  /** The diagram has no step of that id. */
  StepNotInDiagram = 12,
  /** The action of the step is not one that the server carries on by itself, so there is nothing to refresh. */
  StepNotAuto = 13
}

/** What a history entry tells. */
enum JobHistoryAction {
  /** A step was set current: the job is active there now. */
  Activated = 1,
  /** An attachment was added. */
  Added = 2,
  /** The run of a step was cancelled. */
  Cancelled = 3,
  /** The job was closed. */
  Closed = 4,
  /** The run of a step is over; the step is still current. */
  Completed = 5,
  /** The job was created. */
  Created = 6,
  /** A step ceased to be current because another one was set current. */
  Deactivated = 7,
  /** An attachment, or the job, was deleted. */
  Deleted = 8,
  /** A dependency was added. */
  DependencyAdded = 9,
  /** The run of a step failed. */
  Error = 10,
  /** A step was finished and the job moved on. */
  Finished = 11,
  /** A hold was added. */
  Held = 12,
  /** A hold or a dependency was released. */
  HoldReleased = 13,
  /** The run of a step was paused. */
  Paused = 14,
  /** The last open hold or dependency of the job was released. */
  Reactivated = 15,
  /** The assignment of a step changed. */
  Reassigned = 16,
  /** The closed job was reopened. */
  Reopened = 17,
  /** A step was started. */
  Started = 18,
  /** The job, its location, a comment or an attachment changed; result says what. */
  Updated = 19,
  /** The job moved to another version of its template. */
  Upgraded = 20
}

/** Jobwright extension: how far a job has come at a step of its diagram. */
enum DiagramStepProgress {
  /** The job has not come here yet. */
  NotReached = 1,
  /** The step is current; in a closed job none is. */
  Current = 2,
  /** Finished, and not current again since. */
  Finished = 3,
  /** Passed over: its condition, or that of a group around it, did not hold. */
  PassedOver = 4,
  /** A way leads here, but the step still waits for the other ways (flow.JoinMode.ALL). */
  Joining = 5
}

/** A value of a job's field or property. Exactly one member is set. */
union JobValue {
  /** Always true: there is no value. */
  1: bool nullValue;
  /** Text, and every type that has no member of its own. */
  2: string text;
  /** Whole number. In plain JSON, one beyond ±(2^53 - 1) is a text of its digits. */
  3: i64 integer;
  /** Epoch milliseconds. */
  4: common.TimeInMillis dateTime;
  /** Truth value. */
  5: bool flag;
  /** Floating point number, finite. */
  6: double number;
}

/** The coordinate system of a geometry. */
struct SpatialReference {
  /**
   * Well-known id: 4326 or 4269 (longitude, latitude in degrees), 3857 (Web Mercator, metres; also 102100, 102113, 900913
   * and 3785), 32601 to 32660 and 32701 to 32760 (UTM, metres), 5041 and 5042 (UPS, metres).
   */
  1: i32 wkid;
}

/**
 * A geometry; what is set says which kind: x and y a Point, points a Multipoint, paths a Polyline, rings a Polygon;
 * exactly one of them is. A position is a list of x (east) and y (north); further numbers of a position are dropped. Every
 * number is finite, and every position on the map of Web Mercator: longitudes from -180 to 180, latitudes from -85.06 to
 * 85.06. Nothing goes across the 180th meridian: it is cut there in two parts. At most MAX_GEOMETRY_POSITIONS positions in
 * all.
 */
struct Geometry {
  /** East coordinate of a Point; with y. */
  1: optional double x;
  /** North coordinate of a Point; with x. */
  2: optional double y;
  /** Positions of a Multipoint, at least one. */
  3: optional list<list<double>> points;
  /** Lines of a Polyline, each of at least two positions. */
  4: optional list<list<list<double>>> paths;
  /**
   * Rings of a Polygon, each closed (the last position is the first one again), of at least four positions and around some
   * area; outer rings turn clockwise, holes the other way. A ring that turns the wrong way is refused, not turned: at least
   * one ring is an outer one, and holes reach nowhere out of the rectangle around the outer ones. Whether rings cross is
   * not looked into.
   */
  5: optional list<list<list<double>>> rings;
  /** Coordinate system of the positions. Unset on input = 4326. On output always 3857. */
  6: optional SpatialReference spatialReference;
}

/** A named version of an outside data source that the job works on. Jobwright keeps the names and gives them no meaning. */
struct JobVersion {
  /** Name of the data source, 1 to 250 characters; unique within the job. */
  1: string dataSourceName;
  /** Name of the version there, up to 250 characters. */
  2: optional string versionName;
  /** Id of the version there, up to 250 characters. */
  3: optional string versionId;
}

/** A step at which the job stands. */
struct CurrentStep {
  /** Id of the step. */
  1: optional string stepId;
  /** The user's id, or the role's id for a group; unset when unassigned. */
  2: optional string assignedTo;
  /** To what the step is assigned. */
  3: flow.AssignedType assignedType;
  /** Title of the step. */
  4: optional string stepName;
  /** true = the step may be finished without having been started. */
  5: optional bool canSkip;
  /** true = the step has an open hold, scheduled or not. */
  6: optional bool manualHold;
  /** true = the step has an open dependency. */
  7: optional bool dependencies;
  /** The latest scheduled release of the open holds, in epoch milliseconds; unset when one of them has none. */
  8: optional common.TimeInMillis holdScheduledRelease;
  /** Jobwright extension: where the run of the step stands. */
  1001: StepState state;
  /** Jobwright extension: when the step was last started, in epoch milliseconds. */
  1002: optional common.TimeInMillis startedAt;
  /** Jobwright extension: who last started it; unset when it was the server. */
  1003: optional string startedBy;
}

/** A hold or a dependency on a step; a dependency is one with dependentJobId. Open as long as releasedDate is unset. */
struct JobHold {
  /** The job held. */
  1: string jobId;
  /** The step held. */
  2: string stepId;
  /** Id of the hold. */
  3: string holdId;
  /** Who set it. */
  4: string setBy;
  /** When it was set, in epoch milliseconds. */
  5: common.TimeInMillis setDate;
  /** When it releases itself, in epoch milliseconds. Unset = never. */
  6: optional common.TimeInMillis scheduledRelease;
  /** Who released it; unset while open, and when the server did. */
  7: optional string releasedBy;
  /** When it was released, in epoch milliseconds. */
  8: optional common.TimeInMillis releasedDate;
  /** Dependency: the job waited for. */
  9: optional string dependentJobId;
  /** Dependency: the step waited for. Unset = the closing of that job, which ends the waiting for its steps as well. */
  10: optional string dependentStepId;
}

/** A value to give to an extended property. */
struct ExtendedProperty {
  /** `table.property`; each once. */
  1: string identifier;
  /** The value as text, in the form of the property's data type. Unset = null. */
  2: optional string value;
}

/** A value to give to a property in a row of related properties. */
struct RelatedPropertyValue {
  /** Name of the property within its table. */
  1: string propertyName;
  /** The value as text, in the form of the property's data type. Unset = null. */
  2: optional string value;
}

/** A property of a job as it is read. */
struct JobProperty {
  /** Name of the property within its table. */
  1: string propertyName;
  /** The value, typed. Unset = null. */
  2: optional JobValue value;
}

/** The extended properties (one row per job) of one table. */
struct JobExtendedPropertyTable {
  /** Name of the table. */
  1: string tableName;
  /** All its properties, in their order. */
  2: list<JobProperty> properties;
}

/** One row of related properties as it is read. */
struct JobRelatedPropertyEntry {
  /** Id of the row. */
  1: string id;
  /** When it was added, in epoch milliseconds. */
  2: common.TimeInMillis createdDate;
  /** All its properties, in their order. */
  3: list<JobProperty> properties;
}

/** The related properties (any number of rows per job) of one table. */
struct JobRelatedPropertyTable {
  /** Name of the table. */
  1: string tableName;
  /** Its rows, oldest first; those of one call in the order given. */
  2: list<JobRelatedPropertyEntry> entries;
}

/** A row to add. Properties not named get their default value. */
struct JobRelatedPropertyAddEntry {
  /** The values. */
  1: list<RelatedPropertyValue> properties;
}

/** Rows to add to one table. */
struct JobRelatedPropertyAdd {
  /** Name of the table. */
  1: string tableName;
  /** The rows, 1 to 1,000. */
  2: list<JobRelatedPropertyAddEntry> entries;
}

/** A row to change. Properties not named keep their value. */
struct JobRelatedPropertyUpdateEntry {
  /** Id of the row. */
  1: string id;
  /** The values. */
  2: list<RelatedPropertyValue> properties;
}

/** Rows to change in one table. */
struct JobRelatedPropertyUpdate {
  /** Name of the table. */
  1: string tableName;
  /** The rows, 1 to 1,000. */
  2: list<JobRelatedPropertyUpdateEntry> entries;
}

/** Rows to delete from one table. */
struct JobRelatedPropertyDelete {
  /** Name of the table. */
  1: string tableName;
  /** Ids of the rows, 1 to 1,000. */
  2: list<string> ids;
}

/** Changes to related properties, all or none: first the deletes, then the updates, then the adds. */
struct RelatedPropertyEdits {
  /** Rows to add. */
  1: optional list<JobRelatedPropertyAdd> adds;
  /** Rows to change. */
  2: optional list<JobRelatedPropertyUpdate> updates;
  /** Rows to delete. */
  3: optional list<JobRelatedPropertyDelete> deletes;
}

/** A job. */
struct Job {
  /** Id of the job. */
  1: string jobId;
  /** Name, up to 500 characters. */
  2: optional string jobName;
  /** Who is responsible for the job. */
  3: optional string ownedBy;
  /** Who created it. */
  4: optional string createdBy;
  /** Free text. */
  5: optional string notes;
  /** What the job is about. */
  6: optional string description;
  /** When it was created, in epoch milliseconds. */
  7: optional common.TimeInMillis createdDate;
  /** When it is planned to start, in epoch milliseconds. Informs, blocks nothing. */
  8: optional common.TimeInMillis startDate;
  /** When its first step was started, in epoch milliseconds. */
  9: optional common.TimeInMillis startedDate;
  /** When it is due, in epoch milliseconds. */
  10: optional common.TimeInMillis dueDate;
  /** When it was closed, in epoch milliseconds; unset while open. */
  11: optional common.TimeInMillis endDate;
  /** Id of the job that this one is part of. */
  12: optional string parentJob;
  /** Progress, 0 to 100: steps finished or passed over of all steps, until a caller sets it; 100 at closing. */
  13: double percentComplete;
  /** Name of a priority of the team. */
  14: string priority;
  /** Id of the template, as the diagram. */
  15: optional string diagramId;
  /** The publishedVersion of the entry that the job is on. */
  16: optional i32 diagramVersion;
  /** Title of that entry. */
  17: optional string diagramName;
  /** true = the job is closed. */
  18: bool closed;
  /** The steps at which the job stands, in the order of the tree; empty when closed. */
  19: list<CurrentStep> currentSteps;
  /** Name of a status of the team. */
  20: string jobStatus;
  /** Id of the template. */
  21: string jobTemplateId;
  /** Title of the template. */
  22: string jobTemplateName;
  /** Versions of outside data sources that the job works on; empty when none was set. */
  23: list<JobVersion> activeVersions;
  /** Holds and dependencies, open and past, oldest first. Filled when JobRequestOptions.holds. */
  24: optional list<JobHold> holds;
  /** Extended properties, by table, in their order. Filled when JobRequestOptions.extProps. */
  25: optional list<JobExtendedPropertyTable> extendedProperties;
  /** Related properties, by table, in their order. Filled when JobRequestOptions.extProps. */
  26: optional list<JobRelatedPropertyTable> relatedProperties;
  /** true = the template of the job is archived. */
  27: optional bool archived;
  /** true = the job has a location. */
  28: optional bool hasLocation;
  /** Id of the parent job as it was given, also after that job was deleted. */
  29: optional string parentJobRefId;
  /** Who closed the job; unset while open, and when it closed itself. */
  30: optional string closedBy;
  /** Jobwright extension: grows by one with every change of the job; see UpdateJobOverrides.expectedRevision. */
  1001: i64 revision;
  /** Jobwright extension: id of the team that the job belongs to. */
  1003: string teamId;
  /** Jobwright extension: data sheet set id -> id of the sheet that was chosen when the job was created. Unset = none. */
  1004: optional map<string, string> plannedDataSheetIds;
  /**
   * Jobwright extension: data sheet definition id -> value of the chosen sheet when the first step of the job was started,
   * for what the procedure refers to. They never change afterwards. Unset before.
   */
  1005: optional map<string, data_sheet.DataSheetValue> snapshottedDataSheetValues;
}

/** What getJob returns beside the basic fields. */
struct JobRequestOptions {
  /** true = holds and dependencies. Default false. */
  1: optional bool holds;
  /** true = extended and related properties. Default false. */
  2: optional bool extProps;
}

/** What the jobs of a createJobs call get instead of the template's defaults. Unset = the default. */
struct CreateJobOverrides {
  /** How many jobs: 1 to 10,000. Unset = 1. */
  1: optional i32 numberOfJobs;
  /** Name of each job, 1 to 500 characters. */
  2: optional string jobName;
  /** Planned start, in epoch milliseconds. */
  3: optional common.TimeInMillis startDate;
  /** Due date, in epoch milliseconds; not before the start date. */
  4: optional common.TimeInMillis dueDate;
  /** Name of a priority of the team. */
  5: optional string priority;
  /** Description, up to 20,000 characters. */
  6: optional string description;
  /** Owner, by id or email address. */
  7: optional string ownedBy;
  /** To what the first steps are assigned; beats the assignee of the step. */
  8: optional flow.AssignedType assignedType;
  /** The user (id or email address) or the role (id); needed for User and Group, unused for Unassigned. */
  9: optional string assignedTo;
  /** Notes, up to 20,000 characters. */
  10: optional string notes;
  /** Id of the job that they become part of; of the same team. */
  11: optional string parentJob;
  /** Location of each job. Its positions times the number of jobs are at most 1,000,000. */
  12: optional Geometry location;
  /** Values of extended properties; those not named get their default. */
  13: optional list<ExtendedProperty> extendedProperties;
  /** Rows of related properties that each job starts with. */
  14: optional list<JobRelatedPropertyAdd> relatedProperties;
  /** Progress to start with, 0 to 100. Unset = counted from the steps. */
  15: optional double percentComplete;
  /** Name of a status of the team. */
  16: optional string jobStatus;
  /**
   * The id that the job shall have, 1 to 64 letters, digits, `.`, `_`, `-`; only for a single job. Unset = made by the
   * server.
   */
  17: optional string jobId;
  /**
   * Jobwright extension: name of this request, chosen by the caller, up to 64 characters: a repeated call of the same
   * caller with the same name and the same arguments creates nothing and returns the first result; with other arguments it
   * is request-id-reused. Remembered for 24 hours.
   */
  1001: optional string requestId;
  /**
   * Jobwright extension: data sheet set id -> id of the sheet that the jobs work with, for sets that the procedure refers
   * to. What was not chosen has no values.
   */
  1002: optional map<string, string> plannedDataSheetIds;
}

/** The jobs that were created. */
struct CreateJobsResponse {
  /** Their ids, in order of creation. */
  1: list<string> jobIds;
  /** true = an automatic first step was started in at least one of the jobs. */
  2: bool autoExecuted;
}

/** What to change in a job; unset: unchanged. Assignment, closing and location have functions of their own. */
struct UpdateJobOverrides {
  /** Name, 1 to 500 characters. Privilege jobUpdateName. */
  1: optional string jobName;
  /** Planned start, in epoch milliseconds; 0 clears it. Privilege jobUpdateDate. */
  2: optional common.TimeInMillis startDate;
  /** Due date, in epoch milliseconds, not before the start date; 0 clears it. Privilege jobUpdateDate. */
  3: optional common.TimeInMillis dueDate;
  /** Name of a priority of the team. Privilege jobUpdatePriority. */
  4: optional string priority;
  /** Description, up to 20,000 characters; empty clears it. Privilege jobUpdateDescription. */
  5: optional string description;
  /** Owner, by id or email address; empty clears it. Privilege jobUpdateOwner. */
  6: optional string ownedBy;
  /** Notes, up to 20,000 characters; empty clears them. May change while a step runs. Privilege jobUpdateNotes. */
  7: optional string notes;
  /** Id of the job that this one is part of; empty clears it. Privilege jobUpdateParentJob. */
  8: optional string parentJob;
  /** Values of extended properties; those not named are unchanged. Privilege jobUpdateExtendedProperties. */
  9: optional list<ExtendedProperty> extendedProperties;
  /** Name of a status of the team. Privilege jobUpdateStatus. */
  10: optional string jobStatus;
  /** Rows of related properties to add, change and delete. Privilege jobUpdateExtendedProperties. */
  11: optional RelatedPropertyEdits relatedProperties;
  // Id 12 stays free: allowRunningStepId is a parameter of updateJob.
  /** Progress, 0 to 100; from then on it is no longer counted from the steps. Privilege jobUpdatePercentComplete. */
  13: optional double percentComplete;
  /**
   * Versions of outside data sources, at most 100; replaces all of them, an empty list clears them. Privilege
   * jobUpdateVersions.
   */
  14: optional list<JobVersion> versions;
  /**
   * Jobwright extension: the revision that the job must have; otherwise revision-conflict and nothing changes. Unset = no
   * check.
   */
  1001: optional i64 expectedRevision;
}

/** A hold to add or to release. */
struct JobHoldDetails {
  /** The job. */
  1: string jobId;
  /** When an added hold releases itself, in epoch milliseconds, in the future. Unset = never. Unused at releasing. */
  2: optional common.TimeInMillis scheduledRelease;
  /** The steps, current or still to come. Empty: all current steps at adding, all held steps at releasing. */
  3: list<string> stepIds;
}

/** A dependency to add or to release. */
struct JobDependencyDetails {
  /** The job that waits. */
  1: string jobId;
  /** The steps that wait, current or still to come. Empty: all current steps at adding, all waiting steps at releasing. */
  2: list<string> stepIds;
  /** The job waited for; of the same team. */
  3: string dependentJobId;
  /** The step waited for. Unset = the closing of that job; at releasing, every dependency on that job. */
  4: optional string dependentStepId;
}

/** How an action ended at one step. */
struct JobActionStepResponse {
  /** The step; empty when none was named and the answer concerns the whole job (NoActiveStep, JobClosed, NotHeld). */
  1: string stepId;
  /** How it ended. */
  2: JobActionStepStatus status;
  /** The same for people, in English, with what would be right. */
  3: string statusDescription;
}

/** How an action on steps ended. */
struct JobActionResponse {
  /** true = every step answered Success. */
  1: bool success;
  /** One response per step: in the order asked for, or of the tree when none was named. */
  2: list<JobActionStepResponse> stepResponses;
}

/** The answer to a step that waits for one. */
struct StepInfoResponse {
  /** The step. */
  1: string stepId;
  /** The value (not the name) of one of the answers offered. */
  2: string questionResponse;
  /** A comment, up to 20,000 characters, where the question allows one; it becomes a comment of the job. */
  3: optional string comment;
}

/** Jobwright extension: how closing, deleting, reopening or upgrading ended for one job. */
struct JobManageResult {
  /** The job. */
  1: string jobId;
  /** true = done. false = refused, nothing changed at this job, and the reason follows. */
  2: bool success;
  /** Reason: the code. */
  3: optional common.ErrorCode errorCode;
  /** Reason: the stable key, such as job-running. */
  4: optional string slug;
  /** Reason for people, in English. */
  5: optional string message;
  /** Reason: particulars such as the ids of the steps in the way. */
  6: optional map<string, string> details;
}

/** Jobwright extension: what an upgrade of one job would do. */
struct JobUpgradePreview {
  /** The job. */
  1: string jobId;
  /** true = upgradeJobs would succeed as things stand. */
  2: bool possible;
  /** Why not: the stable key, such as upgrade-refused. */
  3: optional string slug;
  /** Why not, for people, in English. */
  4: optional string message;
  /** The diagramVersion that the job is on. */
  5: i32 fromVersion;
  /**
   * The diagramVersion that it would be on; equal to fromVersion when there is nothing to do, 0 when nothing is published.
   */
  6: i32 toVersion;
  /** Current steps that the new version does not have; any of them prevents the upgrade. */
  7: list<string> missingCurrentStepIds;
  /** Finished steps that stay finished. */
  8: list<string> keptStepIds;
  /** Finished steps that the new version does not have; they remain in the history only. */
  9: list<string> droppedStepIds;
  /** Steps of the new version that the old one does not have. */
  10: list<string> addedStepIds;
}

/** An attachment to add or to change. */
struct JobAttachmentDetails {
  /** The job. */
  1: string jobId;
  /** File: the bytes. */
  2: optional binary attachment;
  /** Linked: the address, http, https or file, up to 2,000 characters. */
  3: optional string url;
  /** What people read, up to 250 characters. Unset = at adding the file name or the address, at changing unchanged. */
  4: optional string attachmentAlias;
  /**
   * Folder in which clients show it, up to 250 characters. Unset = at adding none, at changing unchanged; empty clears it.
   */
  5: optional string folder;
  /** The attachment; only at changing. */
  6: optional string attachmentId;
  /** The step in which it was added. Only at adding. */
  7: optional string stepId;
  /** Jobwright extension: name of the file, up to 250 characters, without folders. Only at adding a file. */
  1001: optional string fileName;
  /**
   * Jobwright extension: media type of the file, up to 250 characters. Unset = application/octet-stream. Only at adding a
   * file.
   */
  1002: optional string mimeType;
}

/** The attachment that was added. */
struct AddJobAttachmentResponse {
  /** Its id. */
  1: string attachmentId;
  /** Where to get it; without a token. For a linked one the address as given. */
  2: optional string url;
}

/** An attachment of a job. */
struct JobAttachment {
  /** Id of the attachment. */
  1: string id;
  /** What people read. */
  2: optional string attachmentAlias;
  /** Folder in which clients show it; unset when in none. */
  3: optional string folder;
  /** Linked: the address. File: where to download it; without a token, see getAttachmentUrl. */
  4: optional string url;
  /** When it was added, in epoch milliseconds; a change of alias or folder does not move it. */
  5: optional common.TimeInMillis lastModified;
  /** Who added it. */
  6: optional string lastModifiedBy;
  /** Jobwright extension: true = it is a link, false = a file. */
  1001: bool linked;
  /** Jobwright extension: the step in which it was added. */
  1002: optional string stepId;
  /** Jobwright extension: name of the file; unset for a link. */
  1003: optional string fileName;
  /** Jobwright extension: media type of the file; unset for a link. */
  1004: optional string mimeType;
  /** Jobwright extension: size of the file in bytes; unset for a link. */
  1005: optional i64 size;
  /** Jobwright extension: SHA-256 of the file, 64 hex digits in lower case; unset for a link. */
  1006: optional string sha256;
}

/** Jobwright extension: a part of a file attachment. */
struct AttachmentChunk {
  /** The bytes; fewer than asked for at the end of the file, none behind it. */
  1: binary data;
  /** Size of the whole file in bytes. */
  2: i64 totalSize;
  /** SHA-256 of the whole file, 64 hex digits in lower case. */
  3: string sha256;
}

/** Jobwright extension: an upload in parts. */
struct AttachmentUpload {
  /** Names the upload in the calls that follow. */
  1: string uploadId;
  /** Bytes received so far, without a gap; the offset of the next chunk. */
  2: i64 received;
  /** Most bytes of one chunk. */
  3: i32 maxChunk;
  /** When the unfinished upload is thrown away, in epoch milliseconds; every chunk moves it. */
  4: common.TimeInMillis expiresAt;
}

/** A comment of a job. */
struct JobComment {
  /** The text. */
  1: string comment;
  /** Who wrote it. */
  2: string lastModifiedBy;
  /** When it was written, in epoch milliseconds. */
  3: common.TimeInMillis lastModified;
  /** Id of the comment. */
  4: string id;
}

/** One entry of a job's history. */
struct JobHistory {
  /** The job. */
  1: string jobId;
  /** The step concerned. */
  2: optional string stepId;
  /** When it happened, in epoch milliseconds. */
  3: optional common.TimeInMillis date;
  /** Email address, at that time, of whoever did it; "system" for the server. */
  4: string username;
  /** What happened. */
  5: JobHistoryAction action;
  /** The outcome or the particulars, as text: answer, HTTP status, error message, new assignee. */
  6: optional string result;
  /** When the step was started, in epoch milliseconds; in Completed, Finished, Paused, Cancelled and Error. */
  7: optional common.TimeInMillis startDate;
  /** When its run ended, in epoch milliseconds; with startDate. */
  8: optional common.TimeInMillis endDate;
  /** Seconds from startDate to endDate, to the millisecond. */
  9: optional double durationSeconds;
  /** Jobwright extension: title of the step at that time. */
  1001: optional string stepName;
  /** Jobwright extension: id of whoever did it; unset for the server. */
  1002: optional string userId;
}

/** Jobwright extension: a part of a job's history. */
struct JobHistoryPage {
  /** The entries, oldest first. */
  1: list<JobHistory> entries;
  /** Where the page stands, and the tokens of others. */
  2: common.PageInfo pageInfo;
}

/** One criterion of a sort. */
struct SortField {
  /** Name of the field. */
  1: string field;
  /** Direction; rows without a value come last either way. */
  2: SortOrderType sortOrder = SortOrderType.Asc;
}

/**
 * A search for jobs. At least one of q and search is given; with both, a job meets both. Only jobs that the caller may see
 * are found.
 *
 * A job with several current steps counts as one row per step for assignedTo, assignedType, currentStep and currentStepId,
 * and is found, once, when any of these rows meets the whole of q. In the result, and where rows are sorted, these four are
 * those of the first step, in the order of the tree, that meets q; where q does not ask about steps, of the first step.
 *
 * A property that two templates have published as different things (another type, or one row instead of many) can't be asked
 * about: invalid-filter, naming both. Jobs of older versions of a template, in which it was something else, have no value of it.
 */
struct Query {
  /** Names a stored search. None are stored yet: any value is answered with not-implemented. */
  1: optional string searchId;
  /**
   * Filter text, up to 8 KB: `= <> != < <= > >= AND OR NOT IN BETWEEN LIKE ILIKE IS [NOT] NULL ( )` over fields of the job,
   * in camelCase or snake_case, and properties as `table.property`; texts and ISO dates in single quotes, `''` for a quote;
   * `$currentUser`, `$now`, `$now - 7d`. A user may be named by email address. The whole may stand in double quotes.
   */
  2: optional string q;
  /**
   * Words, each of which a job must have: in its id, name, description, notes, priority, status, template's title, properties,
   * or in the name or address of its owner or creator, or in the titles of its current steps or the names of their assignees.
   * A word is letters and digits; case does not count, and the beginning of a word is enough. Words in single quotes are one
   * phrase: they follow each other in one text. Up to 1,000 characters and 20 words and phrases.
   */
  3: optional string search;
  /**
   * Columns of the result, at most 100: fields of the job or `table.property`. Unset or empty = jobName, priority, dueDate,
   * currentStep.
   */
  4: optional list<string> fields;
  /** Names of the columns in the result, as many as fields. Unset = the names of the fields. */
  5: optional list<string> displayNames;
  /** Order of the rows, at most 10 criteria; ties by jobId. Unset or empty = by jobId. */
  6: optional list<SortField> sortFields;
  /**
   * Only jobs whose location meets this rectangle: `xmin,ymin,xmax,ymax` in 3857, or JSON
   * `{"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1, "spatialReference": {"wkid": 4326}}`; without spatialReference it is 3857.
   * xmin <= xmax and ymin <= ymax; touching is meeting. What is compared is the rectangle around the location: the line
   * from (0, 0) to (9, 9) meets a rectangle in the corner at (9, 0). A rectangle that has other axes in 3857 stands for the
   * least one around it there; latitudes beyond the map are cut.
   */
  7: optional string spatialExtent;
  /** true = only jobs with a location; false = only those without. Unset = both. */
  8: optional bool hasLocation;
  /** How many jobs to pass over, from 0. */
  9: i32 start = 0;
  /** Most jobs to return: 1 to 1,000. Unset = 50. */
  10: optional i32 num;
  /**
   * true = every row of the related tables named in fields gives a result row, with nulls for the other related tables; at
   * most 10,000 result rows. Unset or false = one result row per job, with the oldest row of each related table.
   */
  11: optional bool returnAllRelatedProperties;
  /** Jobwright extension: true = count all jobs found, for QueryResult.total. Default false. */
  1001: optional bool total;
  /**
   * Jobwright extension: QueryResult.pageToken of the page before: goes on behind it at any depth. The rest of the query is
   * unchanged, start unused.
   */
  1002: optional string pageToken;
  /** Jobwright extension: the team to search. Unset = the caller's team; a caller of several teams must name one. */
  1003: optional string teamId;
}

/** A column of a query result. */
struct QueryField {
  /** Name: from displayNames, otherwise the field as it was asked for. */
  1: string name;
  /** Type of the cells. */
  2: FieldType fieldType;
}

/** What a query found. */
struct QueryResult {
  /** The filter text as understood: without enclosing double quotes; empty when none was given. */
  1: string q;
  /** The columns. */
  2: list<QueryField> fields;
  /** The rows; the cells of a row in the order of the columns. */
  3: list<list<JobValue>> results;
  /** Query.start; 0 when a pageToken was given. */
  4: i32 start;
  /** The start of the next page; -1 at the end of the list, and when a pageToken was given. */
  5: i32 nextStart;
  /** How many jobs this page may hold: Query.num or its default. */
  6: i32 num;
  /** Jobwright extension: how many jobs were found altogether, when Query.total. */
  1001: optional i32 total;
  /** Jobwright extension: token of the next page; unset at the end of the list. */
  1002: optional string pageToken;
}

/** Jobs to count. At least one of q and search is given. */
struct JobStatisticsDetails {
  /** Filter text, as Query.q. */
  1: optional string q;
  /** Words, as Query.search. */
  2: optional string search;
  /** The field or `table.property` to group by, in camelCase or snake_case. Unset = only the total. */
  3: optional string groupBy;
  /** As Query.spatialExtent. */
  4: optional string spatialExtent;
  /** As Query.hasLocation. */
  5: optional bool hasLocation;
  /** Jobwright extension: as Query.teamId. */
  1001: optional string teamId;
}

/** One group of jobs. */
struct GroupedValue {
  /**
   * The common value as text, as it would stand in a filter without quotes: TRUE or FALSE, digits, an ISO 8601 date and time.
   * Unset = jobs without a value.
   */
  1: optional string value;
  /** How many jobs. A job that has several values, such as assignees, counts in the group of each. */
  2: i32 count;
}

/** Counts of jobs. */
struct JobStatistics {
  /** How many jobs were found; each counts once. */
  1: i32 total;
  /** The groupBy that was asked for. */
  2: optional string groupBy;
  /**
   * The groups, largest first, then by value, jobs without a value behind groups of the same size; at most 10,000. Set when
   * groupBy was.
   */
  3: optional list<GroupedValue> groupedValues;
}

/** A point of a diagram. The unit is one pixel at normal size, y grows downwards. */
struct DiagramPoint {
  /** Distance from the left edge. */
  1: double x;
  /** Distance from the top edge. */
  2: double y;
}

/** What a step of a diagram does. */
struct DiagramStepAction {
  /** Kind of the action: the name of a member of flow.StepAction, such as manual or question. */
  1: string actionType;
  /** The settings of the action. Unset = a manual step without settings. */
  2: optional flow.StepAction settings;
}

/** A way from a step to another, default ways included. */
struct DiagramPath {
  /**
   * The step that it leads to; for a way into a group, the first step there. A way into a parallel group is a path to each of
   * its branches; in a diagram of more than 20,000 ways, to the first of them alone.
   */
  1: string nextStep;
  /** The condition. Unset = always. */
  2: optional string expression;
  /** Text at the path. */
  3: optional string label;
  /** The user or role that gets the next step. */
  4: optional string assignedTo;
  /** To what the next step is assigned. Unassigned also when assignment leaves it open until the path is followed. */
  5: flow.AssignedType assignedType;
  /** Corners of the line between the two steps. */
  6: list<DiagramPoint> points;
  /** Sides at which the line leaves the one step and enters the other: 0 top, 1 right, 2 bottom, 3 left. */
  7: list<i32> ports;
  /** The status that the job gets. */
  8: optional string status;
  /** Always empty: messages are steps of their own (flow.NotifyAction). */
  9: list<string> notifications;
  /** Colour of the line, `#rrggbb`. */
  10: optional string lineColor;
  /** Colour of the label, `#rrggbb`. */
  11: optional string labelColor;
  /** Jobwright extension: the assignment as the template states it. */
  1001: optional flow.PathAssignment assignment;
  /** Jobwright extension: true = the default way, which no path of the template states. */
  1002: bool defaultWay;
}

/** A step of a diagram. */
struct DiagramStep {
  /** Id of the step. */
  1: string id;
  /** Title. */
  2: string name;
  /** Description, as plain text. */
  3: optional string description;
  /** Id of the component that the step was made from. */
  4: optional string stepTemplateId;
  /** As flow.StepFlow.automatic. */
  5: bool automatic;
  /** As flow.StepFlow.proceedNext. */
  6: bool proceedNext;
  /** As flow.StepFlow.canSkip. */
  7: bool canSkip;
  /** Place of its centre, as `x,y` in pixels: from the template, otherwise laid out by the server. */
  8: string position;
  /** Shape to draw: 0 rectangle, 1 rounded rectangle, 2 diamond, 3 circle. */
  9: i32 shape;
  /** Fill colour, `#rrggbb`. */
  10: optional string color;
  /** Colour of the outline, `#rrggbb`. */
  11: optional string outlineColor;
  /** Colour of the name, `#rrggbb`. */
  12: optional string labelColor;
  /** What the step does. */
  13: DiagramStepAction action;
  /** The ways on from it; none at a step after which the job ends. */
  14: list<DiagramPath> paths;
  /** Address of further help. */
  15: optional string helpUrl;
  /** Help for the worker. */
  16: optional string helpText;
  /** Question: true when a comment may come with the answer. */
  20: optional bool canComment;
  /** Question: true when a comment must. */
  21: optional bool commentRequired;
  /** Jobwright extension: how far this job has come here. */
  1001: DiagramStepProgress progress;
  /** Jobwright extension: where the run of a current step stands; unset at other steps. */
  1002: optional StepState state;
  /** Jobwright extension: true = an open hold or dependency blocks the step. */
  1003: bool held;
  /** Jobwright extension: the group around it; unset at the top of the tree. */
  1004: optional string parentGroupId;
  /** Jobwright extension: what it waits for when several ways lead here. */
  1005: optional flow.JoinMode join;
  /** Jobwright extension: the condition under which it is not passed over. */
  1006: optional string condition;
}

/** Jobwright extension: a group of steps in a diagram. */
struct DiagramGroup {
  /** Id of the group. */
  1: string id;
  /** Title. */
  2: string name;
  /** The group around it; unset at the top of the tree. */
  3: optional string parentGroupId;
  /** How its children become current. */
  4: flow.GroupMode mode;
  /** What it waits for when several ways lead here. */
  5: optional flow.JoinMode join;
  /** The condition under which it is not passed over. */
  6: optional string condition;
}

/** A text on a diagram. */
struct DiagramAnnotation {
  /** Place of its centre, as `x,y` in pixels. */
  1: string position;
  /** Fill colour, `#rrggbb`. */
  2: string color;
  /** Colour of the outline, `#rrggbb`. */
  3: string outlineColor;
  /** Colour of the text, `#rrggbb`. */
  4: string labelColor;
  /** The text. */
  5: string text;
}

/** The diagram of a job: the steps of its entry and the ways between them, with how far this job has come. */
struct DiagramDetails {
  /** Id of the template. */
  1: string diagramId;
  /** The publishedVersion of the entry. */
  2: i32 diagramVersion;
  /** Title of the entry. */
  3: string diagramName;
  /** Description of the entry. */
  4: optional string description;
  /** The first step; of several that start together, the first in the tree. */
  5: string initialStepId;
  /** Title of that step. */
  6: string initialStepName;
  /** All steps, in the order of the tree. */
  7: list<DiagramStep> steps;
  // Ids 8, 9 and 12 stay free: diagrams have no data sources.
  /** Texts on the diagram; empty as long as templates hold none. */
  10: list<DiagramAnnotation> annotations;
  /** true = clients draw a grid. */
  11: bool displayGrid;
  /** Jobwright extension: the groups around the steps, parents first. */
  1001: list<DiagramGroup> groups;
}

/**
 * Work on jobs. Functions on steps (startSteps and its like, holds, dependencies) answer refusals per step, in
 * JobActionStepResponse.status: the steps that can, do, in one transaction. Everything else is done whole or not at all.
 */
service JobsService {
  /**
   * Adds a file to a job; params.attachment holds the bytes. Files that do not fit into one message are sent with
   * beginAttachmentUpload or over HTTP. Privilege jobUpdateAttachments. Returns the id and the download address.
   *
   * Errors: job-not-found (404), step-not-found (404), insufficient-permissions (476), job-closed (413), limit-exceeded (400)
   */
  AddJobAttachmentResponse addAttachment(
    1: JobAttachmentDetails params
  ) throws (1: common.SystemException err)

  /**
   * Adds a link to a job; params.url is the address (http, https or file), which the server keeps and never loads.
   * Privilege jobUpdateAttachments. Returns the id.
   *
   * Errors: job-not-found (404), step-not-found (404), insufficient-permissions (476), job-closed (413), limit-exceeded (400)
   */
  AddJobAttachmentResponse addAttachmentLinked(
    1: JobAttachmentDetails params
  ) throws (1: common.SystemException err)

  /**
   * Makes steps wait for a step of another job, or for its closing: until then they can neither be started nor finished. A
   * step is done when it is finished, not when another one is set current; closing or deleting the other job releases all
   * that waits for it, or for one of its steps. What is already done, or already closed, releases the dependency at once.
   * Empty stepIds = all current steps. Privilege jobUpdateHolds.
   *
   * Jobs that would wait for each other, however many lie between, are a dependency-cycle; its message names them all.
   *
   * Per step: AlreadyExecuting, JobClosed, StepNotInDiagram, NoActiveStep.
   *
   * Errors: job-not-found (404), step-not-found (404), insufficient-permissions (476), dependency-cycle (400), limit-exceeded (400)
   */
  JobActionResponse addDependency(
    1: JobDependencyDetails params
  ) throws (1: common.SystemException err)

  /**
   * Adds one hold to each of the steps: until all holds of a step are released it can neither be started nor finished. A
   * hold with scheduledRelease releases itself at that time. Empty stepIds = all current steps. Privilege jobUpdateHolds.
   *
   * Per step: AlreadyExecuting, JobClosed, StepNotInDiagram, NoActiveStep.
   *
   * Errors: job-not-found (404), insufficient-permissions (476), limit-exceeded (400)
   */
  JobActionResponse addHolds(
    1: JobHoldDetails params
  ) throws (1: common.SystemException err)

  /**
   * Adds a comment of 1 to 20,000 characters, also to a closed job; space around the text is no part of it. A job takes 10,000
   * comments, and 8 MB of them. Whoever sees the job may. Returns the id of the comment.
   *
   * Errors: job-not-found (404), insufficient-permissions (476), limit-exceeded (400)
   */
  string addJobComment(
    1: string jobId,
    2: string comment
  ) throws (1: common.SystemException err)

  /**
   * Assigns the current step; of several, all of them, or none when one can't be. assignedTo is a user (id or email
   * address) or a role (id), unused for Unassigned. Privilege jobAssignAny, or jobAssignGroup for members of the caller's
   * groups and those groups, or jobAssignIndividual for the caller alone; Unassigned takes jobAssignAny. What is assigned so
   * already stays as it is.
   *
   * Errors: job-not-found (404), user-not-found (404), group-not-found (404), group-archived (601), insufficient-permissions (476), job-closed (413), job-running (413), step-not-current (413)
   */
  bool assignCurrentStep(
    1: string jobId,
    2: string assignedTo,
    3: flow.AssignedType assignedType
  ) throws (1: common.SystemException err)

  /**
   * Assigns one current step, like assignCurrentStep. Other steps may run meanwhile.
   *
   * Errors: job-not-found (404), step-not-found (404), user-not-found (404), group-not-found (404), group-archived (601), insufficient-permissions (476), job-closed (413), job-running (413), step-not-current (413)
   */
  bool assignStep(
    1: string jobId,
    2: string stepId,
    3: string assignedTo,
    4: flow.AssignedType assignedType
  ) throws (1: common.SystemException err)

  /**
   * Counts jobs, in groups when asked to. An unknown groupBy is invalid-filter, a malformed spatialExtent invalid-geometry.
   *
   * Errors: team-not-found (404), invalid-filter (400), invalid-geometry (400), limit-exceeded (400)
   */
  JobStatistics calculateJobStatistics(
    1: JobStatisticsDetails params
  ) throws (1: common.SystemException err)

  /**
   * Closes jobs, all or none: endDate is set, percentComplete is 100, jobStatus is the final status of the template, no
   * step is current any more. Open holds do not prevent it. What depended on the jobs or on their steps is released.
   * Privilege jobClose.
   *
   * Errors: job-not-found (404), insufficient-permissions (476), job-closed (413), job-running (413), limit-exceeded (400)
   */
  bool closeJobs(
    1: list<string> jobIds
  ) throws (1: common.SystemException err)

  /**
   * Creates 1 to 10,000 jobs from the published entry of a template, all or none. What jobOverrides leaves unset comes from
   * the template's defaults. A first step that is automatic, and assigned to the caller or to nobody, starts at once, for
   * the first 25 jobs of the call. Privilege jobCreate; jobOverrides.ownedBy takes jobUpdateOwner too, assignedType
   * jobAssignAny. Returns the ids in order.
   *
   * Errors: template-not-found (404), job-not-found (404), user-not-found (404), group-not-found (404), insufficient-permissions (476), not-published (420), template-archived (601), job-id-taken (400), request-id-reused (400), dates-out-of-order (400), unknown-priority (400), unknown-status (400), invalid-property (400), invalid-geometry (400), limit-exceeded (400), data-sheet-not-found (404), data-sheet-archived (601)
   */
  CreateJobsResponse createJobs(
    1: string jobTemplateId,
    2: CreateJobOverrides jobOverrides
  ) throws (1: common.SystemException err)

  /**
   * Deletes an attachment with its bytes. Privilege jobUpdateAttachments.
   *
   * Errors: job-not-found (404), attachment-not-found (404), insufficient-permissions (476), job-closed (413)
   */
  bool deleteAttachment(
    1: string jobId,
    2: string attachmentId
  ) throws (1: common.SystemException err)

  /**
   * Deletes jobs, open or closed, all or none, with their attachments, properties, comments and location; for good.
   * Children stay and lose their parent; what depended on them is released. Privilege jobDelete.
   *
   * Errors: job-not-found (404), insufficient-permissions (476), job-running (413), limit-exceeded (400)
   */
  bool deleteJobs(
    1: list<string> jobIds
  ) throws (1: common.SystemException err)

  /**
   * Finishes steps: the job follows their paths, or closes when no step is current any more. A manual step is finished from
   * RUNNING or PAUSED, the others from COMPLETED; a step that may be skipped from any state. Empty stepIds = all current
   * steps.
   *
   * Per step: NoActiveStep, StepNotInDiagram, StepNotCurrent, JobClosed, AssignedToDifferentUser, Held, AlreadyExecuting
   * (its action still runs), NoStartedStep, WaitingForInfo, NoMatchingPaths.
   *
   * Errors: job-not-found (404), insufficient-permissions (476)
   */
  JobActionResponse finishSteps(
    1: string jobId,
    2: list<string> stepIds
  ) throws (1: common.SystemException err)

  /**
   * Returns all bytes of a file attachment. A body that does not fit into one message is limit-exceeded: read it with
   * getAttachmentChunk or over HTTP.
   *
   * Errors: job-not-found (404), attachment-not-found (404), insufficient-permissions (476), attachment-linked (413), limit-exceeded (400)
   */
  binary getAttachmentBody(
    1: string jobId,
    2: string attachmentId
  ) throws (1: common.SystemException err)

  /**
   * Returns where to get an attachment: the download address of a file, the address of a link. With includeToken a file's
   * address carries a signed token for this one file that expires, so that a browser can open it; a link never gets one.
   *
   * Errors: job-not-found (404), attachment-not-found (404), insufficient-permissions (476)
   */
  string getAttachmentUrl(
    1: string jobId,
    2: string attachmentId,
    3: bool includeToken = true
  ) throws (1: common.SystemException err)

  /**
   * Returns the attachments of a job, oldest first.
   *
   * Errors: job-not-found (404), insufficient-permissions (476)
   */
  list<JobAttachment> getAttachments(
    1: string jobId
  ) throws (1: common.SystemException err)

  /**
   * Returns a job. Holds and properties come only when options asks for them.
   *
   * Errors: job-not-found (404), insufficient-permissions (476)
   */
  Job getJob(
    1: string jobId,
    2: JobRequestOptions options
  ) throws (1: common.SystemException err)

  /**
   * Returns the comments of a job, oldest first.
   *
   * Errors: job-not-found (404), insufficient-permissions (476)
   */
  list<JobComment> getJobComments(
    1: string jobId
  ) throws (1: common.SystemException err)

  /**
   * Returns the diagram of the version that the job is on, with how far the job has come at each step.
   *
   * Errors: job-not-found (404), insufficient-permissions (476)
   */
  DiagramDetails getJobDiagram(
    1: string jobId
  ) throws (1: common.SystemException err)

  /**
   * Returns the whole history of a job, oldest first; at most 10,000 entries, a longer one is limit-exceeded: see
   * getJobHistoryPage.
   *
   * Errors: job-not-found (404), insufficient-permissions (476), limit-exceeded (400)
   */
  list<JobHistory> getJobHistory(
    1: string jobId
  ) throws (1: common.SystemException err)

  /**
   * Returns the location of a job in 3857, as Multipoint, Polyline or Polygon; a Point that was set comes back as a
   * Multipoint of one. A job without a location answers a Geometry with nothing set.
   *
   * Errors: job-not-found (404), insufficient-permissions (476)
   */
  Geometry getJobLocation(
    1: string jobId
  ) throws (1: common.SystemException err)

  /**
   * Finds jobs and returns the columns asked for. An unknown field, in the filter, in fields or in sortFields, is
   * invalid-filter and names its nearest neighbours; a malformed spatialExtent is invalid-geometry.
   *
   * Errors: team-not-found (404), invalid-filter (400), invalid-geometry (400), limit-exceeded (400)
   */
  QueryResult queryJobs(
    1: Query query
  ) throws (1: common.SystemException err)

  /**
   * Resumes the asking for the state of an outside service where it broke off. For the assignee of the step and for
   * callers with adminBasic or adminAdvanced. Empty stepIds = all current steps.
   *
   * Per step: StepNotAuto, NotRunning, NoActiveStep, StepNotInDiagram, StepNotCurrent, JobClosed, AssignedToDifferentUser.
   *
   * Errors: job-not-found (404), insufficient-permissions (476)
   */
  JobActionResponse refreshSteps(
    1: string jobId,
    2: list<string> stepIds
  ) throws (1: common.SystemException err)

  /**
   * Releases open dependencies on dependentJobId (and dependentStepId, when given). Empty stepIds = all steps that wait for
   * it. Privilege jobUpdateHolds.
   *
   * Per step: NotHeld, StepNotInDiagram.
   *
   * Errors: job-not-found (404), insufficient-permissions (476)
   */
  JobActionResponse releaseDependency(
    1: JobDependencyDetails params
  ) throws (1: common.SystemException err)

  /**
   * Releases all open holds of the steps; dependencies stay. Empty stepIds = all held steps. Privilege jobUpdateHolds.
   *
   * Per step: NotHeld, StepNotInDiagram.
   *
   * Errors: job-not-found (404), insufficient-permissions (476)
   */
  JobActionResponse releaseHolds(
    1: JobHoldDetails params
  ) throws (1: common.SystemException err)

  /**
   * Reopens closed jobs, all or none: the steps that were current at closing are current again; for a job that had reached
   * its end, the step finished last, as if it had not been; what was passed over behind it is ahead again. jobStatus is the one that new jobs of the template get,
   * percentComplete is counted anew unless a caller had set it. Privilege jobReopenClosed.
   *
   * Errors: job-not-found (404), insufficient-permissions (476), job-open (413), limit-exceeded (400)
   */
  bool reopenJobs(
    1: list<string> jobIds
  ) throws (1: common.SystemException err)

  /**
   * Makes a step of the diagram the only current one; the others are Deactivated in the history. Its assignment is the one
   * that the template gives it. Privilege workflowSetStepCurrent.
   *
   * For the step: JobClosed, AlreadyExecuting (any step of the job runs), StepNotInDiagram.
   *
   * Errors: job-not-found (404), insufficient-permissions (476)
   */
  JobActionResponse setCurrentStep(
    1: string jobId,
    2: string stepId
  ) throws (1: common.SystemException err)

  /**
   * Sets the location of a job in place of any earlier one, in any coordinate system known to the server (see
   * SpatialReference.wkid). Privilege jobUpdateLocation.
   *
   * Errors: job-not-found (404), insufficient-permissions (476), job-closed (413), invalid-geometry (400), limit-exceeded (400)
   */
  bool setJobLocation(
    1: string jobId,
    2: Geometry geometry
  ) throws (1: common.SystemException err)

  /**
   * Starts steps; a step with proceedNext is finished too, once its run is over. A step that is unassigned, or assigned to
   * a group of the caller, becomes the caller's. Empty stepIds = all current steps.
   *
   * Per step: NoActiveStep, StepNotInDiagram, StepNotCurrent, JobClosed, AssignedToDifferentUser, Held, AlreadyExecuting;
   * with proceedNext also NoMatchingPaths, with the step started.
   *
   * Errors: job-not-found (404), insufficient-permissions (476)
   */
  JobActionResponse startSteps(
    1: string jobId,
    2: list<string> stepIds
  ) throws (1: common.SystemException err)

  /**
   * Stops running steps: questions and services become CANCELLED, the others PAUSED. Somebody else's step needs the
   * privilege jobForceStop. Empty stepIds = all current steps.
   *
   * Per step: NotRunning, JobClosed, NoActiveStep, StepNotInDiagram, StepNotCurrent, AssignedToDifferentUser.
   *
   * Errors: job-not-found (404), insufficient-permissions (476)
   */
  JobActionResponse stopSteps(
    1: string jobId,
    2: list<string> stepIds
  ) throws (1: common.SystemException err)

  /**
   * Changes alias and folder of an attachment: params.jobId and params.attachmentId name it, other members are unused.
   * Privilege jobUpdateAttachments.
   *
   * Errors: job-not-found (404), attachment-not-found (404), insufficient-permissions (476), job-closed (413)
   */
  bool updateAttachment(
    1: JobAttachmentDetails params
  ) throws (1: common.SystemException err)

  /**
   * Changes what jobUpdates sets, all or none; what is so already changes nothing, and the revision stays. For the owner of
   * the job, the assignees of its current steps and callers with jobUpdateAny, with the privilege of each field. Refused
   * while a step runs or waits for an answer, except for notes alone; a non-empty allowRunningStepId names a running step
   * that does not count.
   *
   * Errors: job-not-found (404), step-not-found (404), user-not-found (404), insufficient-permissions (476), job-closed (413), job-running (413), revision-conflict (420), parent-cycle (400), dates-out-of-order (400), unknown-priority (400), unknown-status (400), invalid-property (400), limit-exceeded (400)
   */
  bool updateJob(
    1: string jobId,
    2: UpdateJobOverrides jobUpdates,
    3: string allowRunningStepId
  ) throws (1: common.SystemException err)

  /**
   * Moves open jobs to the current published entry of their template, all or none. Finished work is kept by step id; a job
   * that is there already stays as it is; one with a current step that the new version lacks is upgrade-refused. Values of
   * properties that the new version declares with another type are read anew as that type; what is none of it is cleared. A
   * current step that nobody has started, and that the new version has the server start, is started by it soon after.
   * Privilege jobUpgrade.
   *
   * Errors: job-not-found (404), insufficient-permissions (476), job-closed (413), job-running (413), upgrade-refused (413), limit-exceeded (400)
   */
  bool upgradeJobs(
    1: list<string> jobIds
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: like closeJobs, each job for itself: a job that can't be closed does not prevent the others. One
   * result per id, in order. A caller without the privilege in any of its teams is refused as a whole.
   *
   * Per job: job-not-found, insufficient-permissions, job-closed, job-running.
   *
   * Errors: insufficient-permissions (476), limit-exceeded (400)
   */
  list<JobManageResult> closeJobsEach(
    1: list<string> jobIds
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: like deleteJobs, each job for itself. One result per id, in order.
   *
   * Per job: job-not-found, insufficient-permissions, job-running.
   *
   * Errors: insufficient-permissions (476), limit-exceeded (400)
   */
  list<JobManageResult> deleteJobsEach(
    1: list<string> jobIds
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: like reopenJobs, each job for itself. One result per id, in order.
   *
   * Per job: job-not-found, insufficient-permissions, job-open.
   *
   * Errors: insufficient-permissions (476), limit-exceeded (400)
   */
  list<JobManageResult> reopenJobsEach(
    1: list<string> jobIds
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: like upgradeJobs, each job for itself. One result per id, in order.
   *
   * Per job: job-not-found, insufficient-permissions, job-closed, job-running, upgrade-refused.
   *
   * Errors: insufficient-permissions (476), limit-exceeded (400)
   */
  list<JobManageResult> upgradeJobsEach(
    1: list<string> jobIds
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: tells what upgradeJobs would do, job by job in order, and changes nothing. A job that can't be
   * upgraded is no error, but a preview with possible = false and the reason. Privilege jobUpgrade.
   *
   * Errors: job-not-found (404), insufficient-permissions (476), limit-exceeded (400)
   */
  list<JobUpgradePreview> previewUpgrade(
    1: list<string> jobIds
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: answers a step in WAITING_FOR_INFO: its run is over, and with proceedNext the step is finished.
   * For its assignee. An answer that was not offered, or a comment missing or not allowed, is invalid-argument and the step
   * goes on waiting.
   *
   * For the step: NotRunning (it waits for nothing), StepNotCurrent, StepNotInDiagram, JobClosed, AssignedToDifferentUser;
   * with proceedNext also NoMatchingPaths, with the answer kept.
   *
   * Errors: job-not-found (404), insufficient-permissions (476), limit-exceeded (400)
   */
  JobActionResponse respondToStep(
    1: string jobId,
    2: StepInfoResponse response
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: returns up to length bytes (1 to MAX_ATTACHMENT_CHUNK) of a file attachment from offset (from 0)
   * on.
   *
   * Errors: job-not-found (404), attachment-not-found (404), insufficient-permissions (476), attachment-linked (413), limit-exceeded (400)
   */
  AttachmentChunk getAttachmentChunk(
    1: string jobId,
    2: string attachmentId,
    3: i64 offset,
    4: i32 length
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: begins to upload a file in chunks: params as for addAttachment but without the bytes, size is that
   * of the whole file in bytes. Nothing is seen of it until finishAttachmentUpload. Unfinished uploads are thrown away
   * after 24 hours without a chunk. Privilege jobUpdateAttachments.
   *
   * Errors: job-not-found (404), step-not-found (404), insufficient-permissions (476), job-closed (413), limit-exceeded (400)
   */
  AttachmentUpload beginAttachmentUpload(
    1: JobAttachmentDetails params,
    2: i64 size
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: takes a chunk of 1 to MAX_ATTACHMENT_CHUNK bytes at offset, which is the `received` of the last
   * answer; any other offset is invalid-argument, except that the chunk received last may be sent again. Only for whoever
   * began the upload.
   *
   * Errors: upload-not-found (404), insufficient-permissions (476), limit-exceeded (400)
   */
  AttachmentUpload putAttachmentChunk(
    1: string uploadId,
    2: i64 offset,
    3: binary chunk
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: makes the uploaded bytes an attachment. sha256 is that of the whole file, 64 hex digits. Bytes
   * missing, or another checksum: checksum-mismatch, and the upload stays. Only for whoever began it.
   *
   * Errors: upload-not-found (404), job-not-found (404), insufficient-permissions (476), job-closed (413), checksum-mismatch (400)
   */
  AddJobAttachmentResponse finishAttachmentUpload(
    1: string uploadId,
    2: string sha256
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: returns a page of the history of a job, oldest first; pages of up to 1,000 entries.
   *
   * Errors: job-not-found (404), insufficient-permissions (476), limit-exceeded (400)
   */
  JobHistoryPage getJobHistoryPage(
    1: string jobId,
    2: common.PageReq pageReq
  ) throws (1: common.SystemException err)
}
