/** All services, put together. A service whose functions are all still to come has an empty handler. */
import type { Store } from '../store/database.ts';
import { AuthenticationHandler } from './authentication/handler.ts';
import { JobTemplateHandler } from './job-templates/handler.ts';
import { JobsHandler } from './jobs/handler.ts';
import type { Handlers } from './surface.ts';
import { TeamHandler } from './teams/handler.ts';

export const createHandlers = (store: Store, version: string): Handlers => ({
  JobTemplateService: new JobTemplateHandler(store),
  JobsService: new JobsHandler(store),
  AuthenticationService: new AuthenticationHandler(store, version),
  TeamService: new TeamHandler(store),
  UserService: {},
  TagService: {},
  MetadataService: {},
  AbacService: {},
  GroupHeaderContentService: {},
  DataSheetService: {},
  ComponentService: {},
  FieldDataService: {},
  FormulaService: {},
  NotificationService: {},
});
