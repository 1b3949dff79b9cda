#!/usr/bin/env bash
# Proves with halmos (PyPI, 0.3.3) what symbolic/ says of the shipped bytecode, for every
# argument at once. Wants halmos on the path; CI does not run it.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
node compile.js "$work/shipped"
mkdir "$work/src" "$work/test"
cp -r src/DTX.sol src/interfaces src/libraries src/types "$work/src"
cp solc "$work"
cp test/IMarket.sol symbolic/Symbolic.t.sol "$work/test"
ln -s "$here/node_modules" "$work/node_modules"
sed '/^additional_compiler_profiles/d; /^compilation_restrictions/d; s/^via_ir = true/via_ir = false/' foundry.toml >"$work/foundry.toml"
node -e '
const code = require(process.argv[1] + "/shipped/DataMarket.sol/DataMarket.json").bytecode.object.slice(2)
require("fs").writeFileSync(process.argv[1] + "/src/Shipped.sol", "// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\n\n" +
	"library Shipped {\n    function code() internal pure returns (bytes memory) {\n        return hex\"" + code + "\";\n    }\n}\n")
' "$work"
cd "$work"
PATH=$here/node_modules/@foundry-rs/forge-linux-amd64/bin:$PATH halmos --contract SymbolicTest --solver-timeout-assertion 300000
