/**
 * The file of a Unix socket outlives a process that is killed, and keeps the next one from listening there. Before a server listens, what
 * nobody answers at any more is removed; anything else stays, and listening says that the place is taken.
 */
import { once } from 'node:events';
import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';

export async function removeLeftSocket(path: string): Promise<void> {
  if ((await isSocket(path)) && (await isUnanswered(path))) await unlink(path);
}

async function isSocket(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSocket();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function isUnanswered(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}
