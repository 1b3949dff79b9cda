// A buyer's own client of a NATS server.
//   nats.mjs make ADDRESS NAME: a stream of that name for the subjects NAME.>
//   nats.mjs held ADDRESS NAME: a JSON line for each message of the stream
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, nanos } from '@nats-io/transport-node'

const [what, servers, name] = process.argv.slice(2)
const connection = await connect({ servers })
const manager = await jetstreamManager(connection)
if (what === 'make') {
  await manager.streams.add({ name, subjects: [name + '.>'], duplicate_window: nanos(3600_000) })
} else {
  let left = (await manager.streams.info(name)).state.messages
  const consumer = await jetstream(connection).consumers.get(name)
  while (left > 0) {
    for await (const m of await consumer.fetch({ max_messages: left, expires: 10_000 })) {
      console.log(JSON.stringify({ key: m.headers.get('Nats-Msg-Id'), body: m.string() }))
      left--
    }
  }
}
await connection.close()
