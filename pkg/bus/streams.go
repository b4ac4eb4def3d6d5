package bus

import (
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The streams.
const (
	StreamReceived = "INVOICE_RECEIVED"
	// StreamReady holds what is ready to post, and what is parked until later:
	// a schedule can only fire into its own stream.
	StreamReady   = "INVOICE_READY"
	StreamOutcome = "INVOICE_OUTCOME"
	StreamCommand = "INVOICE_COMMAND"
	StreamDead    = "INVOICE_DEAD"
	// StreamEvents holds what only informs: attempts, settlements, refused commands.
	StreamEvents = "INVOICE_EVENTS"
	StreamPolls  = "POLLS"
	// StreamCalls holds, for each account, one message for each call to ServiceTrade
	// that may be under way (package calls).
	StreamCalls = "CALLS"
)

// The key-value buckets.
const (
	// BucketInvoices holds one record for each invoice, key <account>.<invoiceId>.
	BucketInvoices = "invoices"
	// BucketConnections holds one record for each connection (pauses, identity).
	BucketConnections = "connections"
	// BucketSessions holds the sign-ins to ServiceTrade, encrypted, one for each
	// account and user.
	BucketSessions = "sessions"
	// BucketPermits holds for each app that calls accounting systems who of the
	// replicas may call when, and how many metered reads were made (package permits).
	BucketPermits = "permits"
	// BucketGrants holds the sign-ins to accounting systems, encrypted, one for each
	// connection that has one.
	BucketGrants = "grants"
)

const (
	messageAge   = 90 * 24 * time.Hour
	pollAge      = time.Hour
	dedupeWindow = 10 * time.Minute
	// One durable consumer for each connection: the server's own default of
	// 1,000 would cap the number of connections.
	manyConsumers = 10000
)

// StreamFor returns the stream that holds the messages of a stage.
func StreamFor(stage Stage) string {
	switch stage {
	case StageReceived:
		return StreamReceived
	case StageReady, StageLater:
		return StreamReady
	case StageOutcome:
		return StreamOutcome
	case StageCommand:
		return StreamCommand
	case StageDead:
		return StreamDead
	default:
		return StreamEvents
	}
}

// Streams returns the declaration of every stream for the given number of
// replicas (1, 3 or 5). Retention is by limits only: nothing is deleted because it was
// acked, so every message can be looked at and replayed for as long as it is kept.
func Streams(replicas int) []jetstream.StreamConfig {
	configs := []jetstream.StreamConfig{
		stageStream(StreamReceived, "Sends that ingest opened", StageReceived),
		readyStream(),
		withConsumers(stageStream(StreamOutcome, "How sends came out", StageOutcome)),
		withConsumers(stageStream(StreamCommand, "What operators want", StageCommand)),
		stageStream(StreamDead, "Messages that no stage could handle", StageDead),
		eventsStream(),
		pollsStream(),
		callsStream(),
	}
	for i := range configs {
		configs[i].Replicas = replicas
	}
	return configs
}

// Buckets returns the declaration of every key-value bucket. Keys have no age:
// the record of an invoice is kept for ever.
func Buckets(replicas int) []jetstream.KeyValueConfig {
	return []jetstream.KeyValueConfig{
		{
			Bucket: BucketInvoices, Description: "The record of each invoice", History: 5,
			Storage: jetstream.FileStorage, Replicas: replicas,
		},
		{
			Bucket: BucketConnections, Description: "The record of each connection", History: 5,
			Storage: jetstream.FileStorage, Replicas: replicas,
		},
		{
			// What was replaced is of no use to anybody but a thief.
			Bucket: BucketSessions, Description: "The sign-ins to ServiceTrade, encrypted", History: 1,
			Storage: jetstream.FileStorage, Replicas: replicas,
		},
		{
			Bucket: BucketPermits, Description: "Calls to accounting systems: who may call when", History: 1,
			Storage: jetstream.FileStorage, Replicas: replicas,
		},
		{
			Bucket: BucketGrants, Description: "The sign-ins to accounting systems, encrypted", History: 1,
			Storage: jetstream.FileStorage, Replicas: replicas,
		},
	}
}

// stageStream is not compressed: a server of a cluster that is killed can leave a
// compressed block that it cannot read afterwards, and then neither catches up nor
// says so to whoever reads from it (nats-server 2.15.2, seen by the chaos runs).
// The same goes for the buckets.
//
// It refuses new messages when an operator's limit is reached, rather
// than dropping old ones that nobody handled yet.
func stageStream(name, description string, held ...Stage) jetstream.StreamConfig {
	c := jetstream.StreamConfig{
		Name: name, Description: description,
		Retention: jetstream.LimitsPolicy, Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew,
		MaxAge: messageAge, Duplicates: dedupeWindow, Compression: jetstream.NoCompression,
		AllowDirect: true, MaxConsumers: -1, MaxMsgs: -1, MaxBytes: -1, MaxMsgsPerSubject: -1, MaxMsgSize: -1,
	}
	for _, stage := range held {
		c.Subjects = append(c.Subjects, StageFilter(stage))
	}
	return c
}

// readyStream has schedules, which the server allows only together with
// DiscardOld; a limit on bytes would then drop unposted invoices, so it has none.
func readyStream() jetstream.StreamConfig {
	c := withConsumers(stageStream(StreamReady, "Documents to post, now or later", StageReady, StageLater))
	return withSchedules(c)
}

func eventsStream() jetstream.StreamConfig {
	c := stageStream(StreamEvents, "Attempts, settlements and refused commands, for people", StageAttempt, StageSettled, StageRefused)
	c.Discard = jetstream.DiscardOld
	return c
}

func pollsStream() jetstream.StreamConfig {
	c := withConsumers(withSchedules(stageStream(StreamPolls, "Poll ticks and hints; the last of each")))
	c.Subjects = []string{PollTick("*"), PollSchedule("*"), PollHintFilter}
	c.MaxAge = pollAge
	c.MaxMsgsPerSubject = 1
	return c
}

// callsStream has no age: its messages are taken and given back for ever.
func callsStream() jetstream.StreamConfig {
	c := withConsumers(stageStream(StreamCalls, "Calls to ServiceTrade that may be under way"))
	c.Subjects = []string{"call.*.*.*"}
	c.MaxAge = 0
	c.MaxMsgsPerSubject = 1
	return c
}

// CallFilter matches what allows the calls of an account whose limit is parallel.
// Another limit has messages of its own: processes with an older configuration go
// on with theirs, and nothing has to be taken away from them.
func CallFilter(account string, parallel int) string {
	return "call." + account + "." + strconv.Itoa(parallel) + ".*"
}

// CallSubject is what allows the n-th of them, from 1 on.
func CallSubject(account string, parallel, n int) string {
	return "call." + account + "." + strconv.Itoa(parallel) + "." + strconv.Itoa(n)
}

func withConsumers(c jetstream.StreamConfig) jetstream.StreamConfig {
	c.MaxConsumers = manyConsumers
	return c
}

// withSchedules also allows roll-ups, which the server switches on by itself with
// schedules; asking for them keeps what is declared equal to what it echoes.
func withSchedules(c jetstream.StreamConfig) jetstream.StreamConfig {
	c.Discard = jetstream.DiscardOld
	c.AllowMsgSchedules, c.AllowMsgTTL, c.AllowRollup = true, true, true
	return c
}
