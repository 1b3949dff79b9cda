// A buyer's webhook: each request is a line of JSON, on disk before it is answered.
// node webhook.mjs PORT DIR
import { createServer } from 'node:http'
import { fsyncSync, openSync, writeSync } from 'node:fs'

const [port, dir] = process.argv.slice(2)
const file = openSync(`${dir}/received.ndjson`, 'a')

createServer((request, response) => {
  const parts = []
  request.on('data', part => parts.push(part))
  request.on('end', () => {
    writeSync(file, JSON.stringify({ id: request.headers['webhook-id'], type: request.headers['content-type'], body: Buffer.concat(parts).toString() }) + '\n')
    fsyncSync(file)
    response.writeHead(204).end()
  })
}).listen(Number(port), '127.0.0.1')
