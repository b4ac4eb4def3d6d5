// Package telemetry lets people see what the stages do: traces that follow one
// invoice through all of them, log lines that name the trace, and the metrics of
// calls to ServiceTrade.
//
// Who records travels in the context (With), from the start of a service down to
// every handler, so that nothing in between has to hand it on. A context without it
// costs one look-up and records nothing; a trace context that came with a message
// is passed on all the same.
//
// Names of spans have few values. Attributes hold ids, codes and counts: never a
// name, an address, an amount, an error text, a body or a secret.
package telemetry
