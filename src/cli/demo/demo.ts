export async function demo(print: (t: string) => void): Promise<boolean> {
  print('x');
  return true;
}
