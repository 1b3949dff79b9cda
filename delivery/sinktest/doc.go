// Package sinktest is the conformance suite every kind of storage passes, and what it
// needs: an outbox in memory that can crash, parcels, and a guard that writes down what
// is dialled. It refuses to know any kind.
package sinktest
