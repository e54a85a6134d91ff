/** `jobwright admin user`: accounts, and what gets somebody into one again. */
import { Option } from 'commander';
import { hashPassword, newReadablePassword } from '../../base/secrets.ts';
import * as accounts from '../../engine/accounts.ts';
import { audit } from '../../engine/audit.ts';
import { addMember } from '../../engine/members.ts';
import { createUser } from '../../engine/people.ts';
import * as checks from '../../services/checks.ts';
import type { Store } from '../../store/database.ts';
import { type AdminOptions, columns, command, noun, passwordOption, time } from './command.ts';
import { actOn, teamNamed, userNamed } from './desk.ts';
import { builtInRolesNamed } from './role.ts';

/** The password that was given, checked, or a new one that is told. */
function chosenPassword(
  given: string | undefined,
  ...whose: string[]
): { password: string; told: { password?: string } } {
  const password = given ?? newReadablePassword();
  checks.newPassword('password', password, ...whose);
  return { password, told: given === undefined ? { password } : {} };
}

const tellPassword = ({ password }: { password?: string }): string[] =>
  password === undefined ? [] : [`password  ${password}   (shown this once)`];

async function create(store: Store, sentEmail: string, { name, team, role, password: given }: AdminOptions) {
  const email = checks.emailAddress('email', sentEmail);
  const checkedName = checks.name('name', name ?? email.split('@')[0]);
  const roles = builtInRolesNamed(role ?? []);
  const { password, told } = chosenPassword(given, email, checkedName);
  const passwordHash = await hashPassword(password);
  return store.transact(async tx => {
    const teamId = team === undefined ? undefined : (await teamNamed(tx, team)).team_id;
    const act = actOn(...(teamId ? [teamId] : []));
    const userId = await createUser(tx, act, { email, name: checkedName, passwordHash });
    if (teamId !== undefined) {
      await audit(tx, act, teamId, 'user.created', userId, { email, roles });
      await addMember(tx, act, teamId, userId, roles);
    }
    return { userId, email, name: checkedName, ...told };
  });
}

async function setPassword(store: Store, email: string, { password: given }: AdminOptions) {
  const found = await store.read(reader => userNamed(reader, email));
  const { password, told } = chosenPassword(given, found.email, found.name);
  const passwordHash = await hashPassword(password);
  return store.transact(async tx => {
    const user = (await tx.users.locked(found.user_id))!;
    await accounts.setPassword(tx, actOn(), user, passwordHash);
    if (user.validated_at === null) await tx.users.change(user.user_id, { validated_at: actOn().now });
    return { userId: user.user_id, email: user.email, ...told };
  });
}

const list = (store: Store, team: string | undefined) =>
  store.read(async reader => {
    const users = team
      ? await reader.users.find(
          { teamIds: [(await teamNamed(reader, team)).team_id], isRemoved: false, words: [] },
          [],
          100_000,
        )
      : await reader.people.allUsers();
    return users
      .sort((a, b) => a.email.localeCompare(b.email))
      .map(user => ({
        userId: user.user_id,
        email: user.email,
        name: user.name,
        createdAt: time(user.created_at),
        validated: user.validated_at !== null,
        disabled: user.disabled_at !== null,
      }));
  });

const state = (user: { validated: boolean; disabled: boolean }): string =>
  user.disabled ? 'disabled' : user.validated ? '' : 'invited';

const commands = [
  command({
    usage: 'list',
    what: 'tell all users, or those of a team',
    options: [new Option('--team <team>', 'id, short name or name of a team')],
    run: (store, _, { team }) => list(store, team),
    tell: users =>
      columns(
        ['email', 'name', 'id', ''],
        users.map(row => [row.email, row.name, row.userId, state(row)]),
      ),
  }),
  command({
    usage: 'create <email>',
    what: 'make a user, and a member of a team at once',
    options: [
      new Option('--name <name>', 'name for people; unset, what stands before the @'),
      new Option('--team <team>', 'id, short name or name of a team'),
      new Option('--role <name...>', 'roles there; several with spaces').default([]),
      passwordOption,
    ],
    run: (store, [email], options) => create(store, email!, options),
    tell: made => [`made the user ${made.email} (${made.userId})`, ...tellPassword(made)],
  }),
  command({
    usage: 'password <email>',
    what: 'set a password; ends the logins of the user, with their locks',
    options: [passwordOption],
    run: (store, [email], options) => setPassword(store, email!, options),
    tell: done => [`${done.email} has a new password; all its logins ended`, ...tellPassword(done)],
  }),
  command({
    usage: 'rename <email> <name>',
    what: 'change the name of a user',
    run: (store, [email, name]) => {
      const checked = checks.name('name', name);
      return store.transact(async tx => {
        const found = await userNamed(tx, email!);
        await accounts.renameUser(tx, actOn(), found, checked);
        return { userId: found.user_id, email: found.email, name: checked };
      });
    },
    tell: done => [`${done.email} is called ${done.name} now`],
  }),
  command({
    usage: 'disable <email>',
    what: 'end an account: tokens and locks end, history keeps the name; tells the open steps it has',
    run: (store, [email]) =>
      store.transact(async tx => {
        const found = await userNamed(tx, email!);
        const open = await accounts.disableUser(tx, actOn(), found.user_id);
        return {
          userId: found.user_id,
          email: found.email,
          openSteps: open.map(step => ({
            teamId: step.team_id,
            jobId: step.job_id,
            stepId: step.step_id,
            stepName: step.step_name,
          })),
        };
      }),
    tell: done => [
      `the account of ${done.email} is disabled; open steps: ${done.openSteps.length}`,
      ...done.openSteps.map(step => `  "${step.stepName}" of job ${step.jobId}`),
    ],
  }),
  command({
    usage: 'enable <email>',
    what: 'give a disabled account back',
    run: (store, [email]) =>
      store.transact(async tx => {
        const found = await userNamed(tx, email!);
        await accounts.enableUser(tx, actOn(), found.user_id);
        return { userId: found.user_id, email: found.email };
      }),
    tell: done => [`${done.email} can log in again`],
  }),
];

export const user = () => noun('user', 'accounts, and what gets somebody into one again', commands);
