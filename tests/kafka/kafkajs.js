// kafkajs against a server whose address is given: administration and producing (it consumes in groups only).
const assert = require('assert')
const { Kafka, CompressionTypes } = require('kafkajs')

const kafka = new Kafka({ clientId: 'test', brokers: [process.argv[2]] })

async function main() {
  const admin = kafka.admin()
  await admin.connect()
  assert(await admin.createTopics({ topics: [{ topic: 't', numPartitions: 2 }] }))
  assert((await admin.listTopics()).includes('t'))
  for (const idempotent of [false, true]) {
    const producer = kafka.producer({ idempotent, maxInFlightRequests: 1 })
    await producer.connect()
    for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
      const messages = [{ partition: 0, key: 'a', value: 'b', headers: { h: 'x' } }]
      const [answer] = await producer.send({ topic: 't', compression, messages })
      assert.equal(answer.errorCode, 0)
    }
    await producer.disconnect()
  }
  const offsets = await admin.fetchTopicOffsets('t')
  assert.equal(offsets.find(({ partition }) => partition === 0).high, '4')
  const byTime = await admin.fetchTopicOffsetsByTimestamp('t', 0)
  assert.equal(byTime.find(({ partition }) => partition === 0).offset, '0')
  const described = await admin.describeConfigs({ resources: [{ type: 2, name: 't' }] })
  assert(described.resources[0].configEntries.some(({ configName }) => configName === 'retention.ms'))
  await admin.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '1' }] })
  await admin.deleteTopics({ topics: ['t'] })
  await admin.disconnect()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
