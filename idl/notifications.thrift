/**
 * What happened to jobs and templates, in order, to be read from any point on.
 *
 * Whatever changes a job or a template writes its event in the same transaction. The events of a team have an order; a
 * reader that goes on from the cursor of its last answer misses nothing and gets nothing twice. A client polls with a time
 * limit (long poll); the web socket and webhooks carry the same messages under the same names.
 *
 * Only events that the caller may see are sent. Users are named by id, groups by the id of a role, times are epoch
 * milliseconds.
 */
namespace js jobwright.notifications
namespace java io.jobwright.notifications
namespace py jobwright.notifications
namespace go jobwright.notifications
namespace cpp jobwright.notifications
namespace netstd Jobwright.Notifications
namespace php Jobwright.Notifications
namespace rb Jobwright.Notifications
namespace perl Jobwright.Notifications
namespace rs jobwright.notifications

include "common.thrift"
include "flow.thrift"
include "jobs.thrift"

/** Most events of one answer. */
const i32 MAX_EVENTS_PER_POLL = 1000

/** Longest time that a poll may wait, in milliseconds. */
const i32 MAX_POLL_TIMEOUT_MS = 60000

/** Most event webhooks of a team. */
const i32 MAX_EVENT_WEBHOOKS = 10

/**
 * What happened. Each value names the fields of Notification that are set beside the common ones (jobId, timestamp, teamId,
 * cursor, userId).
 */
enum NotificationType {
  /** The job was created. Sets jobStatus, currentSteps. */
  Created = 1,
  /** Something failed that belongs to no single step. Sets msg, msgCode. */
  Error = 2,
  /**
   * Where the job stands; the answer to the first poll of a reader that names the job. Sets stepStates, closed, jobStatus,
   * senderId.
   */
  JobState = 3,
  /**
   * Fields or properties of the job changed, or it was closed, reopened or upgraded. Sets properties, closed, and on
   * closing closedBy.
   */
  JobUpdated = 4,
  /** A comment was added. Sets commentId. */
  JobCommentUpdated = 5,
  /** An attachment was added, changed or deleted. Sets attachmentId. */
  JobAttachmentUpdated = 6,
  /** The location was set. */
  JobLocationUpdated = 7,
  /** Steps were started. Sets stepIds. A step that was nobody's, or a group's, is userId's from then on. */
  StepStarted = 8,
  /**
   * A running step tells how far it is, whenever the service that works on it says something else. Sets stepIds, allowedActions,
   * msg, msgCode.
   */
  StepProgress = 9,
  /** The run of steps was cancelled. Sets stepIds. */
  StepCancelled = 10,
  /** The run of steps was paused. Sets stepIds. */
  StepPaused = 11,
  /**
   * A stop was asked for and is under way. Sets stepIds. Not sent by this server: a stop takes effect at once, which StepPaused or
   * StepCancelled tells.
   */
  StepStopping = 12,
  /** The run of steps is over; they can be finished. Sets stepIds, and msg where the run came to something that can be said. */
  StepStopped = 13,
  /**
   * The run of steps is over, with a warning: no path leads on where the server would have gone on by itself (msgCode
   * no-matching-paths). Sets stepIds, msg, msgCode.
   */
  StepWarningStopped = 14,
  /** Steps were finished and the job moved on. Sets stepIds, jobStatus, currentSteps. */
  StepFinished = 15,
  /** The assignment of a step changed. Sets stepId, assignedType, assignedTo. */
  StepReassigned = 16,
  /** Steps got a hold or a dependency. Sets stepIds, manual, dependency, scheduledRelease, setBy. */
  StepHeld = 17,
  /** A hold or a dependency of steps was released. Sets stepIds. */
  StepHoldReleased = 18,
  /**
   * The run of a step failed (msgCode step-failed); or the asking for the state of an outside service broke off, and the step
   * still runs (msgCode asking-broken-off, with allowedActions). Sets stepId, msg, msgCode.
   */
  StepError = 19,
  /**
   * A step waits: for an answer, see jobs.JobsService.respondToStep (msgCode question), or for the location of the job, see
   * setJobLocation (msgCode define-location). Sets stepId, allowedActions, isInvalid, helpText, helpLink, msg, msgCode, and for
   * an answer question and what belongs to it.
   */
  StepInfoRequired = 20,
  /**
   * A step has something to say: a message (msgCode notify, with recipients), or a page to open (msgCode open-url, with url).
   * Sets stepId, msg, msgCode.
   */
  StepInformation = 21,
  /**
   * An answer to a step could not be taken; the step goes on waiting. Sets stepId, msg, msgCode. Not sent by this server: whoever
   * answered is told by the error of its call, and nothing is written.
   */
  StepInfoRequiredError = 22,
  /** Jobwright extension: the job was deleted. */
  JobDeleted = 1001,
  /** Jobwright extension: a template was created. Sets templateId, as all that follow; jobId is unset. */
  TemplateCreated = 1002,
  /** Jobwright extension: the content of a template changed. Sets internalVersion. */
  TemplateUpdated = 1003,
  /** Jobwright extension: the review of a template began. Sets internalVersion, publicVersion. */
  TemplateReviewBegun = 1004,
  /** Jobwright extension: the review of a template ended. Sets internalVersion, publicVersion. */
  TemplateReviewEnded = 1005,
  /** Jobwright extension: a version of a template was published. Sets internalVersion, publicVersion. */
  TemplatePublished = 1006,
  /** Jobwright extension: a template was archived. */
  TemplateArchived = 1007,
  /** Jobwright extension: a template was unarchived. */
  TemplateUnarchived = 1008,
  /** Jobwright extension: the lock of a template was taken from its holder by force. Sets recipients: the former holder. */
  TemplateLockBroken = 1009
}

