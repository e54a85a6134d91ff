/**
 * What the jobs side needs to run a step: the action, the way from step to step, the diagram layout, and the defaults and
 * property tables of the jobs made from a template.
 *
 * A template carries these structures, a job only reads them from the entry it was created from. An edit refuses what is
 * malformed; publish and publishVersion check the rest and answer one error with every fault by step.
 *
 * Conditions are filter texts (see jobs.Query.q) over the fields and properties of the job. On a path two more names exist:
 * `response`, the answer of a question or the body that a service replied with, and `result`, the short outcome that the
 * history shows (answer, HTTP status, final state of a service). Both are null when the step has none. Of a body the first
 * 20,000 characters are seen; of jobs that were created, `response` has the ids, with commas.
 *
 * Texts marked "with references" may hold `${name}`, where name is a field of the job (`jobId`, `jobName`, ...) or a
 * property (`table.property`) that a job has one of. The value is put in when the step runs: percent-encoded in a URL,
 * escaped in a JSON body, as it is elsewhere; null becomes the empty text. Fields that are moments are written as
 * `2031-12-24T18:00:00.000Z`, truth values as `true` and `false`, users as their ids, properties as a call would give them.
 * `$$` stands for one dollar sign.
 */
namespace js jobwright.flow
namespace java io.jobwright.flow
namespace py jobwright.flow
namespace go jobwright.flow
namespace cpp jobwright.flow
namespace netstd Jobwright.Flow
namespace php Jobwright.Flow
namespace rb Jobwright.Flow
namespace perl Jobwright.Flow
namespace rs jobwright.flow

include "common.thrift"
include "diff.thrift"

/** Most property tables of a template. */
const i32 MAX_PROPERTY_TABLES = 50

/** Most properties of a table. */
const i32 MAX_PROPERTIES_PER_TABLE = 200

/** Most bytes that the property tables of a template may take together, as JSON in UTF-8. */
const i32 MAX_PROPERTY_TABLES_BYTES = 262144

/** Longest name of a table or property, in characters. */
const i32 MAX_PROPERTY_NAME_LENGTH = 64

/** Most values of a property's domain. */
const i32 MAX_CODED_VALUES = 1000

/** Longest text that a property can be declared to take, in characters. */
const i32 MAX_PROPERTY_TEXT_LENGTH = 20000

/** Longest text of a property that declares no length, in characters. */
const i32 DEFAULT_PROPERTY_TEXT_LENGTH = 1000

/** How the children of a step group become current. */
enum GroupMode {
  /** One after the other, in the order of the tree. */
  SEQUENTIAL = 1,
  /** All at once; the group is done when every child is. */
  PARALLEL = 2
}

/** What a step waits for when several ways lead to it. */
enum JoinMode {
  /** The first arrival makes the step current; an arrival at a current step changes nothing. */
  ANY = 1,
  /** The step waits until no other current step can still reach it. */
  ALL = 2
}

/** To what a current step is assigned. */
enum AssignedType {
  /** To nobody: whoever may run steps can take it. */
  Unassigned = 0,
  /**
   * To the holders of a role, or the members of a group. The name in assignedTo is its id; built-in roles are ADMIN, AUTHOR,
   * JOBCREATOR, EXECUTOR.
   */
  Group = 1,
  /** To one user. The name in assignedTo is the user's id. */
  User = 2
}

/** Who gets the step that a path leads to. */
enum PathAssignment {
  /** Whoever ran the step being left; its assignee when nobody ran it. */
  LastRunBy = 0,
  /** Whoever created the job. */
  JobCreator = 1,
  /** The owner of the job at that moment; nobody when it has none. */
  JobOwner = 2,
  /** The user that assignedTo names. */
  User = 3,
  /** The role or group that assignedTo names. */
  Group = 4,
  /** Nobody. */
  Unassigned = 5
}

/** Kinds of geometry that a job's location can have. */
enum GeometryType {
  /** One position. */
  Point = 1,
  /** A set of positions. */
  Multipoint = 2,
  /** One or more lines. */
  Polyline = 3,
  /** One or more rings; holes turn the other way. */
  Polygon = 4
}

