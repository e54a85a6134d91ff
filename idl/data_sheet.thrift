/**
 * Data sheets: tables of values that templates refer to. A set has definitions (columns) and sheets (rows); the planner
 * of a job picks one sheet of each set that its template refers to.
 */

namespace js jobwright.data_sheet
namespace java io.jobwright.data_sheet
namespace py jobwright.data_sheet
namespace go jobwright.data_sheet
namespace cpp jobwright.data_sheet
namespace netstd Jobwright.DataSheet
namespace php Jobwright.DataSheet
namespace rb Jobwright.DataSheet
namespace perl Jobwright.DataSheet
namespace rs jobwright.data_sheet

include "abac.thrift"
include "common.thrift"
include "user.thrift"

/** Sets in one team. Checked by createSet. */
const i32 MAX_DATA_SHEET_SETS = 50000

/** The same for servers under test. */
const i32 TEST_MAX_DATA_SHEET_SETS = 500

/** Definitions in one set, archived ones included. Checked by definitionOps. */
const i32 MAX_DATA_SHEET_DEFINITIONS = 10000

/** The same for servers under test. */
const i32 TEST_MAX_DATA_SHEET_DEFINITIONS = 100

/** Sheets in one set, archived ones included. Checked by sheetOps. */
const i32 MAX_DATA_SHEETS = 50000

/** The same for servers under test. */
const i32 TEST_MAX_DATA_SHEETS = 500


// ---- Sheets and definitions ----

/** Type of the values of a definition. */
enum DefinitionType {
  TEXT = 1,
  NUMBER = 2
}

/** Value of one sheet for one definition. */
union DataSheetValue {
  /** No value; the text is ignored. On writes it takes the value away. */
  1: string nullValue;
  /** For TEXT. */
  2: string text;
  /** For NUMBER. */
  3: common.PreciseNumber number;
}

/** A sheet: one value for each definition of its set. */
struct DataSheet {
  /** Id, made by the server. */
  1: string id;
  /** Unix seconds. Filled by the server. */
  2: common.TimeInSecs createdAt;
  /** Unix seconds. Filled by the server. */
  3: common.TimeInSecs updatedAt;
  /** Unix seconds; 0 = not archived. An archived sheet cannot be picked. */
  4: common.TimeInSecs archivedAt;
  /** Name, unique in the set. Up to MAX_NAME_LENGTH characters. */
  5: string name;
  /** Description. Up to MAX_DESCRIPTION_LENGTH characters. */
  6: string description;
  /** Who changed it last. Filled by the server. */
  7: optional user.UserModular lastAuthor;
  /** Definition id -> value. On update, definitions that are not named keep their value. */
  8: optional map<string, DataSheetValue> idValues;
}

/** A definition: one kind of value that every sheet of the set can have. */
struct DataSheetDefinition {
  /** Id, made by the server. */
  1: string id;
  /** Unix seconds. Filled by the server. */
  2: common.TimeInSecs createdAt;
  /** Unix seconds. Filled by the server. */
  3: common.TimeInSecs updatedAt;
  /** Unix seconds; 0 = not archived. */
  4: common.TimeInSecs archivedAt;
  /** Name, unique in the set. Up to MAX_NAME_LENGTH characters. */
  5: string name;
  /** Place in the set, from 0; -1 on writes = at the end. */
  6: i32 position;
  /** Type of its values. Cannot be changed. */
  7: DefinitionType type;
  /** Sheet id -> value. On update, sheets that are not named keep their value. */
  8: optional map<string, DataSheetValue> sheetValues;
  /** Why it cannot be archived. Only in the answer to checkArchiveId; unset = it can, as here it always can. */
  9: optional common.SystemException archiveErr;
}

/** A set: definitions, and the sheets that fill them. */
struct DataSheetSet {
  /** Id, made by the server. */
  1: string id;
  /** Unix seconds. Filled by the server. */
  2: common.TimeInSecs createdAt;
  /** Last change of the set, its definitions or sheets, Unix seconds. Filled by the server. */
  3: common.TimeInSecs updatedAt;
  /** Unix seconds; 0 = not archived. Templates cannot refer to an archived set anew. */
  4: common.TimeInSecs archivedAt;
  /** Name, unique in the team. Up to MAX_NAME_LENGTH characters. */
  5: string name;
  /** Description. Up to MAX_DESCRIPTION_LENGTH characters. */
  6: string description;
  /** Who changed it last. Filled by the server. */
  7: optional user.UserModular lastAuthor;
  /** Definitions in order. Only with includeDefinitions. On createSet: the first ones. */
  8: optional list<DataSheetDefinition> definitions;
  /** Sheets by name. Only with includeSheets. On createSet: the first ones. */
  9: optional list<DataSheet> sheets;
  /** Sheets that are not archived. Only with includeActiveSheetCount. */
  10: optional i32 activeSheetCount;
  /** Sheets that are. Only with includeArchivedSheetCount. */
  11: optional i32 archivedSheetCount;
  /** Attributes of the set. Only with includeAttributes. */
  12: optional list<abac.AbacAttribute> attributes;
}

