/** What create, cloneTemplate and createLocalTemplate answer is what get answers afterwards, whatever the template has. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AbacUploadBehaviour } from '#gen/abac_types';
import type { JobTemplate } from '#gen/job_template_types';
import { TeamRole } from '#gen/user_types';
import { newMetadata } from '../../support/metadata.ts';
import { property, single } from '../../support/properties.ts';
import { group, logInAdmin, newUser, publishedTemplate, step, type TestUser } from '../../support/seed.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: TestUser;
let ana: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
  ana = await newUser(server, admin, 'ana', TeamRole.AUTHOR);
});
afterAll(() => server.stop());

/** After a restart nothing of it is in memory. */
async function expectReadTheSame(made: JobTemplate): Promise<void> {
  expect(await ana.templates.get(made.id)).toEqual(made);
  await server.restart();
  const connection = await server.connect();
  await connection.service('AuthenticationService').authenticate(ana.token);
  ana = { ...ana, connection, templates: connection.service('JobTemplateService') };
  expect(await ana.templates.get(made.id)).toEqual(made);
}

const attributeOf = async (label: string) => {
  const abac = admin.connection.service('AbacService');
  return (await abac.updateAttributes(admin.teamId, [{ id: '', label, values: [{ id: '', label: 'North' }] }])).at(-1)!;
};

/** Published and edited since; with metadata, a tag, a value of an attribute, defaults, a table of properties, and its lock held. */
async function richTemplate(): Promise<JobTemplate> {
  admin = await logInAdmin(server);
  const { id: metadataId } = await newMetadata(admin, `Area ${Math.random()}`);
  const { id } = await publishedTemplate(ana, 'Pump', [step('One'), group('Two', [step('Two one')])]);
  const attribute = await attributeOf(`Site ${id}`);
  await ana.templates.updateAttribute(id, attribute.id, attribute.values, AbacUploadBehaviour.CLOBBER);
  const tag = await admin.connection.service('TagService').create(`Tag ${id}`, admin.teamId);
  await ana.templates.updateTags(id, [{ tagId: tag.id, comment: 'why' }], []);
  await ana.templates.acquireLock(id);
  await ana.templates.updateMetadata(id, { [metadataId]: { text: 'North' } }, []);
  return ana.templates.update(id, {
    descrip: 'Of the second hall',
    defaults: { priority: 'High', notes: 'Look out' },
    extendedPropertyTables: [single('pipe', property('size', 'Integer'))],
  });
}

describe('the answer of', () => {
  test('create, with a title alone, is what is read', async () => {
    const made = await ana.templates.create(ana.teamId, { title: 'Pump' }, []);
    expect(made).toMatchObject({ version: 1, locked: null, templateTags: [], publishedAt: 0, lastPublishedBy: null });
    expect(made.team.id).toBe(ana.teamId);
    await expectReadTheSame(made);
  });

  test('create, with all that it takes, is what is read', async () => {
    admin = await logInAdmin(server);
    const metadata = await newMetadata(admin, `Area ${Math.random()}`);
    const attribute = await attributeOf(`Site ${Math.random()}`);
    const params = {
      title: 'Pump',
      descrip: 'Of the second hall',
      defaults: { priority: 'Low', notes: 'Look out' },
      metadataEntry: [{ metadataId: metadata.id, value: { text: 'South' } }] as never,
    };
    const made = await ana.templates.create(ana.teamId, params, [attribute]);
    expect(made).toMatchObject({ descrip: params.descrip, defaults: params.defaults });
    expect(made.metadataById[metadata.id]!.value).toMatchObject({ text: 'South' });
    await expectReadTheSame(made);
  });

  test('cloneTemplate is what is read', async () => {
    const original = await richTemplate();
    const made = await ana.templates.cloneTemplate(original.id);
    expect(made).toMatchObject({ version: 1, locked: null, descrip: original.descrip, defaults: original.defaults });
    expect(made.templateTags).toMatchObject([{ comment: 'why' }]);
    expect(made.metadataById).toEqual(original.metadataById);
    expect(made.extendedPropertyTables).toEqual(original.extendedPropertyTables);
    await expectReadTheSame(made);
  });

  test('createLocalTemplate is what is read', async () => {
    const { id } = await richTemplate();
    await admin.templates.updateMarks(id, { globalTemplate: true });
    const made = await ana.templates.createLocalTemplate(id);
    expect(made).toMatchObject({ localTemplate: true, sourceTemplateId: id, sourceTemplateVersion: 1 });
    await expectReadTheSame(made);
  });
});
