/**
 * Tags: the team's words by which templates are grouped.
 */

namespace js jobwright.tag
namespace java io.jobwright.tag
namespace py jobwright.tag
namespace go jobwright.tag
namespace cpp jobwright.tag
namespace netstd Jobwright.Tag
namespace php Jobwright.Tag
namespace rb Jobwright.Tag
namespace perl Jobwright.Tag
namespace rs jobwright.tag

include "common.thrift"

/** A tag. */
struct Tag {
  /** Id. */
  1: string id;
  /** Team that owns it. */
  2: string teamId;
  /** Name, unique in the team ignoring case. Up to MAX_NAME_LENGTH characters. */
  3: string name;
}

/** The team's tags. Templates get them by JobTemplateService.updateTags. */
service TagService {
  /**
   * Returns the tags of the team by name.
   *
   * Errors: team-not-found (404), insufficient-permissions (476)
   */
  list<Tag> index(
    1: string teamId
  ) throws (1: common.SystemException err)

  /**
   * Returns one tag.
   *
   * Errors: tag-not-found (404), insufficient-permissions (476)
   */
  Tag get(
    1: string tagId
  ) throws (1: common.SystemException err)

  /**
   * Makes a tag and returns it. A team has up to MAX_TAGS_PER_TEAM. A name that is taken is refused with the id of the
   * tag that has it, so a call whose answer was lost can be repeated.
   *
   * Errors: team-not-found (404), duplicate-name (400), limit-exceeded (400), insufficient-permissions (476)
   */
  Tag create(
    1: string name,
    2: string teamId
  ) throws (1: common.SystemException err)

  /**
   * Renames a tag, everywhere at once. The name that it has already changes nothing.
   *
   * Errors: tag-not-found (404), duplicate-name (400), limit-exceeded (400), insufficient-permissions (476)
   */
  void update(
    1: string tagId,
    2: string name
  ) throws (1: common.SystemException err)
}