/** What may be done with a step now: flags that are added up. The sum travels as i32; 0 = nothing. */
enum AllowedActions {
  /** stopSteps, by which the run is given up. */
  Cancel = 1,
  /** stopSteps, after which the run can be taken up again. */
  Pause = 2,
  /** finishSteps. */
  Finish = 4,
  /** refreshSteps. */
  Refresh = 8
}

/** A field of the job that changed. */
struct ChangedProperty {
  /** Name of the field, such as priority. */
  1: string propertyName;
  /** Its new value, typed. Unset = it has none any more. */
  2: optional jobs.JobValue value;
}

/** What changed at a job. */
struct ChangedProperties {
  /** Fields of the job. */
  1: list<ChangedProperty> jobProperties;
  /** Extended properties: only those that changed. */
  2: list<jobs.JobExtendedPropertyTable> extendedProperties;
  /** Related properties: rows that were added or changed, with all their values. Deleted rows are not named. */
  3: list<jobs.JobRelatedPropertyTable> relatedProperties;
}

/** The latest message that the run of a step left. */
struct StepMessage {
  /** Kind of the message; never StepFinished. */
  1: NotificationType msgType;
  /** When it was sent, in epoch milliseconds. */
  2: common.TimeInMillis timestamp;
  /** Sum of AllowedActions. */
  3: i32 allowedActions;
  /** Text for people, in English. */
  4: optional string msg;
  /** Stable key of the text. */
  5: optional string msgCode;
  /** The question that waits for its answer; only for those to whom the step is assigned; for all when it is nobody's. */
  6: optional string question;
  /** The answers it offers; only with question. */
  7: optional list<flow.QuestionResponse> questionResponses;
  /** true = a comment may come with the answer; only with question. */
  8: optional bool canComment;
  /** true = a comment must come with the answer; only with question. */
  9: optional bool commentRequired;
}

/** Where a current step stands. */
struct StepStateInfo {
  /** Id of the step. */
  1: string stepId;
  /** Title of the step. */
  2: string stepName;
  /** The user's or the role's id; unset when unassigned. */
  3: optional string assignedTo;
  /** To what it is assigned. */
  4: flow.AssignedType assignedType;
  /** true = it may be finished without having been started. */
  5: bool canSkip;
  /** The latest message of its run; unset when there is none. */
  6: optional StepMessage messageDetails;
  /** Jobwright extension: where its run stands. */
  1001: jobs.StepState state;
}

