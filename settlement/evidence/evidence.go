// Package evidence makes and checks the file with which a buyer proves what he got
// for a purchase. Both are pure functions over the document and what a node says of
// the chain; the package refuses to know the bridge, its ledger and its network.
package evidence
