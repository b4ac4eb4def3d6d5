package telemetry

import "go.opentelemetry.io/otel/attribute"

// The attributes of spans. Their values are ids and words, never personal data.

// Account is the id of the ServiceTrade account.
func Account(id string) attribute.KeyValue { return attribute.String("tradepost.account", id) }

// Connection is the id of the connection.
func Connection(id string) attribute.KeyValue { return attribute.String("tradepost.connection", id) }

// Invoice is ServiceTrade's id of the invoice.
func Invoice(id int64) attribute.KeyValue { return attribute.Int64("tradepost.invoice", id) }

// Send is the number of the send.
func Send(n int64) attribute.KeyValue { return attribute.Int64("tradepost.send", n) }

// Stage is the stage of a message: received, ready, outcome.
func Stage(word string) attribute.KeyValue { return attribute.String("tradepost.stage", word) }

// Outcome is how the work came out, in the words of the records: posted, rejected,
// processed, failed, opened.
func Outcome(word string) attribute.KeyValue { return attribute.String("tradepost.outcome", word) }

// Result is what became of the delivery of a message: ok, wait, retry, panic, dead.
func Result(word string) attribute.KeyValue { return attribute.String("tradepost.result", word) }

// Delivered counts the deliveries of a message, this one included.
func Delivered(n int) attribute.KeyValue { return attribute.Int("tradepost.delivered", n) }

// Faults are the codes of the faults of a rejection.
func Faults(codes []string) attribute.KeyValue {
	return attribute.StringSlice("tradepost.faults", codes)
}

// Connector is the kind of the connector, such as hledger.
func Connector(kind string) attribute.KeyValue { return attribute.String("tradepost.connector", kind) }