/** One event. Which fields are set depends on msgType. */
struct Notification {
  /** What happened. */
  1: NotificationType msgType;
  /** The job; unset for template events. */
  2: optional string jobId;
  /** When it happened, in epoch milliseconds. */
  3: common.TimeInMillis timestamp;
  /** The steps concerned. */
  4: optional list<string> stepIds;
  /** The step concerned, in messages about a single one. */
  5: optional string stepId;
  /** Status of the job afterwards. */
  6: optional string jobStatus;
  /** Current steps of the job afterwards. */
  7: optional list<jobs.CurrentStep> currentSteps;
  /** Sum of AllowedActions. */
  8: optional i32 allowedActions;
  /** Text for people, in English. */
  9: optional string msg;
  /** Stable key of the text. */
  10: optional string msgCode;
  /** To what the step is assigned now. */
  11: optional flow.AssignedType assignedType;
  /** The user's or the role's id; unset when unassigned. */
  12: optional string assignedTo;
  /** true = it is a hold. */
  13: optional bool manual;
  /** true = it is a dependency. */
  14: optional bool dependency;
  /** When the hold releases itself, in epoch milliseconds. Unset = never. */
  15: optional common.TimeInMillis scheduledRelease;
  /** Who set the hold or the dependency. */
  16: optional string setBy;
  /** The question; only for those to whom the step is assigned; for all when it is nobody's. */
  17: optional string question;
  /** The answers to choose from. */
  18: optional list<flow.QuestionResponse> questionResponses;
  /** true = a comment may come with the answer. */
  19: optional bool canComment;
  /** true = a comment must come with the answer. */
  20: optional bool commentRequired;
  /** Address of further help. */
  21: optional string helpLink;
  /** Help for the worker. */
  22: optional string helpText;
  /** true = asked again, because the last answer could not be taken. */
  23: optional bool isInvalid;
  /** What changed. */
  24: optional ChangedProperties properties;
  /** Who closed the job; unset when it closed itself. */
  25: optional string closedBy;
  /** Where the current steps stand. */
  26: optional list<StepStateInfo> stepStates;
  /** Id of the session whose request this answers: LoginResult.sessionId. */
  27: optional string senderId;
  /** true = the job is closed. */
  28: optional bool closed;
  /** Jobwright extension: the team of the job or template. */
  1001: string teamId;
  /** Jobwright extension: reading can go on behind this event from here. Unset in JobState, which is no event. */
  1002: optional string cursor;
  /** Jobwright extension: who did it; unset for the server. */
  1003: optional string userId;
  /** Jobwright extension: the comment. */
  1004: optional string commentId;
  /** Jobwright extension: the attachment. */
  1005: optional string attachmentId;
  /** Jobwright extension: ids of the users for whom the message is meant. Others who see the job get it too. */
  1006: optional list<string> recipients;
  /** Jobwright extension: the template; of a job, that from which it was made. */
  1007: optional string templateId;
  /** Jobwright extension: internal version of the template's entry. */
  1008: optional i32 internalVersion;
  /** Jobwright extension: public version of the template's entry. */
  1009: optional i32 publicVersion;
  /** Jobwright extension: address of the page to open. */
  1010: optional string url;
}

/** Which events are wanted: those that meet every member that is set. */
struct NotificationFilter {
  /** Only these jobs, at most 1,000. Unset or empty = all, and templates too unless msgTypes says otherwise. */
  1: optional list<string> jobIds;
  /** Only these templates and the jobs made from them, at most 1,000. Unset or empty = all. */
  2: optional list<string> templateIds;
  /** Only these kinds. Unset or empty = all. */
  3: optional list<NotificationType> msgTypes;
  /** The team. Unset = the caller's team; a caller of several teams must name one. */
  4: optional string teamId;
  /**
   * true = only jobs that the caller owns, or of which a current step is assigned to the caller or a group of the caller;
   * JobDeleted where it was so. Default false.
   */
  5: optional bool mine;
  /** Most events of one answer, 1 to MAX_EVENTS_PER_POLL. Default 100. */
  6: optional i32 maxEvents;
}

/** What a poll found. */
struct PollResult {
  /** The events in order; none when the time ran out. */
  1: list<Notification> events;
  /** Where to go on: the cursor of the next poll. Moves on also over events that the filter left out. */
  2: string cursor;
  /** true = more events are there already; the filter may leave them out, or a write that is under way hold them back. */
  3: bool more;
}

