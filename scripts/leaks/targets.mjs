// What the processes of the leak runs call.
export const double = (n) => 2 * n;

export function answer(connection) {
  connection.sendSync('here');
}
