/** All services, put together. A service whose functions are all still to come has an empty handler. */
import { DEFAULT_MAX_FILE_BYTES } from '../domain/limits.ts';
import { EventWatch } from '../engine/watching.ts';
import type { Store } from '../store/database.ts';
import { AbacHandler } from './abac/handler.ts';
import { AuditHandler } from './audit/handler.ts';
import { AuthenticationHandler } from './authentication/handler.ts';
import { DataSheetHandler } from './data-sheets/handler.ts';
import { DocumentHandler } from './documents/handler.ts';
import { GroupHeaderContentHandler } from './group-headers/handler.ts';
import { GroupHandler } from './groups/handler.ts';
import { JobTemplateHandler } from './job-templates/handler.ts';
import { JobsHandler } from './jobs/handler.ts';
import { MetadataHandler } from './metadata/handler.ts';
import { NotificationHandler } from './notifications/handler.ts';
import { RoleHandler } from './roles/handler.ts';
import type { Handlers } from './surface.ts';
import { TagHandler } from './tags/handler.ts';
import { TeamHandler } from './teams/handler.ts';
import { UserHandler } from './users/handler.ts';
import type { Mail } from './users/mail.ts';

/**
 * @param maxFileBytes most bytes of a document, or of a file that is attached to a job
 * @param mail absent: no letters leave
 * @param watch by which calls wait for events: one per process
 */
export const createHandlers = (
  store: Store,
  version: string,
  maxFileBytes = DEFAULT_MAX_FILE_BYTES,
  mail?: Mail,
  watch = new EventWatch(store),
): Handlers => ({
  JobTemplateService: new JobTemplateHandler(store),
  JobsService: new JobsHandler(store, maxFileBytes),
  AuthenticationService: new AuthenticationHandler(store, version),
  TeamService: new TeamHandler(store, mail),
  UserService: new UserHandler(store, mail),
  RoleService: new RoleHandler(store),
  GroupService: new GroupHandler(store),
  AuditService: new AuditHandler(store),
  TagService: new TagHandler(store),
  MetadataService: new MetadataHandler(store),
  AbacService: new AbacHandler(store),
  GroupHeaderContentService: new GroupHeaderContentHandler(store),
  DataSheetService: new DataSheetHandler(store),
  DocumentService: new DocumentHandler(store, maxFileBytes),
  ComponentService: {},
  FieldDataService: {},
  FormulaService: {},
  NotificationService: new NotificationHandler(store, watch),
});
