/**
 * Metadata: named values on templates, step groups, steps and jobs, each defined once per team with type and limits.
 *
 * Members of the team read the definitions; who has the privilege adminBasic makes, edits and archives them. Edits of one
 * team's definitions are carried out one after the other: of two that change a list at the same time none is lost.
 */

namespace js jobwright.metadata
namespace java io.jobwright.metadata
namespace py jobwright.metadata
namespace go jobwright.metadata
namespace cpp jobwright.metadata
namespace netstd Jobwright.Metadata
namespace php Jobwright.Metadata
namespace rb Jobwright.Metadata
namespace perl Jobwright.Metadata
namespace rs jobwright.metadata

include "common.thrift"
include "diff.thrift"

// ---- Definitions ----

/** Type of a value. */
enum MetadataType {
  TEXT = 1,
  NUMBER = 2,
  /** One of the options. */
  LIST = 3,
  /** Any number of the options. */
  MULTI_SELECT_LIST = 4,
  /** A point in time. Jobwright extension. */
  DATE = 1001
}

/** What can carry a value. */
enum Owner {
  /** As a filter: every owner. As the owner of a definition: all of them can carry it. */
  ALL = 0,
  JOB_TEMPLATE = 1,
  STEP_GROUP = 2,
  STEP = 3,
  JOB = 4
}

/** Bounds of a number, both inclusive: range_start is at most range_end. */
struct Range {
  /** Least value. Unset = no lower bound. */
  1: optional double range_start;
  /** Greatest value. Unset = no upper bound. */
  2: optional double range_end;
}

/** Options of a list that can be chosen: up to MAX_LIST_OPTIONS. */
struct ListOptions {
  /** Texts in order, each up to MAX_LIST_OPTION_LENGTH characters, each once ignoring case. May be empty. */
  1: list<string> options;
  /** Ids of the options, in the same order. Filled by the server; ignored on writes. */
  2: optional list<string> valueIds;
}

/** Limits on the values of a definition. */
struct Constraints {
  /** For NUMBER alone. */
  1: optional Range range;
  /** For LIST and MULTI_SELECT_LIST alone, which need it. */
  2: optional ListOptions listOptions;
}

/** How an option of a list is named and placed. */
struct ListOptionParams {
  /** New text. Unset = unchanged. */
  1: optional string name;
  /** Place among the others, from 0; -1 = at the end. Unset = at the end when new, else unchanged. */
  2: optional i32 position;
  /** true = placed by alphabet, before the first option that comes behind it there; position is ignored. */
  3: optional bool alphabetical;
}

// ---- Values ----

/**
 * A value. Lists are written by option ids (listValueId, selectedListValueIds) or by option texts.
 * As a filter: text = contains it, ignoring case; number and date = equal; one option = equal; several = has all of them.
 */
union MetadataValue {
  /** For TEXT. Up to MAX_DESCRIPTION_LENGTH characters. */
  1: string text;
  /** For NUMBER. Finite. */
  2: double number;
  /** For LIST: text of the option. */
  3: string listValue;
  /** For LIST: id of the option. */
  5: string listValueId;
  /** For MULTI_SELECT_LIST: texts of the options. */
  4: common.SelectedListValues selectedListValues;
  /** For MULTI_SELECT_LIST: ids of the options. */
  6: common.SelectedListValueIds selectedListValueIds;
  /** For DATE, a Jobwright extension of MetadataType. Unix seconds. */
  7: common.TimeInSecs date;
}

/** A text. */
struct MetadataTextVal {
  /** The text. */
  1: required string text;
}

/** A number. */
struct MetadataNumberVal {
  /** The number, finite. */
  1: required double number;
}

/** An option of a list. */
struct MetadataListVal {
  /** Id of the option. */
  1: required string id;
  /** Its text. Filled by the server; ignored on writes. */
  2: optional string value;
}

/** Several options of a list. */
struct MetadataMultiselectListVal {
  /** The options. */
  1: required list<MetadataListVal> selectedValues;
}