/** Done by a person outside the system. */
struct ManualAction {
  /**
   * What the worker is asked to do, up to 20,000 characters. A manual step is finished by hand; with proceedNext it is
   * finished by being started.
   */
  1: optional string prompt;
}

/** One answer that a question offers. */
struct QuestionResponse {
  /** What the worker reads, 1 to 500 characters. */
  1: string name;
  /** What conditions see as `response`, 1 to 500 characters; unique within the question. */
  2: string value;
}

/** Asks the worker to choose an answer; the step waits for it in the state WAITING_FOR_INFO. */
struct QuestionAction {
  /** The question, 1 to 20,000 characters, with references. */
  1: string question;
  /** The answers to choose from, 1 to 100, in the order shown. */
  2: list<QuestionResponse> responses;
  /** true = a comment may come with the answer. It is stored as a comment of the job. */
  3: bool canComment;
  /** true = an answer without a comment is refused. Implies canComment. */
  4: bool commentRequired;
}

/** Opens a page in the worker's client. The server itself never loads it. */
struct OpenUrlAction {
  /** The address, http or https, up to 2,000 characters, with references. */
  1: string url;
  /** What the link says; unset: the address. */
  2: optional string label;
}

/**
 * One HTTP request sent by the server. The step completes when the answer's status is a success, and goes to ERROR when the
 * last attempt fails. Addresses that the server's settings forbid are refused when the step runs. Redirects are not followed.
 * Every attempt of one run has the same text in the header X-Jobwright-Run: a service that was asked twice can tell. Of an
 * answer 1 MB is read.
 */
struct WebRequestAction {
  /** GET, POST, PUT, PATCH or DELETE. */
  1: string httpMethod;
  /** The address, http or https, up to 2,000 characters, with references. */
  2: string url;
  /** Request headers, at most 50; values with references. */
  3: optional map<string, string> headers;
  /**
   * Request body, up to 1 MB of UTF-8 text, with references. Escaped as JSON when the Content-Type header is a JSON type.
   */
  4: optional string body;
  /**
   * Further attempts after a failed one, after 2, 4, 8 seconds and so on: 0 to 10. Unset = 3. Retried is what may pass: no
   * answer, and the statuses 408, 429 and from 500 on.
   */
  5: optional i32 retries;
  /** Time limit of one attempt in milliseconds: 100 to 300,000. Unset = 30,000. */
  6: optional i32 timeoutMs;
  /**
   * The property of the job (`table.property`) that takes the response body, converted by its data type. An answer that it
   * does not take is an ERROR. Unset = not kept.
   */
  7: optional string responseProperty;
  /** JSON pointer (RFC 6901) to the part of a JSON response that responseProperty takes. Unset = the whole body. */
  8: optional string responsePointer;
  /** HTTP statuses that count as success. Unset or empty = 200 to 299. */
  9: optional list<i32> successStatuses;
}

/**
 * Work done by a service outside: submit it, then ask for its state until it is done. While the server asks, the step is
 * RUNNING. After ten questions in a row without a good answer, asked with growing pauses, the asking breaks off; the step
 * stays RUNNING, and JobsService.refreshSteps resumes it. A submission that fails in a way that may pass is sent up to four
 * times. For the requests holds what WebRequestAction says.
 */
