/** `jobwright admin token`: what is logged in, and its end. */
import { systemClock } from '../../base/clock.ts';
import { auditUser } from '../../engine/accounts.ts';
import { columns, command, noun, time } from './command.ts';
import { actOn, userNamed } from './desk.ts';

const commands = [
  command({
    usage: 'list <email>',
    what: 'tell the tokens of a user that have not ended; never the secrets, which nobody has',
    run: (store, [email]) =>
      store.read(async reader => {
        const { user_id } = await userNamed(reader, email!);
        return (await reader.tokens.tokensOf(user_id))
          .filter(row => row.expires_at > systemClock.now())
          .map(row => ({
            tokenId: row.token_id,
            name: row.name,
            createdAt: time(row.created_at),
            lastUsedAt: time(row.used_at),
            expiresAt: time(row.expires_at),
          }));
      }),
    tell: tokens =>
      columns(
        ['id', 'for', 'made', 'used last', 'ends'],
        tokens.map(row => [row.tokenId, row.name ?? 'a login', row.createdAt, row.lastUsedAt, row.expiresAt]),
      ),
  }),
  command({
    usage: 'revoke <token-id>',
    what: 'end a token, with the locks it holds',
    run: (store, [tokenId]) =>
      store.transact(async tx => {
        const found = await tx.tokens.token(tokenId!);
        if (!found) throw new Error(`there is no token ${tokenId}; "jobwright admin token list" tells those of a user`);
        await tx.tokens.deleteToken(found.token_id);
        await auditUser(tx, actOn(), found.user_id, 'token.revoked', { tokenId: found.token_id, name: found.name });
        return { tokenId: found.token_id };
      }),
    tell: done => [`the token ${done.tokenId} ended`],
  }),
  command({
    usage: 'revoke-all <email>',
    what: 'end all tokens of a user, those of programs included, with the locks they hold',
    run: (store, [email]) =>
      store.transact(async tx => {
        const found = await userNamed(tx, email!);
        // Who makes a token at this moment waits, and is seen.
        await tx.users.locked(found.user_id);
        const ended = await tx.users.endTokens(found.user_id);
        await auditUser(tx, actOn(), found.user_id, 'token.revoked', { all: ended });
        return { userId: found.user_id, email: found.email, ended };
      }),
    tell: done => [`tokens of ${done.email} that ended: ${done.ended}`],
  }),
];

export const token = () => noun('token', 'tokens of logins and of programs', commands);
