package company_test

import (
	"context"
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

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
		require.NoError(t, company.Verify(t.Context(), kv, "acme-books", mine))
	}
	swapped := books{company: connector.Company{ID: "realm-2", Name: "Other"}}
	err := company.Verify(t.Context(), kv, "acme-books", swapped)
	require.ErrorIs(t, err, company.ErrSwapped)
	require.ErrorContains(t, err, "Acme Mechanical")
	require.NoError(t, company.Verify(t.Context(), kv, "other-books", swapped), "another connection is free")
	require.NoError(t, company.Verify(t.Context(), kv, "acme-books", mine), "the first company goes on")
}

func TestACompanyThatCannotBeAskedIsNotTakenForAnother(t *testing.T) {
	kv := bucket(t)
	away := books{err: errors.New("connection refused")}
	err := company.Verify(t.Context(), kv, "acme-books", away)
	require.Error(t, err)
	require.NotErrorIs(t, err, company.ErrSwapped)
	require.NoError(t, company.Verify(t.Context(), kv, "acme-books", books{company: connector.Company{ID: "realm-1"}}))
}

func bucket(t *testing.T) jetstream.KeyValue {
	t.Helper()
	kv, err := company.Open(t.Context(), bustest.Server(t).JS(t))
	require.NoError(t, err)
	return kv
}
