/** `jobwright admin`: the commands of whoever owns the machine. */
import { Command } from 'commander';
import { role } from './role.ts';
import { team } from './team.ts';
import { token } from './token.ts';
import { user } from './user.ts';

export const admin = (): Command =>
  new Command('admin')
    .description('teams, users, roles and tokens, on the database itself: for whoever owns the machine')
    .addHelpText(
      'after',
      '\nThe settings are those of "jobwright serve". A server may run meanwhile: it notices within a second. Each act stands in the' +
        '\naudit trail of its team, by the actor "command-line".\n\nLocked out? jobwright admin user password EMAIL; jobwright admin role set TEAM EMAIL ADMIN',
    )
    .addCommand(team())
    .addCommand(user())
    .addCommand(role())
    .addCommand(token());
