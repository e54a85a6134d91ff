/** Refusals repeat what came from outside, but not without end. */
import { describe, expect, test } from '@jest/globals';
import { BadRequest, NotFound } from '../../src/base/errors.ts';

const MANY = 100_000;

describe('a text from outside', () => {
  test.each([
    ['in one piece', 'x'.repeat(MANY)],
    ['with blanks', 'x y '.repeat(MANY / 4)],
    ['with commas', 'x,'.repeat(MANY / 2)],
  ])('%s is cut in the message and in the details', (_, jobId) => {
    const { message, details } = new NotFound('job-not-found', `jobId: no job ${jobId} in your teams`, { jobId });
    const shown = `${jobId.slice(0, 100)}… (100000 characters)`;
    expect(message).toBe(`jobId: no job ${shown} in your teams`);
    expect(details).toEqual({ jobId: shown });
  });

  test('is cut where the message alone has it', () => {
    const { message } = new BadRequest('invalid-argument', `"${'x'.repeat(MANY)}" is no address, "b" is`);
    expect(message).toBe(`"${'x'.repeat(99)}… (100002 characters) is no address, "b" is`);
  });

  test('is not cut within a character', () => {
    const { message } = new BadRequest('invalid-argument', `x${'😀'.repeat(MANY)}`);
    expect(message).toBe(`x${'😀'.repeat(49)}… (200001 characters)`);
  });

  test('of a length that ids and names have stays as it is', () => {
    const jobId = 'x'.repeat(250);
    const { message, details } = new NotFound('job-not-found', `jobId: no job ${jobId}`, { jobId });
    expect([message, details]).toEqual([`jobId: no job ${jobId}`, { jobId }]);
  });
});

describe('a list', () => {
  test.each([' ', ','])('of ids with "%s" between keeps them all', between => {
    const stepIds = Array.from({ length: 100 }, (_, n) => `step-${n}`).join(between);
    expect(new BadRequest('invalid-argument', 'x', { stepIds }).details).toEqual({ stepIds });
  });

  test('of faults ends somewhere', () => {
    const { message } = new BadRequest('invalid-argument', 'a fault; '.repeat(MANY));
    expect(message).toHaveLength(32_001);
  });
});