// ---- Edits ----

/** One edit of a set's sheets. */
union DataSheetAction {
  /** Makes a sheet; its id is ignored. */
  1: DataSheet add;
  /** Writes name, description and values of the sheet with this id. */
  2: DataSheet update;
  /** Changes nothing: asks for the sheet with this id. */
  3: string getId;
  /** Archives the sheet with this id. */
  4: string archiveId;
  /** Makes the archived sheet with this id usable again. */
  5: string unarchiveId;
}

/** One edit of a set's definitions. */
union DataSheetDefinitionAction {
  /** Makes a definition; its id is ignored. */
  1: DataSheetDefinition add;
  /** Writes name, position and values of the definition with this id. */
  2: DataSheetDefinition update;
  /** Changes nothing: asks for the definition with this id. */
  3: string getId;
  /** Archives the definition with this id. Texts of templates that refer to it go on doing so; none refers to it anew. */
  4: string archiveId;
  /** Makes the archived definition with this id usable again. */
  5: string unarchiveId;
  /** Changes nothing: asks whether archiveId would succeed; see DataSheetDefinition.archiveErr. */
  6: string checkArchiveId;
}

// ---- Queries ----

/** Keys of the order of sheets. */
enum DataSheetOrderBy {
  /** By name. */
  TITLE = 1,
  /** By updatedAt. */
  LAST_UPDATED_AT = 2
}

/** One key of the order of sheets, with its direction. */
struct DataSheetOrder {
  /** The key. */
  1: DataSheetOrderBy field;
  /** false = descending. */
  2: bool asc = true;
}

/** Which sheets of a set, in which order. */
struct DataSheetOptions {
  /** true = archived ones too. Default false. */
  1: optional bool showArchived;
  /** true = archived ones only. Default false. */
  2: optional bool onlyArchived;
  /** Part of the name, ignoring case. */
  3: optional string title;
  /** Page. Unset = the first one, DEFAULT_PAGE_SIZE. */
  20: optional common.PageReq pageReq;
  /** Order. Default: name; ties by id. */
  30: optional list<DataSheetOrder> order;
}

/** A page of sheets. */
struct DataSheetQueryResult {
  /** The sheets in order. */
  1: list<DataSheet> sheets;
  /** Where the page stands. */
  2: optional common.PageInfo pageInfo;
}

/** Keys of the order of sets. */
enum DataSheetSetOrderBy {
  /** By name. */
  TITLE = 1,
  /** By updatedAt. */
  LAST_UPDATED_AT = 2,
  CREATED_AT = 3
}

/** One key of the order of sets, with its direction. */
struct DataSheetSetOrder {
  /** The key. */
  1: DataSheetSetOrderBy field;
  /** false = descending. */
  2: bool asc = true;
}

/** Which sets of a team, in which order. */
struct DataSheetSetOptions {
  /** true = archived ones too. Default false. */
  1: optional bool showArchived;
  /** true = archived ones only. Default false. */
  2: optional bool onlyArchived;
  /** Changed at or after this time, Unix seconds. */
  3: optional common.TimeInSecs lastUpdatedAt;
  /** Part of the name, ignoring case. */
  4: optional string title;
  /** Page. Unset = the first one, DEFAULT_PAGE_SIZE. */
  20: optional common.PageReq pageReq;
  /** Order. Default: name; ties by id. */
  30: optional list<DataSheetSetOrder> order;
}

/** What to fill in of a set. */
struct DataSheetSetSelectOptions {
  /** Fills definitions. */
  1: bool includeDefinitions = true;
  /** Fills sheets. */
  2: bool includeSheets = true;
  /** Sheets to fill in at most; 0 = all. querySheets reads them page by page. */
  3: i32 sheetPageSize = 0;
  /** Fills activeSheetCount. */
  4: bool includeActiveSheetCount = true;
  /** Fills archivedSheetCount. */
  5: bool includeArchivedSheetCount = true;
  /** Only definitions whose name contains this, ignoring case. */
  6: optional string definitionTitle;
  /** Only definitions of these types. Empty or unset = all. */
  7: optional list<DefinitionType> definitionTypes;
  /** Fills attributes. Default false. */
  8: bool includeAttributes;
}

