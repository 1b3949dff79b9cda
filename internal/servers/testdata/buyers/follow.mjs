// Follows a live feed with the EventSource everybody uses and prints what comes, a reading a
// line. argv: URL; TOKEN: the session. It ends with its standard input.
import { EventSource } from 'eventsource';

const signed = (input, init) =>
  fetch(input, { ...init, headers: { ...init.headers, Authorization: `Bearer ${process.env.TOKEN}` } });
const source = new EventSource(process.argv[2], { fetch: signed });

source.addEventListener('start', (e) => console.log(JSON.stringify({ start: e.lastEventId })));
source.onmessage = (e) => {
  const page = JSON.parse(e.data);
  if (page.cursor !== e.lastEventId) throw new Error(`cursor ${page.cursor}, id ${e.lastEventId}`);
  for (const r of page.readings) console.log(JSON.stringify(r));
};
source.onerror = (e) => console.error(e.code, e.message);
process.stdin.resume();
process.stdin.on('end', () => process.exit());
