// The target of one of our processes that says one word. A file by itself, as what is forked is.
export async function sayHello(connection) {
  await connection.send('hello');
}