struct ExternalServiceAction {
  /** Where the work is submitted: http or https, up to 2,000 characters, with references. Sent as POST. */
  1: string submitUrl;
  /** Headers of every request, at most 50; values with references. */
  2: optional map<string, string> headers;
  /** Body of the submission, up to 1 MB of UTF-8 text, with references. */
  3: optional string body;
  /**
   * JSON pointer to the ticket in the reply to the submission. Unset = the Location header of the reply is the poll
   * address; it must be on the same server.
   */
  4: optional string ticketPointer;
  /**
   * Where the state is asked for, sent as GET; with references, and `${ticket}` for the ticket. Needed when ticketPointer
   * is set.
   */
  5: optional string pollUrl;
  /** Pause between two questions in milliseconds: 1,000 to 3,600,000. Unset = 10,000. */
  6: optional i32 pollIntervalMs;
  /** JSON pointer to the state in a poll's reply. Unset = status 202 means "still running", 200 means "done". */
  7: optional string statePointer;
  /** States that mean success. Needed when statePointer is set. */
  8: optional list<string> successStates;
  /** States that mean failure: the step goes to ERROR. Any other state means "still running". */
  9: optional list<string> failureStates;
  /** JSON pointer to a message for people in a poll's reply; shown as StepProgress and StepError text. */
  10: optional string messagePointer;
  /** The property of the job (`table.property`) that takes the outcome. Unset = not kept. */
  11: optional string responseProperty;
  /** JSON pointer to the outcome in the last reply. Unset = the whole body. */
  12: optional string responsePointer;
  /** Time limit of one request in milliseconds: 100 to 300,000. Unset = 30,000. */
  13: optional i32 requestTimeoutMs;
  /**
   * Time limit of the whole work in milliseconds, up to 30 days: then the step goes to ERROR. Unset = 86,400,000 (one day).
   */
  14: optional i64 timeoutMs;
}

/** One value to give to a field or a property of a job. */
struct JobPropertyValue {
  /**
   * `table.property` for an extended property, or a field of the job: jobName, description, notes, priority, jobStatus,
   * ownedBy, percentComplete, startDate, dueDate, parentJob.
   */
  1: string identifier;
  /**
   * The value as text, with references; converted by the type of the target. Unset or empty clears it, where it may be
   * empty.
   */
  2: optional string value;
}

/** Sets fields and properties of the job, all or none. Runs with the rights of the server, not of the worker. */
struct UpdateJobAction {
  /** What to set, 1 to 200; each identifier once. */
  1: list<JobPropertyValue> properties;
}

/**
 * Creates further jobs. Runs with the rights of the server; the jobs' creator is whoever ran the step, or whoever created this
 * job when the server did. At most 16 jobs stand above each other that steps have created.
 */
struct CreateJobsAction {
  /** The template to create them from: published, of the same team. */
  1: string templateId;
  /** How many: 1 to 1,000. Unset = 1. */
  2: optional i32 numberOfJobs;
  /** true = their parentJob is this job. Default true. */
  3: optional bool asChildren;
  /** Their name, with references. Unset = the default of the template. */
  4: optional string jobName;
  /** true = they take over priority, start date and due date of this job. Default false. */
  5: optional bool copyBasics;
  /**
   * true = they take over the values of extended properties that both templates define with the same name and type. Default
   * false.
   */
  6: optional bool copyProperties;
  /** Values for them; beats what is copied. At most 200. */
  7: optional list<JobPropertyValue> properties;
  /** true = this step completes only when all of them are closed. Default false. */
  8: optional bool waitForClose;
}

/**
 * Asks the worker for the location of the job, which setJobLocation stores: then the run is over. A location of a kind that is
 * not allowed leaves the step waiting; it may be finished then.
 */
struct DefineLocationAction {
  /** What the location should show, up to 20,000 characters. */
  1: optional string prompt;
  /** Kinds of geometry allowed. Unset or empty = all. A location of one position is a Point and a Multipoint alike. */
  2: optional list<GeometryType> geometryTypes;
  /** true = the step cannot be finished while the job has no location. Default true. */
  3: optional bool isRequired;
}

/**
 * Sends a message: a StepInformation notification with these recipients, also carried by webhooks. Recipients are joined.
 */
struct NotifyAction {
  /** Users, by id or email address; at most 100. */
  1: optional list<string> userIds;
  /** Groups, by the id of a role; at most 100. */
  2: optional list<string> groupIds;
  /** true = the owner of the job too. Default false. */
  3: optional bool jobOwner;
  /** true = the creator of the job too. Default false. */
  4: optional bool jobCreator;
  /** The message, 1 to 20,000 characters, with references. */
  5: string message;
}

