package bus

import (
	"fmt"
	"strconv"
	"strings"
)

const pollRoot = "poll"

// PollKind tells what a message on the POLLS stream is.
type PollKind string

// The kinds of poll messages.
const (
	// PollKindTick asks for one poll of the account.
	PollKindTick PollKind = "tick"
	// PollKindSchedule is the schedule that makes the ticks; nobody consumes it.
	PollKindSchedule PollKind = "schedule"
	// PollKindHint says that one invoice may have changed (from a webhook).
	PollKindHint PollKind = "hint"
)

// Poll is what the subject of a message on the POLLS stream says.
type Poll struct {
	Kind    PollKind
	Account string
	// InvoiceID is set for hints only.
	InvoiceID int64
}

// PollTick is the subject of an account's poll ticks. The stream keeps one
// message of each subject, so ticks never pile up while ingest is away.
func PollTick(account string) string { return pollRoot + ".tick." + account }

// PollSchedule is the subject of the schedule that makes an account's ticks.
func PollSchedule(account string) string { return pollRoot + ".schedule." + account }

// PollHint is the subject of a hint that one invoice of an account changed.
// Hints of the same invoice replace each other while nobody reads them.
func PollHint(account string, invoiceID int64) string {
	return pollRoot + ".hint." + account + "." + strconv.FormatInt(invoiceID, 10)
}

// PollTickFilter matches the ticks of all accounts.
const PollTickFilter = pollRoot + ".tick.*"

// PollHintFilter matches the hints of all accounts.
const PollHintFilter = pollRoot + ".hint.*.*"

// ParsePoll reads a subject of the POLLS stream (Message.Raw).
func ParsePoll(subject string) (Poll, error) {
	tokens := strings.Split(subject, ".")
	if len(tokens) < 3 || tokens[0] != pollRoot {
		return Poll{}, fmt.Errorf("subject %q is not poll.<kind>.<account>", subject)
	}
	p := Poll{Kind: PollKind(tokens[1]), Account: tokens[2]}
	if !tokenPattern.MatchString(p.Account) {
		return Poll{}, fmt.Errorf("subject %q: account %q must be 1 to 40 of a-z, 0-9 and -", subject, p.Account)
	}
	switch {
	case len(tokens) == 3 && (p.Kind == PollKindTick || p.Kind == PollKindSchedule):
		return p, nil
	case len(tokens) == 4 && p.Kind == PollKindHint:
		id, err := parseInvoiceID(tokens[3])
		if err != nil || id <= 0 {
			return Poll{}, fmt.Errorf("subject %q: %q is no invoice id", subject, tokens[3])
		}
		p.InvoiceID = id
		return p, nil
	}
	return Poll{}, fmt.Errorf("subject %q is not poll.tick, poll.schedule or poll.hint", subject)
}
