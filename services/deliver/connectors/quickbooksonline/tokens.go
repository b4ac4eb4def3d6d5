package quickbooksonline

import (
	"context"
	"errors"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Tokens gives the access tokens of one connection. It renews them by itself, and
// shares them with all replicas.
type Tokens interface {
	// Token returns an access token that still works, as far as its age tells. An error
	// that holds an Answer (connector.Stop) is that answer: signed out, say. Any other
	// means that it cannot be told now, and is waited for.
	Token(ctx context.Context) (string, error)
	// Refused says that QuickBooks did not accept token. The next Token returns another
	// one, or an error as above.
	Refused(ctx context.Context, token string)
}

// companyTokens are Tokens that know which company was chosen when they were given.
type companyTokens interface {
	Tokens
	// Company returns the id of that company (Intuit's realm). Errors are those of Token.
	Company(ctx context.Context) (string, error)
}

// staticToken is an access token that nobody renews.
type staticToken struct {
	token      connection.Secret
	connection string
}

// Token implements Tokens.
func (s staticToken) Token(context.Context) (string, error) {
	if s.token.IsZero() {
		return "", signedOut("connection " + s.connection + " is not connected to QuickBooks yet")
	}
	return s.token.Reveal(), nil
}

// Refused implements Tokens. There is no other token.
func (s staticToken) Refused(context.Context, string) {}

func signedOut(message string) error {
	return connector.Stop(connector.Wait{
		Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, Reason: connector.ReasonSignedOut, Message: message,
	})
}

var errTokenEmpty = errors.New("the sign-in gave an empty access token")
