/** The pauses of logins that fail: none at first, then twice as long each time, up to a longest one. */
import { describe, expect, test } from '@jest/globals';
import { pauseAfter, pauseRules } from '../../src/domain/login-pauses.ts';

describe.each(Object.entries(pauseRules))('per %s', (_, rule) => {
  test('the first failures are free', () => {
    for (let failures = 0; failures < rule.free; failures++) expect(pauseAfter(failures, rule)).toBe(0);
  });

  test('each further one doubles the pause, from 1 s to the longest, and no number of them exceeds it', () => {
    expect(pauseAfter(rule.free, rule)).toBe(1000);
    for (let failures = rule.free; failures < rule.free + 2000; failures++) {
      const pause = pauseAfter(failures, rule);
      expect(pauseAfter(failures + 1, rule)).toBe(Math.min(2 * pause, rule.longestMs));
    }
    expect(pauseAfter(1_000_000, rule)).toBe(rule.longestMs);
  });
});
