/** Actions as authors write them: limits when they are written, everything else when they are published, all faults at once. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ErrorCode } from '#gen/common_types';
import type { StepFlow } from '#gen/flow_types';
import { doing, leaf, published } from '../../../support/actions.ts';
import { expectRefusal } from '../../../support/refusals.ts';
import { expectNothingWritten } from '../../../support/rows.ts';
import { leaves, logInAdmin, newTemplate, type TestUser } from '../../../support/seed.ts';
import { TestServer } from '../../../support/server.ts';
import { ref } from '../../../support/trees.ts';

let server: TestServer;
let admin: TestUser;

beforeAll(async () => {
  server = await TestServer.start();
  admin = await logInAdmin(server);
});
afterAll(() => server.stop());

test('limits are refused when the step is written, by step and member', async () => {
  const { id, stepGroup } = await newTemplate(admin, 'Limits', []);
  await admin.templates.acquireLock(id);
  const flow: StepFlow = { action: { webRequest: { httpMethod: 'GET', url: 'https://example.org', timeoutMs: 7 } } };
  await expectNothingWritten(server, () =>
    expectRefusal(
      admin.templates.addStepModular(id, stepGroup.id, leaf('Ask around', flow), -1, false),
      ErrorCode.BAD_REQUEST,
      'limit-exceeded',
      /flow\.action\.webRequest\.timeoutMs of "Ask around": 7; expected 100 to 300000/,
    ),
  );
});

test('an action comes back as it was written', async () => {
  const action = {
    externalService: {
      submitUrl: 'https://example.org',
      headers: { a: 'b' },
      ticketPointer: '/id',
      pollUrl: `https://example.org/${ref('ticket')}`,
      timeoutMs: 2_500_000_000,
    },
  };
  const template = await published(admin, doing('work', action, { automatic: true }));
  const [step] = leaves((await admin.templates.get(template.id)).stepGroup);
  expect(step!.flow).toMatchObject({ action, automatic: true });
});

test('faults are refused when it is published, all of them, by step', async () => {
  const draft = await newTemplate(admin, 'A draft', [leaf('x')]);
  const actions = [
    doing('a', { webRequest: { httpMethod: 'HEAD', url: 'example.org', responseProperty: 'no.such' } }),
    doing('b', { createJobs: { templateId: draft.id, jobName: ref('jobNam') } }),
    doing('c', { notify: { message: 'x', userIds: ['zoe@example.org'], groupIds: ['NOBODY'] } }),
    doing('d', { updateJob: { properties: [{ identifier: 'priority', value: 'Urgent' }] } }),
  ];
  const { id } = await newTemplate(admin, 'Faults', actions);
  const refusal = await expectNothingWritten(server, () =>
    expectRefusal(admin.templates.publish(id), ErrorCode.BAD_REQUEST, 'invalid-procedure', /webRequest\.httpMethod/),
  );
  expect(refusal.details).toEqual({ faults: '8' });
  for (const fault of [
    /"a" \(a\): flow\.action\.webRequest\.httpMethod/,
    /"a" \(a\): flow\.action\.webRequest\.url/,
    /"a" \(a\): flow\.action\.webRequest\.responseProperty/,
    /"b" \(b\): flow\.action\.createJobs\.templateId: .*not published/,
    /"b" \(b\): flow\.action\.createJobs\.jobName/,
    /"c" \(c\): flow\.action\.notify\.userIds: no user "zoe@example\.org"/,
    /"c" \(c\): flow\.action\.notify\.groupIds: no role or group "NOBODY"/,
    /"d" \(d\): flow\.action\.updateJob\.properties\[0\]\.value: no priority "Urgent"/,
  ])
    expect(refusal.message).toMatch(fault);
});
