package company_test

import (
	"context"
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/internal/company"
)

// books is an accounting system that only tells its company.
type books struct {
	connector.Connector
	company connector.Company
	err     error
}

func (b books) Company(context.Context) (connector.Company, error) { return b.company, b.err }

func TestAConnectionKeepsTheCompanyOfItsFirstUse(t *testing.T) {
	kv := bucket(t)
	mine := books{company: connector.Company{ID: "realm-1", Name: "Acme Mechanical"}}
	for range 2 {
		require.NoError(t, company.Verify(t.Context(), kv, "acme-books", "acme", mine))
	}
	swapped := books{company: connector.Company{ID: "realm-2", Name: "Other"}}
	err := company.Verify(t.Context(), kv, "acme-books", "acme", swapped)
	require.ErrorIs(t, err, company.ErrSwapped)
	require.ErrorContains(t, err, "Acme Mechanical")
	require.NoError(t, company.Verify(t.Context(), kv, "other-books", "acme", swapped), "another connection is free")
	require.NoError(t, company.Verify(t.Context(), kv, "acme-books", "acme", mine), "the first company goes on")
}

// A connection of an older version has no account stored; the next use stores it.
func TestAConnectionKeepsTheAccountOfItsFirstUse(t *testing.T) {
	kv := bucket(t)
	_, err := kv.PutString(t.Context(), "acme-books", `{"connection":"acme-books","companyId":"realm-1"}`)
	require.NoError(t, err)
	mine := books{company: connector.Company{ID: "realm-1", Name: "Acme Mechanical"}}
	require.NoError(t, company.Verify(t.Context(), kv, "acme-books", "acme", mine))
	err = company.Verify(t.Context(), kv, "acme-books", "west", mine)
	require.ErrorIs(t, err, company.ErrMoved)
	require.ErrorContains(t, err, "first used with account acme")
	require.NoError(t, company.Verify(t.Context(), kv, "acme-books", "acme", mine))
}

func TestACompanyThatCannotBeAskedIsNotTakenForAnother(t *testing.T) {
	kv := bucket(t)
	away := books{err: errors.New("connection refused")}
	err := company.Verify(t.Context(), kv, "acme-books", "acme", away)
	require.Error(t, err)
	require.NotErrorIs(t, err, company.ErrSwapped)
	require.NoError(t, company.Verify(t.Context(), kv, "acme-books", "acme", books{company: connector.Company{ID: "realm-1"}}))
}

// The bucket is lost while the program runs, and made anew: the handle goes on working.
// Nothing is believed while it is away.
func TestABucketThatIsMadeAnew(t *testing.T) {
	js := bustest.Server(t).JS(t)
	kv, err := company.Open(t.Context(), js)
	require.NoError(t, err)
	mine := books{company: connector.Company{ID: "realm-1"}}
	require.NoError(t, company.Verify(t.Context(), kv, "acme-books", "acme", mine))
	require.NoError(t, js.DeleteKeyValue(t.Context(), bus.BucketConnections))
	err = company.Verify(t.Context(), kv, "acme-books", "acme", mine)
	require.Error(t, err)
	require.NotErrorIs(t, err, company.ErrSwapped)
	_, err = company.Stored(t.Context(), kv, "acme-books")
	require.Error(t, err, "a bucket that is away is no first use")

	_, err = bus.Apply(t.Context(), js, bus.ApplyOptions{})
	require.NoError(t, err)
	require.NoError(t, company.Verify(t.Context(), kv, "acme-books", "acme", mine))
	swapped := books{company: connector.Company{ID: "realm-2"}}
	require.ErrorIs(t, company.Verify(t.Context(), kv, "acme-books", "acme", swapped), company.ErrSwapped)
}

func bucket(t *testing.T) jetstream.KeyValue {
	t.Helper()
	kv, err := company.Open(t.Context(), bustest.Server(t).JS(t))
	require.NoError(t, err)
	return kv
}

// Two versions run at once during a roll-out: the older one stores the company, and
// must not wipe out what the newer one wrote into the same record.
func TestWhatANewerVersionWroteStays(t *testing.T) {
	kv := bucket(t)
	_, err := kv.PutString(t.Context(), "acme-books", `{"connection":"acme-books","mood":"good","pause":{"by":"operator","reason":"audit","level":{"deep":7}}}`)
	require.NoError(t, err)
	mine := books{company: connector.Company{ID: "realm-1", Name: "Acme Mechanical"}}
	require.NoError(t, company.Verify(t.Context(), kv, "acme-books", "acme", mine))
	e, err := kv.Get(t.Context(), "acme-books")
	require.NoError(t, err)
	require.JSONEq(t, `{"connection":"acme-books","account": "acme", "companyId": "realm-1","companyName":"Acme Mechanical",
		"mood":"good","pause":{"by":"operator","reason":"audit","level":{"deep":7}}}`, string(e.Value()))
	id, err := company.Stored(t.Context(), kv, "acme-books")
	require.NoError(t, err)
	require.Equal(t, "realm-1", id)
}
