#!/usr/bin/env node
// Compiles the two contracts with solc-js and the settings of foundry.toml, without
// forge, and writes artifacts as forge lays them out. Fails above the size limit.
'use strict'
const fs = require('fs')
const path = require('path')
const solc = require('solc')

const out = process.argv[2]
if (!out) {
  console.error('usage: compile.js FOLDER')
  process.exit(2)
}
const limit = 24576 // EIP-170
const toml = fs.readFileSync(path.join(__dirname, 'foundry.toml'), 'utf8').split('\n[profile.default.fuzz]')[0]
const setting = name => JSON.parse(toml.match(new RegExp(`^${name} = ([^#\\n]*)`, 'm'))[1])
const read = name => fs.readFileSync(path.join(__dirname, name), 'utf8')

const names = ['DataMarket', 'DTX']
const result = JSON.parse(solc.compile(JSON.stringify({
  language: 'Solidity',
  sources: Object.fromEntries(names.map(n => [`src/${n}.sol`, { content: read(`src/${n}.sol`) }])),
  settings: {
    remappings: setting('remappings'),
    evmVersion: setting('evm_version'),
    viaIR: setting('via_ir'),
    optimizer: { enabled: setting('optimizer'), runs: setting('optimizer_runs') },
    metadata: { bytecodeHash: setting('bytecode_hash'), appendCBOR: setting('cbor_metadata') },
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'evm.deployedBytecode.immutableReferences'] } }
  }
}), { import: name => ({ contents: read(name) }) }))

const errors = (result.errors || []).filter(e => e.severity === 'error')
if (errors.length) {
  console.error(errors.map(e => e.formattedMessage).join('\n'))
  process.exit(1)
}
// forge's order of an ABI
const kinds = ['constructor', 'fallback', 'receive', 'function', 'event', 'error']
const rank = e => kinds.indexOf(e.type) + (e.name || '')
for (const n of names) {
  const { abi, evm } = result.contracts[`src/${n}.sol`][n]
  const size = evm.deployedBytecode.object.length / 2
  console.log(`${n}: ${size} bytes of ${limit}`)
  if (size > limit) process.exit(1)
  fs.mkdirSync(path.join(out, `${n}.sol`), { recursive: true })
  fs.writeFileSync(path.join(out, `${n}.sol`, `${n}.json`), JSON.stringify({
    abi: abi.sort((a, b) => rank(a) < rank(b) ? -1 : 1),
    bytecode: { object: '0x' + evm.bytecode.object },
    deployedBytecode: { object: '0x' + evm.deployedBytecode.object, immutableReferences: evm.deployedBytecode.immutableReferences }
  }))
}
