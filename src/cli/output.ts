/** What a person reads on the terminal. */

export const print = (text = ''): void => {
  process.stdout.write(`${text}\n`);
};

export const complain = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** A failure of the server or of ours, in a line for a person. */
export function inWords(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(inWords).join('; ');
  const { slug, message } = error as { slug?: string; message?: string };
  return slug ? `${slug}: ${message}` : (message ?? String(error));
}
