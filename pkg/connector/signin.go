package connector

import (
	"context"
	"net/http"
	"time"
)

// Tokens gives out the access tokens of a connection that a person signed in to its
// accounting system (OAuth2). All replicas share one sign-in; who renews it, and what
// happens when one of them dies while doing so, is no matter of the connector. It is
// safe for concurrent use.
type Tokens interface {
	// Token returns an access token that still works, as far as its age tells. It asks
	// nobody while that is so. An error holds an Answer (see AnswerOf): a Wait of the
	// whole connection, ReasonSignedOut where a person has to sign in, ReasonKeyMissing
	// where this process lacks the key (their messages say why and what to do), else
	// ReasonUnreachable.
	Token(ctx context.Context) (string, error)
	// Refused tells that the accounting system did not accept a token that Token had
	// given out. The next Token returns another one, or an error as above.
	Refused(ctx context.Context, token string)
	// Company returns the id of the company that the person chose who signed in, as
	// the accounting system gave it (QuickBooks: the realm id). Errors are those of Token.
	Company(ctx context.Context) (string, error)
}

// SignIn says how a person signs a connection in: which of the accounting system's
// pages is asked, and as which app.
type SignIn struct {
	// System is the word in addresses and commands: quickbooks.
	System string
	// Title is the accounting system's name as people write it.
	Title string
	// ClientID and ClientSecret are those of the app, which is the user's own.
	ClientID, ClientSecret string
	// AuthorizeURL is the page that asks the person. TokenURL takes codes and refresh
	// tokens. RevokeURL ends them; "" where the system has none.
	AuthorizeURL, TokenURL, RevokeURL string
	Scopes                            []string
	// RedirectURL is where the page sends the person back to, exactly as it is
	// registered with the app.
	RedirectURL string
	// CompanyParam is the query parameter of that redirect which names the company.
	// Required: without it nobody could tell that the company was swapped.
	CompanyParam string
	// Company is the id that the settings ask for, or "" where any will do at the first sign-in.
	Company string
	// Header is sent with every call to TokenURL.
	Header http.Header
	// RefreshLifeField and HardLifeField are the fields of TokenURL's answer that hold,
	// in seconds, how long the refresh token lives when it is not used, and how long
	// the sign-in lives however often it is. "" where the system has none.
	RefreshLifeField, HardLifeField string
	// RefreshLife is taken where the answer does not tell; 0 means that it lives until revoked.
	RefreshLife time.Duration
	// RequestIDHeader is the header of TokenURL's answers that the vendor's support
	// asks for, or "".
	RequestIDHeader string
}