/** What running a step does. Exactly one member is set. A step without an action is manual. */
union StepAction {
  /** Work outside the system. */
  1: ManualAction manual;
  /** A question to the worker. */
  2: QuestionAction question;
  /** A page to open. */
  3: OpenUrlAction openUrl;
  /** One HTTP request. */
  4: WebRequestAction webRequest;
  /** Work of an outside service, submitted and then polled. */
  5: ExternalServiceAction externalService;
  /** Fields and properties of the job to set. */
  6: UpdateJobAction updateJob;
  /** Jobs to create. */
  7: CreateJobsAction createJobs;
  /** The location of the job to ask for. */
  8: DefineLocationAction defineLocation;
  /** A message to send. */
  9: NotifyAction notify;
}

/** One way from a step to another. */
struct StepPath {
  /** The step or group of the same template to go to. It may lie before this one: loops are legal. */
  1: string nextStepId;
  /** Filter text, up to 8 KB; the path is followed when it holds. Unset or empty = always. */
  2: optional string condition;
  /** Text at the path in the diagram, up to 250 characters. */
  3: optional string label;
  /** Who gets the next step. Unset = the assignee of that step, or LastRunBy when it has none. */
  4: optional PathAssignment assignment;
  /** The user (id or email address) or the role (id) for assignment User and Group; otherwise unused. */
  5: optional string assignedTo;
  /** The status that the job gets when the path is followed. Unset = unchanged. */
  6: optional string jobStatus;
}

/** Where a step stands in the diagram. The unit is one pixel at normal size, y grows downwards. */
struct StepLayout {
  /** Distance of the centre from the left edge. */
  1: double x;
  /** Distance of the centre from the top edge. */
  2: double y;
}

/**
 * How a step or a step group runs. Groups use mode, join, condition and layout; steps use all but mode. A member that does
 * not fit is a fault at publishing.
 */
struct StepFlow {
  /** What running the step does. Unset = manual. */
  1: optional StepAction action;
  /** true = the server starts the step when it becomes current and no hold is open. Default false. */
  2: optional bool automatic;
  /** true = starting the step also finishes it, as soon as its run is over. Default false. */
  3: optional bool proceedNext;
  /** true = the step may be finished without having been started. Default false. */
  4: optional bool canSkip;
  /** What to wait for when several ways lead here. Unset = ANY. */
  5: optional JoinMode join;
  /** How the children of a group become current. Unset = SEQUENTIAL. */
  6: optional GroupMode mode;
  /**
   * Filter text, up to 8 KB. Where it does not hold on arrival, the step or group is passed over. Unset or empty = it
   * holds.
   */
  7: optional string condition;
  /**
   * Ways on from this step, at most 100. They replace the default way (the next sibling, then whatever follows the group):
   * every path whose condition holds is followed; when none does, the step stays current. Unset or empty = the default way.
   */
  8: optional list<StepPath> paths;
  /** Place in the diagram. Unset = laid out by the server. */
  9: optional StepLayout layout;
  /** Help shown to the worker, up to 20,000 characters. */
  10: optional string helpText;
  /** Address of further help, http or https, up to 2,000 characters. */
  11: optional string helpUrl;
}

/** Jobwright extension: change of how a step is run. */
struct FlowDiff {
  /** What happened, and when. */
  1: diff.Change latestChange;
  /** How it is run in the other version. Unset = it said nothing. */
  10: optional StepFlow otherFlow;
}

/** Where the start date of a new job comes from. */
enum JobStartDateType {
  /** The moment of creation. */
  CreationDate = 0,
  /** JobDefaults.startDate. */
  SpecificDate = 1
}

/** What a job made from the template gets when the call that creates it says nothing else. */
struct JobDefaults {
  /** Name. Unset = "JOB_<n>" with a number that the team counts up. */
  1: optional string jobName;
  /** Description. */
  2: optional string description;
  /** Notes. */
  3: optional string notes;
  /** Name of a priority of the team. Unset = the team's default priority. */
  4: optional string priority;
  /** Name of a status of the team, given at creation. Unset = the team's first status. */
  5: optional string jobStatus;
  /** Name of the status given when the job closes. Unset = "Closed". */
  6: optional string finalStatus;
  /** To what the first steps are assigned. Unset = the assignee of each step decides. */
  7: optional AssignedType assignedType;
  /** The user (id or email address) or the role (id) for assignedType User and Group; otherwise unused. */
  8: optional string assignedTo;
  /** Milliseconds from start date to due date; more than 0. Unset = dueDate counts, and without it there is no due date. */
  9: optional i64 durationMs;
  /** true = the job closes itself when no step is current any more. Default true. */
  10: optional bool closeAtEnd;
  /** Owner, by user id or email address. Unset = whoever creates the job. */
  11: optional string ownedBy;
  /** Where the start date comes from. Unset = CreationDate. */
  12: optional JobStartDateType startDateType;
  /** Start date for SpecificDate, in epoch milliseconds. */
  13: optional common.TimeInMillis startDate;
  /** Due date, in epoch milliseconds; not before the start date. Unused when durationMs is set. */
  14: optional common.TimeInMillis dueDate;
}

