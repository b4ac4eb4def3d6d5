package cli

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/tradepost/internal/signins"
)

// signInRow is how one sign-in is, as JSON shows it.
type signInRow struct {
	Connection string `json:"connection"`
	System     string `json:"system,omitempty"`
	// SignedIn is false where a person has to sign in.
	SignedIn bool   `json:"signed_in"`
	Company  string `json:"company,omitempty"`
	// CompanyName is that of the connection's first use; "" before.
	CompanyName string `json:"company_name,omitempty"`
	// Since is when a person signed in, Renewed when the last tokens came.
	Since   time.Time `json:"since,omitzero"`
	Renewed time.Time `json:"renewed,omitzero"`
	// UnusedUntil is when it ends if it is not used any more, and Ends when a person has
	// to sign in again in any case; zero where nobody is signed in.
	UnusedUntil time.Time `json:"unused_until,omitzero"`
	Ends        time.Time `json:"ends,omitzero"`
	// SignedOut is since when a person has to sign in, where that is known.
	SignedOut time.Time `json:"signed_out_since,omitzero"`
	Key       string    `json:"key,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	// Cause is what the accounting system answered, and RequestID what its support asks
	// for (QuickBooks: intuit_tid). What holds both.
	Cause     string `json:"cause,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	What      string `json:"what,omitempty"`
	Fix       string `json:"fix,omitempty"`

	title, happened, idName string
	now                     time.Time
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
		row := rowOf(c, s, signed, time.Now())
		if err := d.standing(&row, s); err != nil {
			return err
		}
		rows = append(rows, row)
	}
	if d.g.output == outputJSON {
		return writeJSON(d.cmd.OutOrStdout(), rows)
	}
	_, err = io.WriteString(d.cmd.OutOrStdout(), rows.text())
	return err
}

// rowOf is what the stored sign-in says.
func rowOf(c grant.Connection, s grant.State, signed bool, now time.Time) signInRow {
	row := signInRow{
		Connection: c.ID, System: c.SignIn.System, SignedIn: signed, Company: s.Company, Since: s.SignedIn, Renewed: s.Renewed,
		UnusedUntil: s.UnusedUntil, Ends: s.Ends, Key: s.Key, now: now, title: c.SignIn.Title, idName: c.SignIn.RequestIDHeader,
	}
	if why := grant.Why(c, s, signed); why != nil {
		row.Reason, row.What, row.Fix = why.Reason, why.What(), why.Fix()
		row.happened, row.Cause, row.RequestID = why.Happened(), why.Cause, why.RequestID
		if why.SignedOut() {
			row.out(why.Since)
		}
	}
	return row
}

// out makes it one of a connection that is signed out: its tokens end nothing any more.
func (r *signInRow) out(since time.Time) {
	r.SignedIn, r.SignedOut = false, since
	r.UnusedUntil, r.Ends = time.Time{}, time.Time{}
}

// standing adds to a row what stands elsewhere: the company's name, a pause of the
// connection, and processes that lack the key.
func (d *signInDesk) standing(row *signInRow, s grant.State) error {
	ctx := d.cmd.Context()
	bound, err := grant.Bound(ctx, d.js, row.Connection)
	if err != nil {
		return err
	}
	if bound.ID == row.Company {
		row.CompanyName = bound.Name
	}
	if row.Reason != "" {
		return nil
	}
	missing, err := signins.KeyMissing(ctx, d.js, row.Connection)
	switch {
	case err != nil:
		return err
	case missing != nil:
		row.Reason, row.happened, row.Fix = grant.ReasonKey, missing.What(time.Local), missing.Fix()
		row.What = row.happened + "."
		return nil
	}
	return d.paused(ctx, row, s)
}

// paused tells of a connection that deliver found signed out, though its tokens were
// renewed: the accounting system gives them out and does not accept them.
func (d *signInDesk) paused(ctx context.Context, row *signInRow, s grant.State) error {
	store, err := pause.Open(ctx, d.js)
	if err != nil {
		return err
	}
	p, err := store.Get(ctx, row.Connection)
	if err != nil || p.GetBy() != pause.Deliver || p.GetReason() != connector.ReasonSignedOut || !pause.InForce(p, row.now) || p.GetSince().AsTime().Before(s.SignedIn) {
		return err
	}
	row.out(p.GetSince().AsTime())
	row.Reason, row.What, row.Fix = connector.ReasonSignedOut, p.GetMessage(), p.GetFix()
	row.happened = p.GetMessage()
	return nil
}

// unconfigured is a connection of which nobody can tell how it is signed in.
func (r *signInRow) unconfigured() bool { return r.System == "" }
