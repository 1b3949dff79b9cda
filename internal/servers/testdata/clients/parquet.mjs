// A buyer's own reader of Parquet files.
//   parquet.mjs FILE...: a JSON line for each row
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'

for (const file of process.argv.slice(2)) {
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file) })
  rows.forEach((row, i) => {
    const reading = JSON.parse(row.body)
    for (const column of ['id', 'stream', 'purchase', 'seq', 'prev', 'dev', 'f_cnt', 'f_port']) {
      if (String(row[column] ?? '') !== String(reading[column] ?? '')) throw new Error(`${file}: the column ${column} says ${row[column]} of ${row.body}`)
    }
    if (new Date(row.received).getTime() !== Math.floor(Date.parse(reading.received))) throw new Error(`${file}: received is ${row.received} of ${row.body}`)
    console.log(JSON.stringify({ key: file + '/' + i, body: row.body }))
  })
}
