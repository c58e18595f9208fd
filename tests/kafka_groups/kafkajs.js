// kafkajs reads 300 messages in a group, resumes, and looks at the group as an administrator.
const assert = require('node:assert');
const { Kafka, logLevel } = require('kafkajs');

const kafka = new Kafka({ clientId: 'js', brokers: [process.argv[2]], logLevel: logLevel.ERROR });

async function read(count) {
  const consumer = kafka.consumer({ groupId: 'readers' });
  const values = [];
  await consumer.connect();
  await consumer.subscribe({ topic: 'orders', fromBeginning: true });
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    const eachMessage = async ({ message }) => {
      values.push(Number(message.value));
      if (values.length === count) resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return values.sort((one, next) => one - next);
}

async function main() {
  const numbers = (first, last) => Array.from({ length: last - first }, (_, at) => first + at);
  assert.deepStrictEqual(await read(300), numbers(0, 300));
  const producer = kafka.producer({ idempotent: true });
  await producer.connect();
  const messages = numbers(300, 310).map((number) => ({ value: String(number) }));
  await producer.send({ topic: 'orders', messages });
  await producer.disconnect();
  assert.deepStrictEqual(await read(10), numbers(300, 310));

  const admin = kafka.admin();
  await admin.connect();
  const [{ partitions }] = await admin.fetchOffsets({ groupId: 'readers', topics: ['orders'] });
  const committed = partitions.reduce((sum, partition) => sum + Number(partition.offset), 0);
  assert.strictEqual(committed, 310);
  const { groups } = await admin.describeGroups(['readers', 'nobody']);
  assert.deepStrictEqual(groups.map((group) => group.state), ['Empty', 'Dead']);
  await admin.deleteGroups(['readers']);
  assert.deepStrictEqual((await admin.listGroups()).groups, []);
  await admin.disconnect();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