/** A page of sets. */
struct DataSheetSetQueryResult {
  /** The sets in order. */
  1: list<DataSheetSet> sets;
  /** Where the page stands. */
  2: optional common.PageInfo pageInfo;
}

/** The team's data sheets. */
service DataSheetService {
  /**
   * Returns a page of the team's sets.
   *
   * Errors: team-not-found (404), limit-exceeded (400), insufficient-permissions (476)
   */
  DataSheetSetQueryResult querySets(
    1: string teamId,
    2: DataSheetSetOptions opts,
    3: DataSheetSetSelectOptions selectOpts
  ) throws (1: common.SystemException err)

  /**
   * Makes a set with its definitions, sheets and attributes, and returns it. Since its definitions have no ids yet, the values of
   * its sheets stand under the names of the definitions.
   *
   * Errors: team-not-found (404), attribute-not-found (404), data-sheet-definition-not-found (404), duplicate-name (400), limit-exceeded (400), insufficient-permissions (476)
   */
  DataSheetSet createSet(
    1: string teamId,
    2: DataSheetSet dsSet,
    3: list<abac.AbacAttribute> attributes
  ) throws (1: common.SystemException err)

  /**
   * Writes name and description of a set and returns it; all else of dsSet is ignored.
   *
   * Errors: data-sheet-set-not-found (404), data-sheet-set-archived (601), duplicate-name (400), limit-exceeded (400), insufficient-permissions (476)
   */
  DataSheetSet updateSet(
    1: string dsSetId,
    2: DataSheetSet dsSet
  ) throws (1: common.SystemException err)

  /**
   * Returns one set, archived or not.
   *
   * Errors: data-sheet-set-not-found (404), insufficient-permissions (476)
   */
  DataSheetSet getSet(
    1: string dsSetId,
    2: DataSheetSetSelectOptions selectOpts
  ) throws (1: common.SystemException err)

  /**
   * Archives a set and returns it. Templates that refer to it keep their references.
   *
   * Errors: data-sheet-set-not-found (404), already-archived (414), insufficient-permissions (476)
   */
  DataSheetSet archiveSet(
    1: string dsSetId
  ) throws (1: common.SystemException err)

  /**
   * Makes an archived set usable again and returns it.
   *
   * Errors: data-sheet-set-not-found (404), not-archived (414), insufficient-permissions (476)
   */
  DataSheetSet unarchiveSet(
    1: string dsSetId
  ) throws (1: common.SystemException err)

  /**
   * Edits definitions in the given order, all or none, up to 1000. Returns the definition of each action, in that order; with its
   * values for getId.
   *
   * Errors: data-sheet-set-not-found (404), data-sheet-definition-not-found (404), data-sheet-not-found (404), data-sheet-set-archived (601), already-archived (414), not-archived (414), duplicate-name (400), invalid-position (400), limit-exceeded (400), insufficient-permissions (476)
   */
  list<DataSheetDefinition> definitionOps(
    1: string dsSetId,
    2: list<DataSheetDefinitionAction> defActions
  ) throws (1: common.SystemException err)

  /**
   * Edits sheets in the given order, all or none, up to 1000. Returns the sheet of each action, in that order, as it is after all of
   * them.
   *
   * Errors: data-sheet-set-not-found (404), data-sheet-not-found (404), data-sheet-definition-not-found (404), data-sheet-set-archived (601), already-archived (414), not-archived (414), duplicate-name (400), limit-exceeded (400), insufficient-permissions (476)
   */
  list<DataSheet> sheetOps(
    1: string dsSetId,
    2: list<DataSheetAction> sheetActions
  ) throws (1: common.SystemException err)

  /**
   * Returns a page of a set's sheets with their values.
   *
   * Errors: data-sheet-set-not-found (404), limit-exceeded (400), insufficient-permissions (476)
   */
  DataSheetQueryResult querySheets(
    1: string dsSetId,
    2: DataSheetOptions opts
  ) throws (1: common.SystemException err)

  /**
   * Writes the values of one attribute of the set templateSetId; behave defaults to CLOBBER. Returns a list of that one
   * attribute with the values that the set now has.
   *
   * Errors: data-sheet-set-not-found (404), attribute-not-found (404), insufficient-permissions (476)
   */
  list<abac.AbacAttribute> updateAttribute(
    1: string templateSetId,
    2: string attributeId,
    3: list<abac.AbacAttributeValue> values,
    4: abac.AbacUploadBehaviour behave
  ) throws (1: common.SystemException err)
}
