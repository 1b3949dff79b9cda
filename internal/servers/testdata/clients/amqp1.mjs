// A buyer's own client of an AMQP 1.0 broker.
//   amqp1.mjs ADDRESS NODE COUNT: a JSON line for each of the COUNT messages at the node, which stay there
import rhea from 'rhea'

const [address, node, count] = process.argv.slice(2)
const [host, port] = address.split(':')
let left = Number(count)
if (left === 0) process.exit(0)
const container = rhea.create_container()
container.on('message', ({ message, connection }) => {
  const section = message.body?.content ?? message.body
  const body = Buffer.isBuffer(section) ? section.toString() : String(section)
  if (!message.durable || message.content_type !== 'application/json' || message.group_id !== JSON.parse(body).dev) throw new Error(JSON.stringify(message))
  console.log(JSON.stringify({ key: message.message_id, body }))
  if (--left === 0) connection.close()
})
container.on('receiver_open', ({ receiver }) => receiver.add_credit(left))
container.on('receiver_error', ({ receiver }) => { throw receiver.error })
container.on('connection_close', () => process.exit(0))
const connection = container.connect({ host, port, username: 'guest', password: 'guest', reconnect: false })
connection.open_receiver({ source: { address: node, durable: 1 }, autoaccept: false, credit_window: 0 })