/** How many rows an extended property table has for one job. */
enum ExtendedPropertyRelationshipType {
  /** Exactly one: its values are the extended properties of the job. */
  OneToOne = 1,
  /** Any number: its rows are the related properties of the job. */
  OneToMany = 2
}

/** Type of a property. Values travel as text in the form given here. */
enum ExtendedPropertyDataType {
  /** Text of up to fieldLength characters. */
  String = 1,
  /** A whole number of 64 bits, in decimal. */
  Integer = 2,
  /**
   * A moment, to the millisecond: epoch milliseconds, or an ISO 8601 date and time (UTC when it names no offset; seconds may be
   * left out).
   */
  DateTime = 3,
  /** A day from 0001-01-01 to 9999-12-31: `2031-12-24`. */
  DateOnly = 4,
  /** A time of day, to the millisecond: `23:59:59`; seconds may be left out. */
  TimeOnly = 5,
  /**
   * A moment that keeps the offset it was written with: `2031-12-24T18:00:00+01:00`. Compared by the moment; read back with
   * seconds, `T`, and `Z` or an offset with a colon.
   */
  TimestampOffset = 6,
  /** `true` or `false`, in any case; `1` and `0` are accepted. */
  Boolean = 7,
  /** A finite floating point number, with a decimal point if it needs one. */
  Double = 8
}

/** One allowed value of a property. */
struct CodedValue {
  /** What people read, 1 to 250 characters. */
  1: string name;
  /** What is stored, as text in the form of the property's data type; unique within the domain. */
  2: string code;
}

/** One property of a table. */
struct ExtendedPropertyDefinition {
  /**
   * Name, unique within the table whatever the case: a letter of a to z, then letters, digits and underscores; at most 64
   * characters. Whoever names it may write it in any case.
   */
  1: string propertyName;
  /** What people read, up to 250 characters. Unset = the name. */
  2: optional string propertyAlias;
  /** Place among the properties, ascending. Unset = the order of the list. */
  3: optional i32 propertyOrder;
  /** Type of the values. */
  4: ExtendedPropertyDataType dataType;
  /** Value of a new row that does not name the property, as text; one that the property itself allows. Unset = null. */
  5: optional string defaultValue;
  /** Longest text of type String, in characters: 1 to 20,000. Unset = 1,000. Unused by other types. */
  6: optional i32 fieldLength;
  /** true = the value may not be null. Default false. */
  7: optional bool isRequired;
  /** false = set when the job or the row is made, never changed by callers afterwards. Default true. */
  8: optional bool editable;
  /** false = clients hide it. The server treats it like any other. Default true. */
  9: optional bool visible;
  /** The only values allowed, at most 1,000. Unset or empty = any value of the type. */
  10: optional list<CodedValue> domain;
}

/** A table of properties that jobs made from the template have beside their own fields. A template has at most 50. */
struct ExtendedPropertyTable {
  /**
   * Name, unique within the template whatever the case: a letter of a to z, then letters, digits and underscores; at most 64
   * characters. Whoever names it may write it in any case.
   */
  1: string tableName;
  /** What people read, up to 250 characters. Unset = the name. */
  2: optional string tableAlias;
  /** Place among the tables, ascending. Unset = the order of the list. */
  3: optional i32 tableOrder;
  /** One row for each job, or many. */
  4: ExtendedPropertyRelationshipType relationshipType;
  /** The properties, 1 to 200. */
  5: list<ExtendedPropertyDefinition> properties;
}
