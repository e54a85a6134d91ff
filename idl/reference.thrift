/**
 * References in content to values that are known only later: metadata of the job, or a cell of a data sheet.
 */

namespace js jobwright.reference
namespace java io.jobwright.reference
namespace py jobwright.reference
namespace go jobwright.reference
namespace cpp jobwright.reference
namespace netstd Jobwright.Reference
namespace php Jobwright.Reference
namespace rb Jobwright.Reference
namespace perl Jobwright.Reference
namespace rs jobwright.reference

include "common.thrift"

/** Where a referenced value comes from. */
enum RefSource {
  /** A metadata entry of the job. */
  JOB_METADATA = 1,
  /** A data sheet set: one of its sheets is picked when the job is planned. */
  DATA_SHEET_SET = 2,
  /** A definition (column) of a data sheet set. */
  DATA_SHEET_DEFINITION = 3
}

/** Refers to a metadata entry of the job. */
struct JobMetadataRef {
  /** Id of the metadata definition, owner JOB. */
  1: required string metadataId;
  /** Its key. Filled by the server; ignored on writes. */
  2: optional string key;
}

/** Refers to the value of one definition in the sheet that the job's planner picks. */
struct DataSheetRef {
  /** Id of the definition. */
  1: required string definitionId;
  /** Id of the data sheet set that holds the definition. */
  2: required string setId;
  /** Filled by the server; ignored on writes. */
  3: optional string definitionName;
  /** Filled by the server; ignored on writes. */
  4: optional string setName;
}

/** A reference of either kind. */
union Reference {
  /** To metadata of the job. */
  1: JobMetadataRef jobMetadataRef;
  /** To a data sheet. */
  2: DataSheetRef dataSheetRef;
}

/** Text with references in it. Beside a plain text field it takes that field's place. */
struct StringWrapper {
  /** The text; "{n}" stands for the n-th element of references, from 0. */
  1: required string template;
  /** What the places in the text refer to. */
  2: optional list<Reference> references;
  /** The text with the values put in. Only in jobs, once all values are known; ignored on writes. */
  3: optional string resolved;
}

/** A number, or a reference to one. */
struct NumberWrapper {
  /** Where the number comes from. Unset = it is given here. */
  1: optional Reference reference;
  /** The number; with a reference only in jobs, once it is known. */
  2: optional common.PreciseNumber number;
}
