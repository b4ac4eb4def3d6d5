package bus

// The consumers of the stages, declared once. A limit is the number of messages in
// work over all replicas together.

// ReceivedConsumer is transform's.
func ReceivedConsumer(limit int) Consumer {
	return Consumer{Stream: StreamReceived, Durable: "transform", Filter: StageFilter(StageReceived), MaxInFlight: limit}
}

// ReadyConsumer is deliver's for one connection; limit is what the connection's
// company allows at the same time, 1 where only one may write. What is parked
// (invoice.later) is not consumed: it fires into invoice.ready.
func ReadyConsumer(connection string, limit int) Consumer {
	return Consumer{
		Stream: StreamReady, Durable: "deliver-" + connection,
		Filter: ConnectionFilter(StageReady, connection), MaxInFlight: limit,
	}
}

// OutcomeConsumer is reconcile's for one connection.
func OutcomeConsumer(connection string, limit int) Consumer {
	return Consumer{
		Stream: StreamOutcome, Durable: "reconcile-" + connection,
		Filter: ConnectionFilter(StageOutcome, connection), MaxInFlight: limit,
	}
}

// CommandConsumer is ingest's for the commands of all connections: only ingest
// opens sends.
func CommandConsumer(limit int) Consumer {
	return Consumer{Stream: StreamCommand, Durable: "ingest-command", Filter: StageFilter(StageCommand), MaxInFlight: limit}
}

// ByHandConsumer is deliver's for the commands of all connections: only deliver can ask
// the accounting systems whether a document exists.
func ByHandConsumer(limit int) Consumer {
	return Consumer{Stream: StreamCommand, Durable: "deliver-command", Filter: StageFilter(StageCommand), MaxInFlight: limit}
}

// TickConsumer is ingest's for the poll ticks of one account: one at a time, so
// that a slow poll is never overtaken by the next.
func TickConsumer(account string) Consumer {
	return Consumer{Stream: StreamPolls, Durable: "poll-" + account, Filter: PollTick(account), MaxInFlight: 1}
}

// hintsInFlight is how many hints of one account are looked at at once.
const hintsInFlight = 4

// HintConsumer is ingest's for the hints that one account's webhooks left.
func HintConsumer(account string) Consumer {
	return Consumer{
		Stream: StreamPolls, Durable: "hint-" + account,
		Filter: pollRoot + ".hint." + account + ".*", MaxInFlight: hintsInFlight,
	}
}
