/** docs/privileges.md is what the table of privileges says now. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { needs } from '../../src/services/privileges.ts';
import { notes, privilegesPage } from '../../src/services/privileges-page.ts';
import { open } from '../../src/services/surface.ts';

test('docs/privileges.md is up to date; make gen writes it', () => {
  expect(readFileSync('docs/privileges.md', 'utf8')).toBe(privilegesPage());
});

test('what needs no token is what the server lets in without one', () => {
  const listed = Object.entries(needs).flatMap(([service, functions]) =>
    Object.entries(functions).flatMap(([name, need]) => (need === 'nobody' ? [`${service}.${name}`] : [])),
  );
  const served = Object.entries(open).flatMap(([service, names]) => names.map(name => `${service}.${name}`));
  expect(listed.sort()).toEqual(served.sort());
});

test('notes are about functions that there are', () => {
  const names = Object.entries(needs).flatMap(([service, functions]) =>
    Object.keys(functions).map(name => `${service}.${name}`),
  );
  expect(Object.keys(notes).filter(name => !names.includes(name))).toEqual([]);
});
