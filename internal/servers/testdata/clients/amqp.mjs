// A buyer's own client of an AMQP 0.9.1 broker.
//   amqp.mjs make ADDRESS NAME: a durable queue, and a topic exchange of that name that leads to it
//   amqp.mjs count ADDRESS NAME: how many messages the queue has
//   amqp.mjs held ADDRESS NAME: a JSON line for each of them; they stay there
import amqp from 'amqplib'

const [what, address, name] = process.argv.slice(2)
const connection = await amqp.connect('amqp://guest:guest@' + address)
const channel = await connection.createChannel()
if (what === 'make') {
  await channel.assertQueue(name, { durable: true })
  await channel.assertExchange(name, 'topic', { durable: true })
  await channel.bindQueue(name, name, '#')
} else if (what === 'count') {
  console.log((await channel.checkQueue(name)).messageCount)
} else {
  for (let m; (m = await channel.get(name)); ) {
    const { messageId, deliveryMode, contentType, headers } = m.properties
    const body = m.content.toString()
    if (deliveryMode !== 2 || contentType !== 'application/json' || headers.dev !== JSON.parse(body).dev) throw new Error(JSON.stringify(m.properties))
    console.log(JSON.stringify({ key: messageId, body }))
  }
}
await connection.close()