/** A value that carries ids and texts of its options together. */
union MetadataValueWithIds {
  /** For TEXT. */
  1: MetadataTextVal textVal;
  /** For NUMBER. */
  2: MetadataNumberVal numberVal;
  /** For LIST. */
  3: MetadataListVal listVal;
  /** For MULTI_SELECT_LIST. */
  4: MetadataMultiselectListVal multiselectListVal;
}

/** Definition of a metadata value in a team. */
struct Metadata {
  /** Id, made by the server. */
  1: string id;
  /**
   * Name, unique ignoring case among the definitions that the same owner can carry, those of owner ALL included. Archived
   * ones do not count. Up to MAX_NAME_LENGTH characters.
   */
  2: string key;
  /** Type. Cannot be changed: in update, unset = as it is. */
  3: MetadataType type;
  /** Limits on values. In update, range is replaced, and listOptions is ignored: the updateList functions change it. */
  4: Constraints constraints;
  /** What can carry a value. Cannot be changed: in update, the owner it has. */
  5: Owner owner;
  /** Unix seconds. Filled by the server. */
  6: common.TimeInSecs createdAt;
  /** true = a template without a value cannot be published (missing-metadata, 472). Never of an archived definition. */
  7: bool isRequired;
  /** Unix seconds; 0 = not archived. Filled by the server. Values of an archived definition stay and cannot be written. */
  8: common.TimeInSecs archivedAt;
  /** Unix seconds. Filled by the server. */
  9: common.TimeInSecs updatedAt;
  /** Place among the definitions of the owner, ascending; finite. Unset = behind those that have one. */
  10: optional double position;
  /**
   * Value of new carriers that are given none. It fits type and constraints. Lists are answered by option ids. In update,
   * unset = as it is, which must fit the new range.
   */
  11: optional MetadataValue defaultValue;
  /** In update: true = take the default away; defaultValue is unset then. Never filled by the server. */
  12: optional bool clearDefault;
  /** true = another system owns it; it cannot be edited here. Filled by the server; true is refused on writes. */
  13: optional bool externallyManaged;
}

/** Change of a value. */
struct MetadataValueDiff {
  /** What happened, and when. */
  1: diff.Change latestChange;
  /** The value in the other version. Unset = it had none. */
  10: optional MetadataValue otherValue;
}

/** A value on a template, step group, step or job. */
struct MetadataEntry {
  /** Id of the definition. */
  1: string metadataId;
  /** The definition's key. Filled by the server; ignored on writes. */
  3: string key;
  /** The value; lists by option texts. */
  2: MetadataValue value;
  /** The value; lists by option ids. On writes it wins over value. */
  4: optional MetadataValue idValue;
  /** The definition's externallyManaged. Filled by the server. */
  5: optional bool externallyManaged;
  /** true = content of the template refers to it. Filled by the server, where the answer has the step tree. */
  10: optional bool referenced;
  /** Change of the value. Only by getHistory. */
  200: optional MetadataValueDiff valueDiff;
}

