// Three services share one dictionary. The warehouse knows what is there, the accounts what it costs, and the shop needs both.
//
// The dictionary lives in the manager's process. A service gets its proxy as an argument, and connects by itself: with the
// address that the proxy carries, and the key that a child has from its parent.
import { isMainProcess, Manager, Process } from 'interproc';

export async function warehouse(catalogue, everybody) {
  await catalogue.update({ 'apples in stock': 12, 'pears in stock': 0 });
  await everybody.wait();
}

export async function accounts(catalogue, everybody) {
  await catalogue.update({ 'price of apples': 0.4, 'price of pears': 0.5 });
  await everybody.wait();
}

export async function shop(catalogue, everybody) {
  await everybody.wait();
  for (const fruit of ['apples', 'pears']) {
    // Two calls that start together travel together.
    const [stock, price] = await Promise.all([
      catalogue.get(`${fruit} in stock`),
      catalogue.get(`price of ${fruit}`),
    ]);
    if (stock > 0) await catalogue.set(`offer ${fruit}`, `${stock} at ${price} each`);
  }
}

if (isMainProcess) {
  const manager = await Manager();
  const catalogue = await manager.dict();
  const everybody = await manager.Barrier(3, { timeout: 30_000 });
  const services = [warehouse, accounts, shop].map((target) =>
    new Process({ target, args: [catalogue, everybody], name: target.name }).start(),
  );
  for (const service of services) {
    await service.join();
    console.log(`${service.name} ended with exit code ${service.exitcode}`);
  }
  // A copy, taken in one call.
  for await (const [key, value] of catalogue) console.log(`${key}: ${value}`);
  await manager.shutdown();
}
