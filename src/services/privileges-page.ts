/** docs/privileges.md, made of the table of what each function takes. */
import { builtInRoles } from '../domain/privileges.ts';
import { type Need, needs } from './privileges.ts';

/** What a function takes beyond the table in certain cases. */
export const notes: Readonly<Record<string, string>> = {
  'JobsService.createJobs': 'with `ownedBy` also `jobUpdateOwner`, with `assignedType` also `jobAssignAny`',
  'JobsService.updateJob':
    'not for the owner and for whom a current step is assigned to; and the `jobUpdate…` of each field, as `UpdateJobOverrides` names it',
  'JobsService.assignCurrentStep':
    'or `jobAssignGroup`, for groups of the caller and who is in them; or `jobAssignIndividual`, for the caller',
  'JobsService.assignStep':
    'or `jobAssignGroup`, for groups of the caller and who is in them; or `jobAssignIndividual`, for the caller',
  'AuthenticationService.listTokens': 'of another user: `adminBasic` in every team of that user',
  'AuthenticationService.revokeApiToken': 'of another user: `adminBasic` in every team of that user',
  'AuthenticationService.revokeToken': 'of another user: `adminBasic` in every team of that user',
  'TeamService.addUserById': 'and every privilege of the roles given',
  'TeamService.addUserByEmail': 'and every privilege of the roles given',
  'TeamService.createUser': 'and every privilege of the roles given',
  'TeamService.inviteUser': 'and every privilege of the roles given',
  'TeamService.updateUserRoles': 'and every privilege of the roles given and taken',
  'TeamService.removeUserFromTeam': 'and every privilege of the roles of that user',
  'TeamService.resetPassword': 'in every team of that user',
  'UserService.update': 'of oneself: nothing; of others: in every team of that user',
  'UserService.disableUser': 'in every team of that user',
  'UserService.enableUser': 'in every team of that user',
  'RoleService.create': 'and every privilege that the role gets',
  'RoleService.update': 'and every privilege that the role gets or loses',
  'RoleService.archive': 'and every privilege of the role',
  'RoleService.unarchive': 'and every privilege of the role',
  'RoleService.addHolders': 'and every privilege of the role',
  'RoleService.removeHolders': 'and every privilege of the role',
};

const inWords = (need: Need): string =>
  ({ nobody: 'no token', anybody: 'a token', member: 'membership', assigned: 'the step' })[need as string] ??
  (need.endsWith('*') ? `\`${need.slice(0, -1)}\` in some team` : `\`${need}\``);

/** docs/privileges.md. */
export function privilegesPage(): string {
  const roles = Object.entries(builtInRoles).map(
    ([role, privileges]) =>
      `| ${role} | ${
        [...privileges]
          .sort()
          .map(name => `\`${name}\``)
          .join(', ') || 'none'
      } |`,
  );
  const services = Object.entries(needs).map(([service, functions]) => {
    const rows = Object.entries(functions).map(([name, need]) => {
      const note = notes[`${service}.${name}`];
      return `| \`${name}\` | ${inWords(need)}${note ? `; ${note}` : ''} |`;
    });
    return [`## ${service}`, '', '| function | needs |', '|---|---|', ...rows].join('\n');
  });
  return `${[INTRODUCTION, ['| role | privileges |', '|---|---|', ...roles].join('\n'), ...services].join('\n\n')}\n`;
}

const INTRODUCTION = `# Privileges

Made from \`src/services/privileges.ts\` by \`make gen\`; a test compares the two, and walks the table over the wire.

What is not in a team of the caller does not exist for it: 404, the same as for an id that never was. What it sees and may not do is
\`insufficient-permissions\` (476), with the privilege in \`details\`. In the tables:

- **no token**: whoever can reach the server;
- **a token**: any; the function is about the caller itself, or tells what the caller sees;
- **membership**: working in the team that the thing belongs to, with whatever roles;
- **the step**: membership, and a step that is unassigned, or assigned to the caller or a group of it; each step gets its answer;
- a privilege: having it in that team. A token for a program has no more than it was given.

Roles are sets of privileges. Four are built in; a team makes its own (\`RoleService\`), and somebody with several has the privileges of
all. Nobody gives or takes away a privilege that it does not have.`;