/** The team's definitions. HTTP: /api/metadata. */
service MetadataService {
  /**
   * Makes several definitions, all or none, and returns them in order. A team has up to MAX_METADATA_PER_TEAM, archived ones
   * included. A key that is taken is refused with the id of the definition that has it, so a call whose answer was lost can
   * be repeated.
   *
   * Errors: team-not-found (404), duplicate-name (400), limit-exceeded (400), insufficient-permissions (476)
   */
  list<Metadata> addMetadata(
    1: list<Metadata> metadata,
    2: string teamId
  ) throws (1: common.SystemException err)

  /**
   * Returns the definitions that one owner can carry, those of owner ALL included, archived and externally managed ones left
   * out, by position, then key. owner ALL = of every owner.
   *
   * Errors: team-not-found (404)
   */
  list<Metadata> getMetadata(
    1: string teamId,
    2: Owner owner
  ) throws (1: common.SystemException err)

  /**
   * Makes a definition and returns it. As addMetadata with one.
   *
   * Errors: team-not-found (404), duplicate-name (400), limit-exceeded (400), insufficient-permissions (476)
   */
  Metadata add(
    1: string teamId,
    2: Metadata metadata
  ) throws (1: common.SystemException err)

  /**
   * Returns the definitions that one owner can carry, those of owner ALL included, by position, then key. owner ALL = of
   * every owner.
   *
   * Errors: team-not-found (404)
   */
  list<Metadata> index(
    1: string teamId,
    2: Owner owner,
    3: bool includeArchived,
    4: bool includeExternallyManaged
  ) throws (1: common.SystemException err)

  /**
   * Returns one definition, archived or not.
   *
   * Errors: team-not-found (404), metadata-not-found (404)
   */
  Metadata get(
    1: string teamId,
    2: string id
  ) throws (1: common.SystemException err)

  /**
   * Writes key, range, isRequired, position and default of the definition metadata.id. Values that break the new range
   * stay until they are written again. Another type or owner: invalid-argument.
   *
   * Errors: team-not-found (404), metadata-not-found (404), duplicate-name (400), limit-exceeded (400), already-archived (414), not-allowed (550), insufficient-permissions (476)
   */
  void update(
    1: string teamId,
    2: Metadata metadata
  ) throws (1: common.SystemException err)

  /**
   * Adds options to a list, one behind the other at the place of params, each at its own by alphabet. params.name is ignored.
   * Returns the ids of the new options, in the order of values. A text that is taken is refused with the id of the option that
   * has it.
   *
   * Errors: team-not-found (404), metadata-not-found (404), duplicate-name (400), limit-exceeded (400), invalid-position (400), already-archived (414), not-allowed (550), insufficient-permissions (476)
   */
  list<string> updateListAdd(
    1: string teamId,
    2: string metadataId,
    3: list<string> values,
    4: ListOptionParams params
  ) throws (1: common.SystemException err)

  /**
   * Takes options out of a list. Entries that have them keep them and show their text; they cannot be chosen any more. The
   * default of the definition loses them. Those that were taken out before are passed over.
   *
   * Errors: team-not-found (404), metadata-not-found (404), list-option-not-found (404), limit-exceeded (400), already-archived (414), not-allowed (550), insufficient-permissions (476)
   */
  void updateListRemove(
    1: string teamId,
    2: string metadataId,
    3: list<string> valueIds
  ) throws (1: common.SystemException err)

  /**
   * Renames or moves options of a list: the n-th params belong to the n-th id, so both have the same length, and each id is
   * there once. All are renamed first, so two can swap their texts; then they are moved, one after the other.
   *
   * Errors: team-not-found (404), metadata-not-found (404), list-option-not-found (404), duplicate-name (400), limit-exceeded (400), invalid-position (400), already-archived (414), not-allowed (550), insufficient-permissions (476)
   */
  void updateListUpdate(
    1: string teamId,
    2: string metadataId,
    3: list<string> valueIds,
    4: list<ListOptionParams> params
  ) throws (1: common.SystemException err)

  /**
   * Merges options into one: valueIds go, and whatever had one of them has mergedValueId, and what that is merged into later.
   * valueIds may name options that were taken out; those that were merged into mergedValueId before are passed over.
   *
   * Errors: team-not-found (404), metadata-not-found (404), list-option-not-found (404), limit-exceeded (400), already-archived (414), not-allowed (550), insufficient-permissions (476)
   */
  void updateListMerge(
    1: string teamId,
    2: string metadataId,
    3: list<string> valueIds,
    4: string mergedValueId
  ) throws (1: common.SystemException err)

  /**
   * Archives a definition: its values stay, new ones cannot be written, it is required no longer, and its key is free. It
   * cannot be edited any more.
   *
   * Errors: team-not-found (404), metadata-not-found (404), already-archived (414), not-allowed (550), insufficient-permissions (476)
   */
  void archive(
    1: string teamId,
    2: string id
  ) throws (1: common.SystemException err)
}
