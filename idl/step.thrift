/**
 * Steps and step groups: the tree that a template consists of, and components, the team's reusable trees.
 */

namespace js jobwright.step
namespace java io.jobwright.step
namespace py jobwright.step
namespace go jobwright.step
namespace cpp jobwright.step
namespace netstd Jobwright.Step
namespace php Jobwright.Step
namespace rb Jobwright.Step
namespace perl Jobwright.Step
namespace rs jobwright.step

include "common.thrift"
include "data_sheet.thrift"
include "diff.thrift"
include "document.thrift"
include "field_data.thrift"
include "flow.thrift"
include "formula.thrift"
include "group_headers.thrift"
include "metadata.thrift"
include "reference.thrift"

// ---- Description ----

/** A paragraph. */
struct TextElement {
  /** Key by which clients refer to the element; unique in the step. */
  1: optional string referenceKey;
  /** The text. Up to MAX_DESCRIPTION_LENGTH characters. */
  2: string txt;
  /** The text with references; takes the place of txt. */
  3: optional reference.StringWrapper textWrapper;
  /** Change of the element in the description. Only by getHistory. */
  200: optional diff.Change latestChange;
}

/** A link. */
struct LinkElement {
  /** Key by which clients refer to the element; unique in the step. */
  1: optional string referenceKey;
  /** Text to show. */
  2: string label;
  /** Where it leads. */
  3: string url;
  /** Change of the element in the description. Only by getHistory. */
  200: optional diff.Change latestChange;
}

/** One element of a step's description. */
union StepDescriptionElement {
  /** A paragraph. */
  1: TextElement txt;
  /** A link. */
  2: LinkElement link;
  /** A picture, video or other file. */
  3: document.Document doc;
  /** A notice. */
  4: group_headers.NoticeHeader notice;
}

// ---- Step ----

/** What kind of thing does a step. */
enum AssigneeType {
  /** One person. */
  User = 1,
  /** A job role, as the group of its holders. */
  Role = 2
}

/** Who does a step: its assignment at the moment it becomes current. */
struct Assignee {
  /** Id of the user, role or group. Must exist, and not be archived, at the latest when the template is published. */
  1: string id;
  /** What the id names. */
  2: AssigneeType type;
  /** Change of the assignee. Only by getHistory. */
  200: optional diff.Change latestChange;
  /** The assignee in the other version. Only by getHistory; unset = it had none. */
  201: optional Assignee & otherAssignee;
}

/** Kind of step. */
enum StepType {
  Normal = 0,
  /** One person reads the step out, another answers. */
  ChallengeResponse = 1
}

/** Change of a step's kind. */
struct StepTypeDiff {
  /** What happened, and when. */
  1: diff.Change latestChange;
  /** The kind in the other version. */
  2: StepType otherType;
}

/** Something that the worker fills in. */
struct Field {
  /** Id, unique in the template. */
  1: string id;
  /** Label. Up to MAX_TITLE_LENGTH characters. */
  2: string key;
  /** What is entered. */
  3: field_data.FieldType type;
  /** Constraints or options. Required for the list types. */
  4: optional field_data.FieldData fieldData;
  /** true = the step should not be finished without it. For clients to ask: jobs keep no field values, the server does not act on it. */
  5: bool isRequired;
  /** Stable id across versions and clones of the version, as BaseStep.clientId. */
  6: string clientId;
  /** Makes the field computed instead of entered. */
  7: optional formula.Formula formula;
  /** The label with references; takes the place of key. */
  10: optional reference.StringWrapper nameWrapper;
  /** Change of the field in the step. Only by getHistory. */
  200: optional diff.Change latestChange;
  /** The field in the other version. Only by getHistory; unset = it had none. */
  201: optional Field & otherField;
}

/** What makes a tree node a step: a leaf that somebody does. */
struct Step {
  /** Fields to fill in, in order. */
  1: list<Field> stepFields;
  /** Who does it. Unset = whoever did the step before. */
  2: optional Assignee assignee;
  /** Kind of step. */
  3: StepType stepType = StepType.Normal;
  /** Change of the kind. Only by getHistory. */
  200: optional StepTypeDiff stepTypeDiff;
}

// ---- Step group ----

