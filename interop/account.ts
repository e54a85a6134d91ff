/** What every client of examples/clients tells of its first job, apart from ids and times. */
export const account = `logged in as admin@localhost, team First team
entry 2: "Lock out the fan" added
entry 3: "Change the filter" added
entry 4: "Run the fan and read the pressure drop" added
lock failed: Administrator is editing this template; wait for releaseLock, or take the lock with forceAcquireLock (held by admin@localhost)
refused: not-published (420): jobTemplateId: template <id> has no published version; publish it before creating jobs from it
published as version 1
refused at a step: NoStartedStep: the step was not started; start it first
<time>  admin@localhost  Created
<time>  admin@localhost  Started  Lock out the fan
<time>  admin@localhost  Finished  Lock out the fan
<time>  admin@localhost  Started  Change the filter
<time>  admin@localhost  Finished  Change the filter
<time>  admin@localhost  Started  Run the fan and read the pressure drop
<time>  admin@localhost  Finished  Run the fan and read the pressure drop
<time>  admin@localhost  Closed
`;

/** A client's output with placeholders where it depends on when, and under which ids, it ran. */
export const timeless = (output: string): string =>
  output
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|\+00:00)/g, '<time>');

/** @returns where the output of a client first differs from the account, if anywhere */
export function difference(output: string): string | undefined {
  const told = timeless(output).split('\n');
  const expected = account.split('\n');
  const line = expected.findIndex((text, index) => told[index] !== text);
  if (line >= 0) return `line ${line + 1}: "${told[line] ?? ''}"; expected "${expected[line]}"`;
  return told.length === expected.length ? undefined : `"${told[expected.length]}" after the end`;
}
