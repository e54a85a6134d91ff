/** What to ask fetch for, and what it then fills. */
import type { JobTemplateModular, TemplateSelectOpts } from '#gen/job_template_types';

const nothing: TemplateSelectOpts = {
  includeTeam: false,
  includeRootHeaders: false,
  includeSteps: false,
  includeDocuments: false,
  includeLastPublished: false,
  includeLastAuthor: false,
  includeStats: false,
  includeTags: false,
  includeDrafts: false,
  includeLastModified: false,
  includeAttributes: false,
  includeRefMap: false,
  includeOriginalAuthor: false,
  includeDocumentUrls: false,
};

export type Flag = keyof TemplateSelectOpts;

export const flags = Object.keys(nothing) as Flag[];

/** Options with these flags set and no others. */
export const select = (...chosen: readonly Flag[]): TemplateSelectOpts => ({
  ...nothing,
  ...Object.fromEntries(chosen.map(flag => [flag, true])),
});

/** The fields that a flag asks for. */
export const FILLED: Readonly<Record<Flag, readonly (keyof JobTemplateModular)[]>> = {
  includeTeam: ['team'],
  includeRootHeaders: ['rootHeaders'],
  includeSteps: ['stepGroup'],
  includeDocuments: ['documents'],
  includeLastPublished: ['lastPublishedAt', 'lastPublishedVersion', 'lastPublishTime', 'lastPublishedBy'],
  includeLastAuthor: ['lastAuthor'],
  includeStats: ['stats'],
  includeTags: ['templateTags'],
  includeDrafts: ['drafts'],
  includeLastModified: ['lastModifiedAt'],
  includeAttributes: ['attributes'],
  includeRefMap: ['references'],
  includeOriginalAuthor: ['originalAuthor'],
  includeDocumentUrls: [],
};