/** Template version that a group was inserted from. */
struct SourceTemplateRef {
  /** Template id. */
  1: string id;
  /** Internal version. */
  2: i32 version;
  /** Its public version. */
  3: optional i32 publicVersion;
  /** Definition id -> data sheet value at the time of insertion. Only in jobs. */
  4: optional map<string, data_sheet.DataSheetValue> snapshottedDataSheetValues;
}

/** What makes a tree node a step group: it orders its children. */
struct StepGroup {
  /** Category, equipment, notices, condition. */
  1: optional group_headers.StepGroupHeaders headers;
  /** Where it was inserted from. Unset = written here. */
  2: optional SourceTemplateRef sourceTemplate;
}

// ---- Tree ----

/** Whether a node is a step or a step group. */
union StepImpl {
  /** A step: has no children. */
  1: Step step;
  /** A step group. */
  2: StepGroup stepGroup;
}

/**
 * Node of a step tree: a step or a step group.
 * On writes the derived fields (jobBaseStepId, hierarchyPosition, parentId, parentJobBaseStepId) are ignored.
 */
struct BaseStep {
  /** Id, unique in the template and kept through its versions. Made by the server unless clientGeneratedIds. */
  1: string id;
  /** Title. Up to MAX_TITLE_LENGTH characters. */
  2: string title;
  /** Description, top to bottom. */
  3: list<StepDescriptionElement> descrip;
  /** Step or step group. Cannot be changed. */
  4: StepImpl impl;
  /** Children in order, up to MAX_GROUP_CHILDREN. Empty for a step. */
  5: list<BaseStep> children;
  /** true = the team offers this tree as a component. */
  6: bool isComponent;
  /** Metadata; superseded by metadataById. On writes read only where metadataById is unset. */
  7: optional list<metadata.MetadataEntry> metadataEntry;
  /** Definition id -> metadata. */
  9: optional map<string, metadata.MetadataEntry> metadataById;
  /** Id of this occurrence of the node in a job: differs where one template stands in the job twice. Only in jobs. */
  8: string jobBaseStepId;
  /** Places from the root down, each from 1: "2.1.3". Empty for the root. Derived. */
  10: string hierarchyPosition;
  /** Id of the group that holds the node. Empty for the root. Derived. */
  11: string parentId;
  /** jobBaseStepId of that group. Only in jobs. */
  12: string parentJobBaseStepId;
  /** Id by the client's choice that survives versions and clones of the version. */
  13: string clientId;
  /** On writes: true = keep id, in this node and below, and in fields and notices. Default false. */
  14: bool clientGeneratedIds;
  /** The title with references; takes the place of title. */
  16: optional reference.StringWrapper titleWrapper;
  /** true = nothing behind it should be started until it is finished. For clients to show: the server does not act on it. */
  20: bool blocking = false;
  /** Change of the node among its siblings. Only by getHistory. */
  200: optional diff.Change childChange;
  /** Change of the title. Only by getHistory. */
  201: optional diff.StringDiff titleDiff;
  /** Jobwright extension: how jobs run the node. Unset = a manual step; a group whose children follow one another. */
  1001: optional flow.StepFlow flow;
  /** Jobwright extension: change of flow. Only by getHistory; unset = none. */
  1002: optional flow.FlowDiff flowDiff;
}

/** The team's components: trees that authors insert into templates. A component is copied in, not linked. */
service ComponentService {
  /**
   * Returns the components of the team by title, with their trees.
   *
   * Errors: team-not-found (404), insufficient-permissions (476)
   */
  list<BaseStep> index(
    1: string teamId
  ) throws (1: common.SystemException err)

  /**
   * Returns one component with its tree.
   *
   * Errors: team-not-found (404), component-not-found (404), insufficient-permissions (476)
   */
  BaseStep get(
    1: string teamId,
    2: string componentId
  ) throws (1: common.SystemException err)

  /**
   * Writes a component and returns it: an empty id makes a new one, a known id is replaced.
   *
   * Errors: team-not-found (404), component-not-found (404), document-not-found (404), metadata-not-found (404), duplicate-id (400), limit-exceeded (400), insufficient-permissions (476)
   */
  BaseStep update(
    1: string teamId,
    2: BaseStep component
  ) throws (1: common.SystemException err)
}
