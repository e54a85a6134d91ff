/**
 * Types, constraints and values of the fields that a worker fills in at a step.
 */

namespace js jobwright.field_data
namespace java io.jobwright.field_data
namespace py jobwright.field_data
namespace go jobwright.field_data
namespace cpp jobwright.field_data
namespace netstd Jobwright.FieldData
namespace php Jobwright.FieldData
namespace rb Jobwright.FieldData
namespace perl Jobwright.FieldData
namespace rs jobwright.field_data

include "common.thrift"
include "reference.thrift"

/** What a worker enters into a field. */
enum FieldType {
  Text = 1,
  Number = 2,
  /** One option, shown as buttons. */
  List = 3,
  Photo = 4,
  Video = 5,
  Audio = 6,
  Signature = 7,
  /** A day. */
  Date = 8,
  YesNo = 9,
  /** A web address. */
  Link = 10,
  /** Any number of the options. */
  MultiSelectList = 11,
  File = 12,
  /** One option, shown folded. */
  CompactList = 13,
  /** A day with a time. */
  DateTime = 14
}

/** System of measurement that a unit belongs to. */
enum NumberUnitSystem {
  /** SI and the units used with it. */
  Standard = 1,
  Imperial = 2,
  /** Neither of the two. */
  Alternative = 3
}

/** A unit of measurement. */
struct NumberUnit {
  /** Id, the same on every server. */
  1: string id;
  /** English name. */
  2: string name;
  /** Symbol as shown behind a number. */
  3: string symbol;
}

/** A quantity, e.g. length, with its units. */
struct NumberUnitQuantity {
  /** Id, the same on every server. */
  1: string id;
  /** Language tag -> name. */
  2: map<string, string> localizedNameMap;
  /** Units by system, the smallest first. */
  3: map<NumberUnitSystem, list<NumberUnit>> units;
}

/** Which units a number may be entered in. */
union NumberUnitConstraint {
  /** Any unit of this quantity. */
  1: string quantityId;
  /** This unit only. */
  2: string unitId;
}

/** A number with its unit. */
struct MeasuredUnitNumber {
  /** The number. */
  1: common.PreciseNumber number;
  /** The unit. Unset = the number has none. */
  2: optional NumberUnit unit;
}

/** Bounds, both inclusive, and unit of a Number field. Where a bound is given in several forms, the wrapper wins, then the precise form. */
struct NumberConstraints {
  /** Least value. */
  1: optional double rangeStart;
  /** Greatest value. */
  2: optional double rangeEnd;
  /** Least value, with its digits. */
  4: optional common.PreciseNumber preciseStart;
  /** Greatest value, with its digits. */
  5: optional common.PreciseNumber preciseEnd;
  /** Least value, given here or by reference. */
  7: optional reference.NumberWrapper rangeLowWrapper;
  /** Greatest value, given here or by reference. */
  8: optional reference.NumberWrapper rangeHighWrapper;
  /** Unit as free text. */
  3: optional string unit;
  /** Unit as text with references; takes the place of unit. */
  6: optional reference.StringWrapper unitWrapper;
  /** Unit from the catalogue; takes the place of both texts. */
  9: optional NumberUnitConstraint numberUnitConstraint;
}

/** Options of a List, CompactList or MultiSelectList field. */
struct ListOptions {
  /** Texts in order, each up to MAX_LIST_OPTION_LENGTH characters, each once. */
  1: list<string> options;
}

/** What a field needs beside its type. */
union FieldData {
  /** For Number. */
  1: NumberConstraints numberConstraints;
  /** For List, CompactList and MultiSelectList. */
  2: ListOptions listOptions;
}

/** What was entered into a field. The member that is set fits the field's type. */
union ExecutionData {
  /** For Text. */
  1: string text;
  /** For Number, without its digits. */
  2: double number;
  /** For List and CompactList: text of the option. */
  3: string option;
  /** For Photo: id of the document. */
  4: string photo;
  /** For Video: id of the document. */
  5: string video;
  /** For Audio: id of the document. */
  6: string audio;
  /** For Signature: id of the document that holds its picture. */
  7: string signature;
  /** For Date and DateTime, Unix seconds. */
  8: common.TimeInSecs date;
  /** For YesNo: true = yes. */
  9: bool yesNo;
  /** For Number, with its digits. */
  10: common.PreciseNumber preciseNumber;
  /** For Link: the address. */
  11: string link;
  /** For MultiSelectList: texts of the options. */
  12: common.SelectedListValues selectedListValues;
  /** For File: id of the document. */
  13: string file;
  /** For Number, with its unit. */
  14: MeasuredUnitNumber unitNumber;
}

/** The catalogue of units. */
service FieldDataService {
  /**
   * Returns the quantities that number fields of the team can use, with their units.
   *
   * Errors: team-not-found (404), insufficient-permissions (476)
   */
  list<NumberUnitQuantity> getNumberUnits(
    1: string teamId
  ) throws (1: common.SystemException err)
}
