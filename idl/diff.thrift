/**
 * How two versions of a template differ. Fields of these types have ids from 100 or 200 on in the structures that
 * carry them, and are filled only by JobTemplateService.getHistory. "Base" is the requested version, "other" the one it
 * is compared with.
 */

namespace js jobwright.diff
namespace java io.jobwright.diff
namespace py jobwright.diff
namespace go jobwright.diff
namespace cpp jobwright.diff
namespace netstd Jobwright.Diff
namespace php Jobwright.Diff
namespace rb Jobwright.Diff
namespace perl Jobwright.Diff
namespace rs jobwright.diff

include "reference.thrift"

/** What happened on the way from the other version to the base. */
enum ChangeType {
  /** In the base only. */
  ADDED = 1,
  /** In the other version only. */
  REMOVED = 2,
  /** In both, with different content. */
  MODIFIED = 3,
  /** In both, at different places. */
  MOVED = 4
}

/** Places of one element in the two versions of its list. */
struct ListIndices {
  /** Place in the base, from 0; -1 = not there. */
  1: i32 baseIdx;
  /** Place in the other version, from 0; -1 = not there. */
  2: i32 otherIdx;
}

/** Place of an element, with its counterpart if it has one. */
struct DiffIndex {
  /** Place in the base, from 0. */
  1: i32 base;
  /** Place in the other version, from 0. Unset = not there. */
  2: optional i32 other;
}

/** The latest change between the two versions. */
struct Change {
  /** What happened. */
  1: ChangeType changeType;
  /** Internal version of the base: the entry that is compared. */
  2: i32 version;
  /** Places of the element, where it stands in a list. */
  3: optional ListIndices indices;
}

/** Change of a number. */
struct NumberDiff {
  /** What happened, and when. */
  1: Change latestChange;
  /** The number in the other version. Unset = it had none. */
  10: optional double otherValue;
}

/** Change of a text. */
struct StringDiff {
  /** What happened, and when. */
  1: Change latestChange;
  /** The text in the other version. Unset = it had none. */
  10: optional string otherValue;
  /** The text with references in the other version, where it was one. */
  11: optional reference.StringWrapper otherValueWrapper;
}
