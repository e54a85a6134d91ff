/** `jobwright demo` as a user runs it. */
import { expect, test } from '@jest/globals';
import { run, runUnread } from '../support/process.ts';

test('the demo tells a readable story, every refusal as it must be, and exits with 0', async () => {
  const { exitCode, stdout, stderr } = await run(['demo']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/All of it came out as it must\.\n$/);
  expect(stdout).not.toMatch(/NOT AS IT MUST BE/);
  for (const refusal of [
    'template-not-locked',
    'NoStartedStep',
    'already-published',
    'JobTemplateLockFailed',
    'not-published',
    'job-running',
  ]) {
    expect(stdout).toContain(`${refusal}: `);
  }
  expect(stdout).toMatch(/imported 51 steps/);
  expect(stdout).toMatch(/\n {4}1\.1\.1 +ana {2}\d\d:\d\d:\d\d\.\d{3} {2}Record the as-found condition\n/);
});

test('the demo that nobody reads to the end does not exit with 0, and leaves no stack trace', async () => {
  const { exitCode, stderr } = await runUnread(['demo']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
});
