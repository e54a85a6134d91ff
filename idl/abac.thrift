/**
 * Access by attributes: a team defines attributes (e.g. "site") with values; users, templates and data sheet sets carry
 * some of them; rules compare the two.
 */

namespace js jobwright.abac
namespace java io.jobwright.abac
namespace py jobwright.abac
namespace go jobwright.abac
namespace cpp jobwright.abac
namespace netstd Jobwright.Abac
namespace php Jobwright.Abac
namespace rb Jobwright.Abac
namespace perl Jobwright.Abac
namespace rs jobwright.abac

include "common.thrift"

/** What the subject wants to do to the object. */
enum AbacAction {
  /** See it. */
  VIEW = 0,
  /** Make one. */
  CREATE = 1,
  /** Change its content. */
  EDIT = 2,
  /** Do the work: start and finish steps. */
  EXECUTE = 3,
  /** Take part without doing the work: comment, follow. */
  COLLABORATE = 4,
  /** Archive and unarchive it. */
  ARCHIVE = 5
}

/** What kind of thing takes part in a decision. */
enum AbacActorType {
  USER = 0,
  TEAM = 1,
  JOB = 2,
  JOB_TEMPLATE = 3,
  TEMPLATE_SET = 4,
  ISSUE = 5,
  /** A data sheet set. */
  DATASHEET = 6,
  /** A rule. */
  POLICY = 7,
  /** Rules that are decided together. */
  POLICY_SET = 8
}

/** How written values meet those that are there. */
enum AbacUploadBehaviour {
  /** The written values replace the old ones. */
  CLOBBER = 0,
  /** The written values join the old ones. */
  MERGE = 1
}

/** Subject or object of a decision. */
struct AbacActor {
  /** Its id. */
  1: string id;
  /** Its internal version, where it has versions. Unset = the latest. */
  2: optional i32 version;
  /** Its kind. */
  3: AbacActorType type;
}

/** One value of an attribute. */
struct AbacAttributeValue {
  /** Id, unique in the team. Empty when a new value is defined: the server makes it. */
  1: string id;
  /** For people. Up to MAX_NAME_LENGTH characters. On assignment ignored: the id decides. */
  2: string label;
}

/** An attribute with values: in a team's definitions all possible ones, on a thing those it carries. */
struct AbacAttribute {
  /** Id, unique in the team. Empty when a new attribute is defined: the server makes it. */
  1: string id;
  /** For people. Up to MAX_NAME_LENGTH characters. On assignment ignored: the id decides. */
  2: string label;
  /** Values, in the order of the definition. */
  3: list<AbacAttributeValue> values;
}

/** One question of resolve: may the subject do the action to the object? */
struct AbacResolutionRequest {
  /** To what it is done. */
  1: AbacActor object;
  /** Who does it. */
  2: AbacActor subject;
  /** What is done. */
  3: AbacAction action;
  /** Team whose rules decide. */
  4: string teamId;
}

/** A question with its answer. */
struct AbacResolution {
  /** To what it is done. */
  1: AbacActor object;
  /** Who does it. */
  2: AbacActor subject;
  /** What is done. */
  3: AbacAction action;
  /** Team whose rules decided. */
  4: string teamId;
  /** true = allowed. */
  5: bool authorized;
}

/** Definitions of attributes, and decisions. HTTP: /api/abac. */
service AbacService {
  /**
   * Decides up to MAX_IDS_PER_CALL questions, each under a key of the caller's choice.
   * Returns key -> allowed. An unknown subject or object is not an error: it is not allowed. Subjects are users; objects are
   * templates (CREATE needs templateCreate, EDIT templateEdit, EXECUTE, which is making jobs, jobCreate, ARCHIVE templateArchive),
   * jobs (CREATE needs jobCreate, EDIT jobUpdateOwner, ARCHIVE, which is closing, jobClose) and the team (EDIT needs
   * adminAdvanced). All else takes membership, and, of templates, that the team's rule does not hide them.
   *
   * Errors: team-not-found (404), limit-exceeded (400), insufficient-permissions (476)
   */
  map<string, bool> resolve(
    1: map<string, AbacResolutionRequest> abacResolutionRequests
  ) throws (1: common.SystemException err)

  /**
   * Defines attributes of the team: one with an empty id is new, one with a known id gets the given label and values.
   * Attributes that are not given stay. A value that is left out is taken off everything that carries it.
   * Returns all attributes of the team.
   *
   * Errors: team-not-found (404), attribute-not-found (404), duplicate-id (400), duplicate-name (400), limit-exceeded (400), insufficient-permissions (476)
   */
  list<AbacAttribute> updateAttributes(
    1: string teamId,
    2: list<AbacAttribute> attributes
  ) throws (1: common.SystemException err)

  /**
   * Returns all attributes of the team with all their values.
   *
   * Errors: team-not-found (404), insufficient-permissions (476)
   */
  list<AbacAttribute> getAttributes(
    1: string teamId
  ) throws (1: common.SystemException err)
}
