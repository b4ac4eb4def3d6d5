package state

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
)

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func opened(t require.TestingT, c *clock) *Store {
	s := New(Config{Book: book.Generate(book.Options{Seed: 1, Invoices: 5}), Now: c.now, InvoiceEntityType: 13})
	made, err := s.AddSystem("standard", "books", "Books")
	require.NoError(t, err)
	_, err = s.ConfigureSystem(made.ID, true, "Books")
	require.NoError(t, err)
	return s
}

// look writes down what is in the account.
func look(t require.TestingT, s *Store, at time.Time) string {
	var out string
	s.ReadAt(at, func(tables *Tables) { out = written(t, tables) })
	return out
}

func written(t require.TestingT, tables *Tables) string {
	out, err := json.Marshal([]any{tables.Invoices, tables.Comments, tables.Locations, tables.Jobs, tables.Systems, tables.Webhooks})
	require.NoError(t, err)
	return string(out)
}

// changes are all that touch tables in different ways.
func changes(s *Store) map[string]func(n int) error {
	invoice := func(n int) int64 { return s.origin.Invoices[n%len(s.origin.Invoices)].ID }
	location := func(n int) int64 { return s.origin.Locations[n%len(s.origin.Locations)].ID }
	return map[string]func(n int) error{
		"edit": func(n int) error {
			status := []string{StatusFailed, StatusProcessed}[n%2]
			_, err := s.EditInvoice(invoice(n), InvoiceEdit{Status: &status}, 1)
			return err
		},
		"send": func(n int) error { return s.Send("", []int64{invoice(n), invoice(n + 1)}, 1) },
		"comment": func(n int) error {
			_, err := s.AddComment(NewComment{EntityType: 13, EntityID: invoice(n), Content: "c"}, 1)
			return err
		},
		"merge": func(n int) error { return s.MergeLocation(location(n), location(n+1), 1) },
		"id": func(n int) error {
			return s.SetExternalID("location", location(n), "books", "X"+string(rune('A'+n)), 1)
		},
		"webhook": func(int) error { _, err := s.AddWebhook(Webhook{HookURL: "https://x.example/y"}); return err },
		"unhook": func(int) error {
			var id int64
			s.Read(func(t *Tables) {
				for _, w := range t.Webhooks.Sorted() {
					id = w.ID
				}
			})
			return s.DeleteWebhook(id)
		},
	}
}

func TestThePastIsShownAsItWas(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := &clock{time.Unix(1_800_000_000, 0)}
		s := opened(rt, c)
		doing := changes(s)
		shown := map[time.Time]string{c.at: look(rt, s, c.at)}
		for range rapid.IntRange(1, 20).Draw(rt, "changes") {
			c.at = c.at.Add(time.Duration(rapid.IntRange(0, 3).Draw(rt, "seconds")) * time.Second)
			name := rapid.SampledFrom([]string{"edit", "send", "comment", "merge", "id", "webhook", "unhook"}).Draw(rt, "change")
			_ = doing[name](rapid.IntRange(0, 9).Draw(rt, "which")) // a refusal changes nothing, and must leave no trace
			var now string
			s.Read(func(tables *Tables) { now = written(rt, tables) })
			require.Equal(rt, now, look(rt, s, c.at))
			shown[c.at] = now
		}
		for at, want := range shown {
			require.Equal(rt, want, look(rt, s, at), at)
		}
		require.Equal(rt, shown[c.at], look(rt, s, c.at.Add(time.Hour)), "the future is the present")
	})
}

func TestThePastIsForgottenInTheEnd(t *testing.T) {
	c := &clock{time.Unix(1_800_000_000, 0)}
	s := opened(t, c)
	id := s.origin.Invoices[0].ID
	for i := range 3 * 360 {
		c.at = c.at.Add(10 * time.Second)
		note := string(rune('a' + i%26))
		_, err := s.EditInvoice(id, InvoiceEdit{Notes: &note}, 1)
		require.NoError(t, err)
	}
	require.LessOrEqual(t, len(s.history), 361)
	require.GreaterOrEqual(t, len(s.history), 360)
	require.NoError(t, s.Reset(s.origin))
	require.Empty(t, s.history, "another account has another past")
	require.Equal(t, look(t, s, c.at), look(t, s, c.at.Add(-time.Hour)))
}
