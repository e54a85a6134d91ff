/**
 * What the Thrift compiler generated of each service, by the service's name. The order is that in which a plain method name, one
 * that does not name its service, is looked up.
 */
import * as AbacService from '#gen/AbacService';
import * as AuditService from '#gen/AuditService';
import * as AuthenticationService from '#gen/AuthenticationService';
import * as ComponentService from '#gen/ComponentService';
import * as DataSheetService from '#gen/DataSheetService';
import * as DocumentService from '#gen/DocumentService';
import * as FieldDataService from '#gen/FieldDataService';
import * as FormulaService from '#gen/FormulaService';
import * as GroupHeaderContentService from '#gen/GroupHeaderContentService';
import * as GroupService from '#gen/GroupService';
import * as JobsService from '#gen/JobsService';
import * as JobTemplateService from '#gen/JobTemplateService';
import * as MetadataService from '#gen/MetadataService';
import * as NotificationService from '#gen/NotificationService';
import * as RoleService from '#gen/RoleService';
import * as TagService from '#gen/TagService';
import * as TeamService from '#gen/TeamService';
import * as UserService from '#gen/UserService';

export const generated = {
  JobTemplateService,
  JobsService,
  AuthenticationService,
  TeamService,
  UserService,
  RoleService,
  GroupService,
  AuditService,
  TagService,
  MetadataService,
  AbacService,
  GroupHeaderContentService,
  DataSheetService,
  DocumentService,
  ComponentService,
  FieldDataService,
  FormulaService,
  NotificationService,
} as const;

export type ServiceName = keyof typeof generated;

/** The generated client of each service: the functions of the interface with their types. */
export type Clients = { [S in ServiceName]: InstanceType<(typeof generated)[S]['Client']> };
