package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/stage"
)

// signInRow is how one sign-in is, as JSON shows it.
type signInRow struct {
	Connection string `json:"connection"`
	System     string `json:"system"`
	// SignedIn is false where a person has to sign in.
	SignedIn bool   `json:"signed_in"`
	Company  string `json:"company,omitempty"`
	// Since is when a person signed in, Renewed when the last tokens came.
	Since   time.Time `json:"since,omitzero"`
	Renewed time.Time `json:"renewed,omitzero"`
	// UnusedUntil is when it ends if it is not used any more, and Ends when a person has
	// to sign in again in any case.
	UnusedUntil time.Time `json:"unused_until,omitzero"`
	Ends        time.Time `json:"ends,omitzero"`
	Key         string    `json:"key,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	What        string    `json:"what,omitempty"`
	Fix         string    `json:"fix,omitempty"`

	now time.Time
}

type signInRows []signInRow

// status shows the sign-ins of one connection, or of all that have one.
func (d *signInDesk) status(args []string) error {
	states, err := grant.States(d.cmd.Context(), d.js)
	if err != nil {
		return err
	}
	rows := signInRows{}
	for _, id := range slices.Sorted(maps.Keys(d.config.Connections)) {
		if len(args) == 1 && args[0] != id {
			continue
		}
		c, err := d.of(d.config.Connections[id])
		switch {
		case errors.Is(err, stage.ErrNoSignIn) && len(args) == 0:
			continue
		case err != nil && len(args) == 1:
			return &usageError{err}
		case err != nil:
			rows = append(rows, signInRow{Connection: id, What: err.Error()})
			continue
		case c.SignIn.System != d.system:
			continue
		}
		s, signed := states[id]
		rows = append(rows, rowOf(c, s, signed, time.Now()))
	}
	return d.g.write(d.cmd.OutOrStdout(), rows)
}

func rowOf(c grant.Connection, s grant.State, signed bool, now time.Time) signInRow {
	row := signInRow{
		Connection: c.ID, System: c.SignIn.System, SignedIn: signed, Company: s.Company, Since: s.SignedIn, Renewed: s.Renewed,
		UnusedUntil: s.UnusedUntil, Ends: s.Ends, Key: s.Key, now: now,
	}
	if why := grant.Why(c, s, signed); why != nil {
		row.SignedIn = !why.SignedOut()
		row.Reason, row.What, row.Fix = why.Reason, why.What(), why.Fix()
	}
	return row
}

// Table implements printed.
func (r signInRows) Table() ([]any, [][]any) {
	rows := make([][]any, len(r))
	for i, one := range r {
		state := "signed in"
		if !one.SignedIn {
			state = "SIGNED OUT"
		}
		rows[i] = []any{one.Connection, state, one.Company, ago(one.Renewed, one.now), left(one.UnusedUntil, one.now), left(one.Ends, one.now), joined(one.What, one.Fix)}
	}
	return []any{"connection", "state", "company", "renewed", "ends if unused", "ends at the latest", "what to do"}, rows
}

func joined(what, fix string) string {
	if what == "" {
		return ""
	}
	return what + " " + fix
}

// left is a countdown to a day.
func left(end, now time.Time) string {
	if end.IsZero() {
		return ""
	}
	day := end.Local().Format(time.DateOnly)
	days := int(end.Sub(now) / (24 * time.Hour))
	switch {
	case !end.After(now):
		return day + " (over)"
	case days == 0:
		return day + " (today)"
	case days == 1:
		return day + " (1 day)"
	default:
		return fmt.Sprintf("%s (%d days)", day, days)
	}
}

func ago(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	return now.Sub(at).Round(time.Second).String() + " ago"
}
