package quickbooksonline

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	intuitapp "github.com/tradepost/tradepost/pkg/grant/intuit"
)

// What keeps a connection from posting is told with its owner, before any invoice fails.
func TestCheckTellsWhatIsWrongWithTheConnection(t *testing.T) {
	tests := map[string]func(w http.ResponseWriter){
		"connection.signed_out":         func(w http.ResponseWriter) { w.WriteHeader(401) },
		"connection.forbidden":          func(w http.ResponseWriter) { refuse(w, 401, "120", "lost access") },
		"connection.subscription_ended": func(w http.ResponseWriter) { refuse(w, 400, "6190", "ended") },
		"accounting.answer_unreadable":  func(w http.ResponseWriter) { fmt.Fprint(w, `{"Invoice":{}}`) },
		"accounting.unreachable":        func(w http.ResponseWriter) { w.WriteHeader(503) },
	}
	for code, answer := range tests {
		t.Run(code, func(t *testing.T) {
			i := newIntuit(t)
			i.on = func(h heard, w http.ResponseWriter) bool { answer(w); return true }
			faults := i.connect(nil, Options{}).Check(t.Context())
			require.Len(t, faults, 1)
			require.Equal(t, code, faults[0].GetCode())
		})
	}
}

func TestCheckLooksForTheFieldOfTheOrderNumber(t *testing.T) {
	i := newIntuit(t)
	require.Empty(t, i.connect(func(c *Config) { c.PONumberField = "PO number" }, Options{}).Check(t.Context()))
	faults := i.connect(func(c *Config) { c.PONumberField = "Order" }, Options{}).Check(t.Context())
	require.Len(t, faults, 1)
	require.Equal(t, "connection.setting_wrong", faults[0].GetCode())
}

// An answer about a document that is not the one that was sent is no success.
func TestAnAnswerAboutAnotherDocumentIsNotBelieved(t *testing.T) {
	i := newIntuit(t)
	i.onWrite(1, func(w http.ResponseWriter) {
		fmt.Fprintf(w, `{"Invoice":{"Id":"9","SyncToken":"0","DocNumber":"1042","TotalAmt":237.50,"PrivateNote":"by hand","MetaData":{"CreateTime":%q}}}`, "2999-01-01T00:00:00Z")
	})
	rejected := i.connect(nil, Options{}).Create(t.Context(), posting(sample())).(connector.Rejected)
	require.Equal(t, "accounting.answer_unreadable", rejected.Faults[0].GetCode())
	require.Equal(t, "9", rejected.Document.ID)
}

// The tokens of a sign-in at Intuit are for Intuit only.
func TestASignInAtIntuitIsNotSentElsewhere(t *testing.T) {
	cfg := Config{URL: "http://localhost:8390", App: intuitapp.App{ClientID: "ABc123", ClientSecret: connection.NewSecret("s")}}
	signedIn := Options{Tokens: func(connector.Settings) Tokens { return nil }}
	_, err := New(cfg, connector.Settings{}, signedIn)
	require.ErrorContains(t, err, "name app.authorize_url and app.token_url too")
	cfg.App.AuthorizeURL, cfg.App.TokenURL = "http://localhost:8390/a", "http://localhost:8390/t"
	_, err = New(cfg, connector.Settings{}, signedIn)
	require.NoError(t, err)
	_, err = New(Config{App: intuitapp.App{ClientID: "ABc123", ClientSecret: connection.NewSecret("s")}}, connector.Settings{}, signedIn)
	require.NoError(t, err, "Intuit itself")
}

// Without an app nobody can ever sign the connection in: that is told before anything runs.
func TestAConnectionNeedsAnApp(t *testing.T) {
	signedIn := Options{Tokens: FromSettings}
	_, err := New(Config{CompanyID: "1"}, connector.Settings{Connection: "acme-qbo"}, signedIn)
	require.ErrorContains(t, err, "setting app: is missing")
	require.ErrorContains(t, err, "developer.intuit.com")
	_, err = New(Config{CompanyID: "1", App: intuitapp.App{ClientID: "ABc123"}}, connector.Settings{Connection: "acme-qbo"}, signedIn)
	require.ErrorContains(t, err, "setting app.client_secret: is missing")
	require.NotContains(t, err.Error(), "setting app: ")
	_, err = New(Config{CompanyID: "1", AccessToken: connection.NewSecret("token")}, connector.Settings{Connection: "acme-qbo"}, signedIn)
	require.NoError(t, err, "a token of its own, for the stand-in")
	_, err = New(Config{CompanyID: "1"}, connector.Settings{Connection: "acme-qbo"}, Options{})
	require.NoError(t, err, "the program signs nobody in")
}

func TestSettingsThatAreWrongAreAllNamed(t *testing.T) {
	_, err := New(Config{
		CompanyID: "12-3", Environment: "moon", Parallel: 11, MinorVersion: 70, SearchFrom: "soon", SettlingTime: -1, CallTime: 1,
		Customers: CustomerConfig{NameTaken: "x", Suffix: "a:b", Inactive: "y"}, Items: ItemConfig{Type: "z"},
	}, connector.Settings{Connection: "acme-qbo"}, Options{})
	for _, key := range []string{
		"company_id", "environment", "parallel", "minor_version", "search_from", "settling_time", "call_time", "customers.name_taken", "customers.suffix",
		"customers.inactive", "items.type",
	} {
		require.ErrorContains(t, err, "setting "+key+": ")
	}
	_, err = New(Config{}, connector.Settings{Connection: "acme-qbo"}, Options{})
	require.ErrorContains(t, err, "setting company_id: is missing")
	_, err = New(Config{CompanyID: "1", URL: "ftp://x"}, connector.Settings{Connection: "acme-qbo"}, Options{})
	require.ErrorContains(t, err, "setting url: ")
}

// slowly answers each call after a while, as a system under load does.
type slowly struct {
	i    *intuit
	took time.Duration
}

func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(s.took):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	asked := r.Clone(r.Context())
	asked.Body = http.NoBody
	w := httptest.NewRecorder()
	s.i.serve(w, asked)
	return w.Result(), nil
}

// Each call of a check may take its time: those before it take nothing of that.
func TestACheckGivesEachOfItsCallsItsTime(t *testing.T) {
	i := newIntuit(t)
	synctest.Test(t, func(t *testing.T) {
		q := i.connect(func(c *Config) { c.CallTime = 4 * time.Second }, Options{Transport: slowly{i, 900 * time.Millisecond}})
		began := time.Now()
		require.Empty(t, q.Check(t.Context()))
		require.Less(t, time.Since(began), q.Describe().CallTimeout)
		q = i.connect(func(c *Config) { c.CallTime = 4 * time.Second }, Options{Transport: slowly{i, 1100 * time.Millisecond}})
		require.Equal(t, "accounting.unreachable", q.Check(t.Context())[0].GetCode())
	})
}
