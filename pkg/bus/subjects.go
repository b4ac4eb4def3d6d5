package bus

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Stage is the second token of a message's subject: what the message is for.
type Stage string

// The stages. Attempt, settled and refused inform only; nothing is done because of them.
const (
	StageReceived Stage = "received"
	StageReady    Stage = "ready"
	// StageLater holds ready messages that are parked until a time.
	StageLater   Stage = "later"
	StageOutcome Stage = "outcome"
	StageCommand Stage = "command"
	StageDead    Stage = "dead"
	StageAttempt Stage = "attempt"
	StageSettled Stage = "settled"
	// StageRefused tells of commands that changed nothing.
	StageRefused Stage = "refused"
)

// UnknownConnection stands in the subject of a dead letter whose origin names no
// invoice. No connection can have this name: an underscore is not allowed there.
const UnknownConnection = "_unknown"

const subjectRoot = "invoice"

var tokenPattern = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

var stages = map[Stage]bool{
	StageReceived: true, StageReady: true, StageLater: true, StageOutcome: true,
	StageCommand: true, StageDead: true, StageAttempt: true, StageSettled: true, StageRefused: true,
}

// Subject is where a message travels, and the only source of its identity.
type Subject struct {
	Stage Stage
	// Connection is the id of the connection: [a-z0-9-]{1,40}.
	Connection string
	// InvoiceID is ServiceTrade's id of the invoice, greater than 0.
	InvoiceID int64
}

// DeadUnknown is the subject of dead letters that belong to no invoice.
var DeadUnknown = Subject{Stage: StageDead, Connection: UnknownConnection}

// String returns invoice.<stage>.<connection>.<invoiceId>.
func (s Subject) String() string {
	return subjectRoot + "." + string(s.Stage) + "." + s.Connection + "." + strconv.FormatInt(s.InvoiceID, 10)
}

// IsZero tells whether the message belongs to no invoice (a poll, or a message
// whose subject could not be read).
func (s Subject) IsZero() bool { return s == Subject{} }

// To returns the subject of the same invoice in another stage.
func (s Subject) To(stage Stage) Subject {
	s.Stage = stage
	return s
}

// Validate returns an error that names the token that is wrong.
func (s Subject) Validate() error {
	switch {
	case s == DeadUnknown:
		return nil
	case !stages[s.Stage]:
		return fmt.Errorf("subject %q: %q is no stage", s, s.Stage)
	case !tokenPattern.MatchString(s.Connection):
		return fmt.Errorf("subject %q: connection %q must be 1 to 40 of a-z, 0-9 and -", s, s.Connection)
	case s.InvoiceID <= 0:
		return fmt.Errorf("subject %q: invoice id %d must be greater than 0", s, s.InvoiceID)
	}
	return nil
}

// ParseSubject reads a subject. It accepts exactly what String writes: an id with
// a sign, a leading zero or more than 63 bits is refused, so that one invoice
// never has two subjects.
func ParseSubject(subject string) (Subject, error) {
	tokens := strings.Split(subject, ".")
	if len(tokens) != 4 || tokens[0] != subjectRoot {
		return Subject{}, fmt.Errorf("subject %q is not invoice.<stage>.<connection>.<invoiceId>", subject)
	}
	id, err := parseInvoiceID(tokens[3])
	if err != nil {
		return Subject{}, fmt.Errorf("subject %q: %w", subject, err)
	}
	s := Subject{Stage: Stage(tokens[1]), Connection: tokens[2], InvoiceID: id}
	if err := s.Validate(); err != nil {
		return Subject{}, err
	}
	return s, nil
}

func parseInvoiceID(token string) (int64, error) {
	id, err := strconv.ParseInt(token, 10, 64)
	if err != nil || strconv.FormatInt(id, 10) != token {
		return 0, fmt.Errorf("invoice id %q is no whole number", token)
	}
	return id, nil
}

// StageFilter matches every message of a stage: invoice.<stage>.>
func StageFilter(stage Stage) string { return subjectRoot + "." + string(stage) + ".>" }

// ConnectionFilter matches a connection's messages of a stage: invoice.<stage>.<connection>.>
func ConnectionFilter(stage Stage, connection string) string {
	return subjectRoot + "." + string(stage) + "." + connection + ".>"
}
