/**
 * Header of a step group: category, equipment, notices, condition; and the team's stock of categories and icons.
 */

namespace js jobwright.group_headers
namespace java io.jobwright.group_headers
namespace py jobwright.group_headers
namespace go jobwright.group_headers
namespace cpp jobwright.group_headers
namespace netstd Jobwright.GroupHeaders
namespace php Jobwright.GroupHeaders
namespace rb Jobwright.GroupHeaders
namespace perl Jobwright.GroupHeaders
namespace rs jobwright.group_headers

include "common.thrift"
include "diff.thrift"
include "document.thrift"
include "reference.thrift"

/** Categories of one team, archived ones included. Checked when one is made. */
const i32 MAX_CATEGORIES_PER_TEAM = 1000

/** Icons of one team, of each of the two kinds. Checked when one is made. */
const i32 MAX_ICONS_PER_TEAM = 1000

/** A category that step groups, and through their root group templates, can belong to. */
struct StepGroupCategory {
  /** Id, unique in the team. The only field that counts where a category is chosen. */
  1: string id;
  /** Name, unique in the team. Up to MAX_NAME_LENGTH characters. */
  2: string name;
  /** Colour as "#rrggbb". */
  3: string color;
  /** When it was archived, Unix seconds; 0 = it is not. An archived one stays where it is used and cannot be chosen. */
  4: common.TimeInSecs archivedAt;
}

/** What can be written of a category. */
struct StepGroupCategoryParams {
  /** Name. Required by createCategory; unset in updateCategory = unchanged. */
  1: optional string name;
  /** Colour as "#rrggbb". Unset = unchanged, or the server's choice. */
  2: optional string color;
}

/** A piece of equipment that the work needs, as an icon. */
struct EquipmentIcon {
  /** Id, unique in the team. */
  1: string id;
  /** The picture. */
  2: document.Document iconDocument;
  /** What the picture means. */
  3: string descrip;
  /** Change of the icon in its list. Only by getHistory. */
  200: optional diff.Change latestChange;
}

/** Picture of a notice, e.g. a warning triangle. */
struct NoticeIcon {
  /** Id, unique in the team. */
  1: string id;
  /** The picture. */
  2: document.Document iconDocument;
  /** What the picture means. */
  3: string descrip;
}

/** Change of a notice's icon. */
struct IconDiff {
  /** What happened, and when. */
  1: diff.Change latestChange;
  /** The icon in the other version. Unset = it had none. */
  10: optional NoticeIcon otherIcon;
}

/** A notice to the worker: an icon and a text. */
struct NoticeHeader {
  /** Id, unique in the template. */
  1: string id;
  /** The icon. */
  2: NoticeIcon icon;
  /** The text. Up to MAX_DESCRIPTION_LENGTH characters. */
  3: string descrip;
  /** The text with references; takes the place of descrip. */
  4: optional reference.StringWrapper descripWrapper;
  /** Change of the text. Only by getHistory. */
  100: optional diff.StringDiff descriptionDiff;
  /** Change of the icon. Only by getHistory. */
  101: optional IconDiff iconDiff;
  /** Change of the notice in its list. Only by getHistory. */
  200: optional diff.Change latestChange;
}

/** Change of a step group's category. */
struct CategoryDiff {
  /** What happened, and when. */
  1: diff.Change latestChange;
  /** The category in the other version. Unset = it had none. */
  10: optional StepGroupCategory otherCategory;
}

/** The header of a step group. */
struct StepGroupHeaders {
  /** Its category. */
  1: optional StepGroupCategory category;
  /** Equipment that the work needs, in order. */
  2: optional list<EquipmentIcon> equipment;
  /** Notices, in order. */
  3: optional list<NoticeHeader> notices;
  /** Question to whoever comes to the group: it applies when the answer is yes. For clients to ask: the server does not act on it. */
  4: optional string condition;
  /** Change of the category. Only by getHistory. */
  100: optional CategoryDiff categoryDiff;
  /** Change of the condition. Only by getHistory. */
  101: optional diff.StringDiff conditionDiff;
}

/** The team's categories and icons. */
service GroupHeaderContentService {
  /**
   * Returns the equipment icons that the team can use.
   *
   * Errors: team-not-found (404), insufficient-permissions (476)
   */
  list<EquipmentIcon> indexEquipment(
    1: string teamId
  ) throws (1: common.SystemException err)

  /**
   * Returns the notice icons that the team can use.
   *
   * Errors: team-not-found (404), insufficient-permissions (476)
   */
  list<NoticeIcon> indexNoticeIcons(
    1: string teamId
  ) throws (1: common.SystemException err)

  /**
   * Returns the team's categories by name, archived ones included.
   *
   * Errors: team-not-found (404), insufficient-permissions (476)
   */
  list<StepGroupCategory> indexCategories(
    1: string teamId
  ) throws (1: common.SystemException err)

  /**
   * Makes a category and returns it.
   *
   * Errors: team-not-found (404), duplicate-name (400), limit-exceeded (400), insufficient-permissions (476)
   */
  StepGroupCategory createCategory(
    1: string teamId,
    2: StepGroupCategoryParams params
  ) throws (1: common.SystemException err)

  /**
   * Changes what is set in params and returns the category. Templates show the new name and colour at once.
   *
   * Errors: team-not-found (404), category-not-found (404), duplicate-name (400), limit-exceeded (400), insufficient-permissions (476)
   */
  StepGroupCategory updateCategory(
    1: string teamId,
    2: string categoryId,
    3: StepGroupCategoryParams params
  ) throws (1: common.SystemException err)

  /**
   * Returns one category, archived or not.
   *
   * Errors: team-not-found (404), category-not-found (404), insufficient-permissions (476)
   */
  StepGroupCategory getCategory(
    1: string teamId,
    2: string categoryId
  ) throws (1: common.SystemException err)

  /**
   * Archives a category: it stays where it is used and cannot be chosen any more.
   *
   * Errors: team-not-found (404), category-not-found (404), already-archived (414), insufficient-permissions (476)
   */
  void archiveCategory(
    1: string teamId,
    2: string categoryId
  ) throws (1: common.SystemException err)

  /**
   * Makes an archived category usable again.
   *
   * Errors: team-not-found (404), category-not-found (404), not-archived (414), insufficient-permissions (476)
   */
  void unarchiveCategory(
    1: string teamId,
    2: string categoryId
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: makes an equipment icon of a picture among the team's documents, and returns it. descrip: what the
   * picture means, up to MAX_NAME_LENGTH characters.
   *
   * Errors: team-not-found (404), document-not-found (404), limit-exceeded (400), insufficient-permissions (476)
   */
  EquipmentIcon createEquipment(
    1: string teamId,
    2: string documentId,
    3: string descrip
  ) throws (1: common.SystemException err)

  /**
   * Jobwright extension: makes a notice icon of a picture among the team's documents, and returns it. descrip: what the picture
   * means, up to MAX_NAME_LENGTH characters.
   *
   * Errors: team-not-found (404), document-not-found (404), limit-exceeded (400), insufficient-permissions (476)
   */
  NoticeIcon createNoticeIcon(
    1: string teamId,
    2: string documentId,
    3: string descrip
  ) throws (1: common.SystemException err)
}