/** Jobwright extension: an address of a team that is told its events. */
struct EventWebhook {
  /** Id of the webhook. */
  1: string webhookId;
  /** Where the events are sent. */
  2: string url;
  /** Which events are sent. */
  3: NotificationFilter filter;
  /** Until when the secret before the current one signs too, in epoch milliseconds. Unset = it does not. */
  4: optional common.TimeInMillis previousSecretUntil;
  /** How often in a row what is next was not taken; 0 = nothing failed. */
  5: i32 failedAttempts;
  /** When it is tried again after a failure, in epoch milliseconds. Unset = nothing failed, or it was given up. */
  6: optional common.TimeInMillis nextAttemptAt;
  /** What came of the last failure. */
  7: optional string lastFailure;
  /** true = given up, after a day of failures. setEventWebhook takes it up again. */
  8: bool dead;
}

/** Jobwright extension: what an event webhook's calls are signed by. */
struct EventWebhookSecret {
  /** 64 hex digits; the key is their text. */
  1: string secret;
  /** Until when the secret before signs too, in epoch milliseconds. */
  2: common.TimeInMillis previousUntil;
}

/** Reading events, and having them sent. HTTP: /api/notifications. */
service NotificationService {
  /**
   * Returns the events behind cursor that meet filter, as soon as there is one, or none after timeoutMs.
   *
   * An empty cursor means from now on; then each job of filter.jobIds that the caller may see answers at once with one
   * JobState. A job that the caller may not see sends nothing. The filter may change from poll to poll. timeoutMs is 0 (do
   * not wait for what is not written yet) to MAX_POLL_TIMEOUT_MS. Events are kept for at least seven days; a cursor older than that is cursor-expired:
   * read the jobs anew and begin with an empty cursor. A cursor belongs to its team: another team's is invalid-argument.
   * While a poll waits, the calls behind it on its connection wait too: give it a connection of its own.
   *
   * Errors: cursor-expired (420), team-not-found (404), invalid-argument (400), limit-exceeded (400), insufficient-permissions (476)
   */
  PollResult poll(
    1: string cursor,
    2: NotificationFilter filter,
    3: i32 timeoutMs
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: has the events of the team that meet filter sent to url, http or https, from now on. webhookId empty =
   * a new one; else that one is changed, goes on where it was, and is taken up again when it was given up. filter.mine cannot be
   * asked for, filter.teamId is teamId or unset; filter.maxEvents is the most events of one call.
   *
   * Events are sent in order, by POST as JSON, signed like the calls of TeamService.setTemplateApprovalWebhook. What is not
   * answered with 2xx within 10 seconds is sent again, after pauses that grow, before anything that follows it; after a day the
   * webhook is given up. An event may come twice, never out of order: its cursor tells it apart. Questions are left out.
   * An address that steps may not call is not called either.
   * Privilege adminAdvanced.
   *
   * Errors: team-not-found (404), webhook-not-found (404), invalid-argument (400), limit-exceeded (400), insufficient-permissions (476)
   */
  EventWebhook setEventWebhook(
    1: string teamId,
    2: string webhookId,
    3: string url,
    4: NotificationFilter filter
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: returns the team's event webhooks, oldest first, with what became of the last calls. Privilege
   * adminAdvanced.
   *
   * Errors: team-not-found (404), insufficient-permissions (476)
   */
  list<EventWebhook> getEventWebhooks(
    1: string teamId
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: makes a new secret of the webhook and returns it: it is told once. The one before signs too for a day.
   * Privilege adminAdvanced.
   *
   * Errors: team-not-found (404), webhook-not-found (404), insufficient-permissions (476)
   */
  EventWebhookSecret rotateEventWebhookSecret(
    1: string teamId,
    2: string webhookId
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: ends the webhook. Privilege adminAdvanced.
   *
   * Errors: team-not-found (404), webhook-not-found (404), insufficient-permissions (476)
   */
  void removeEventWebhook(
    1: string teamId,
    2: string webhookId
  ) throws (1: common.SystemException err)
}
