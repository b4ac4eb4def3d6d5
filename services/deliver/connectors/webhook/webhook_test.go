package webhook_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/remote/remotetest"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook"
)

const older = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDC2FVsBQIhrs="

// The example of the Standard Webhooks specification's own libraries.
func TestASignatureIsThatOfStandardWebhooks(t *testing.T) {
	signature := webhook.Sign([]webhook.Key{key(t, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	require.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature)
}

func TestWhatIsSignedIsVerifiedAndNothingElse(t *testing.T) {
	mine, others := key(t, secret), key(t, older)
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[a-z0-9-]{1,40}`).Draw(t, "id")
		body := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "body")
		at := time.Unix(rapid.Int64Range(1, 1<<33).Draw(t, "at"), 0)
		stamp := strconv.FormatInt(at.Unix(), 10)
		away := time.Duration(rapid.IntRange(-299, 299).Draw(t, "away")) * time.Second
		both := webhook.Sign([]webhook.Key{mine, others}, id, at, body)
		one := webhook.Sign([]webhook.Key{mine}, id, at, body)
		require.NoError(t, webhook.Verify([]webhook.Key{others}, id, stamp, both, body, at.Add(away)), "while a secret is replaced, either counts")
		require.NoError(t, webhook.Verify([]webhook.Key{others, mine}, id, stamp, one, body, at.Add(away)))
		for name, err := range map[string]error{
			"another key":  webhook.Verify([]webhook.Key{others}, id, stamp, one, body, at),
			"another id":   webhook.Verify([]webhook.Key{mine}, id+"x", stamp, one, body, at),
			"another body": webhook.Verify([]webhook.Key{mine}, id, stamp, one, append([]byte("x"), body...), at),
			"another time": webhook.Verify([]webhook.Key{mine}, id, strconv.FormatInt(at.Unix()+1, 10), one, body, at),
			"too old":      webhook.Verify([]webhook.Key{mine}, id, stamp, one, body, at.Add(301*time.Second)),
			"too new":      webhook.Verify([]webhook.Key{mine}, id, stamp, one, body, at.Add(-301*time.Second)),
			"no keys":      webhook.Verify(nil, id, stamp, one, body, at),
			"no signature": webhook.Verify([]webhook.Key{mine}, id, stamp, "v1, v2,abc", body, at),
		} {
			require.Error(t, err, name)
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add("id", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", []byte("{}"))
	k, err := webhook.ParseSecret(secret)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, id, stamp, signatures string, body []byte) {
		require.Error(t, webhook.Verify([]webhook.Key{k}, id, stamp, signatures, body, time.Unix(1614265330, 0)), "nobody guesses a signature")
	})
}

func posting() connector.Posting {
	return connector.Posting{Document: remotetest.Sample(1), DocumentHash: "h", Key: "k-1", Generation: 1}
}

// What is sent is signed, and carries the key of the posting.
func TestAPostIsSignedAndCarriesTheKey(t *testing.T) {
	var seen *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Clone(context.Background())
		body, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, `{"posted":{"document":{"id":"7","total":"20.00"}}}`)
	}))
	t.Cleanup(server.Close)
	c := connect(t, server.URL+"/tradepost?tenant=4", func(c *webhook.Config) { c.Secrets = append(c.Secrets, connection.NewSecret(older)) })
	require.IsType(t, connector.Posted{}, c.Create(t.Context(), posting()))
	h := seen.Header
	require.Equal(t, "k-1", h.Get(webhook.HeaderKey))
	require.Equal(t, "k-1", h.Get(webhook.HeaderID))
	for _, s := range []string{secret, older} {
		require.NoError(t, webhook.Verify([]webhook.Key{key(t, s)}, "k-1", h.Get(webhook.HeaderTimestamp), h.Get(webhook.HeaderSignature), body, time.Now()))
	}
	require.Equal(t, "/tradepost?tenant=4", seen.URL.RequestURI())
	require.Contains(t, string(body), `"key":"k-1"`)
	require.NotContains(t, fmt.Sprint(h, string(body)), secret)
}

func TestWhatAnAnswerMeans(t *testing.T) {
	const conn = tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION
	posted := `{"posted":{"document":{"id":"7","total":"20.00"}}}`
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"posted": {200, posted, "posted"}, "created": {201, posted, "posted"},
		"posted, unreadable": {200, `{"posted":{}}`, "uncertain unreadable_answer"}, "empty": {200, "", "uncertain unreadable_answer"},
		"a wait":                {200, `{"wait":{"scope":"WAIT_SCOPE_CONNECTION","reason":"closed"}}`, "wait closed"},
		"rejected":              {422, `{"rejected":{"faults":[{"code":"a.b","message":"no","fix":"do","owner":"FAULT_OWNER_ADMIN"}]}}`, "rejected program.refused"},
		"refused, not said why": {400, "what is this?", "rejected accounting.refused"}, "posted, says the body": {422, posted, "rejected accounting.refused"},
		"signature": {401, "", "wait signed_out"}, "forbidden": {403, "", "wait signed_out"}, "elsewhere": {404, "", "wait unreachable"},
		"moved": {301, "", "wait unreachable"}, "throttled": {429, "", "wait throttled"},
		"in progress": {409, "", "uncertain error_answer"}, "broken": {500, "", "uncertain error_answer"},
		"proxy": {502, "", "uncertain error_answer"}, "away": {503, "", "uncertain error_answer"}, "late": {504, "", "uncertain error_answer"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Location", "http://127.0.0.1:1/")
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer server.Close()
			switch a := connect(t, server.URL, nil).Create(t.Context(), posting()).(type) {
			case connector.Posted:
				require.Equal(t, c.want, "posted")
			case connector.Rejected:
				require.Equal(t, c.want, "rejected "+a.Faults[0].GetCode())
			case connector.Wait:
				require.Equal(t, c.want, "wait "+a.Reason)
				require.Equal(t, conn, a.Scope)
				if c.status != http.StatusOK {
					require.Equal(t, 7*time.Second, a.For)
				}
			case connector.Uncertain:
				require.Equal(t, c.want, "uncertain "+a.Reason)
			}
			if c.status != http.StatusOK {
				_, err := connect(t, server.URL, nil).Find(t.Context(), connector.Query{Marker: "st-kit-1"})
				require.Error(t, err, "no other answer than 200 is an empty find")
			}
		})
	}
}

func TestNobodyThereIsAWaitAndNoDoubt(t *testing.T) {
	c := connect(t, "http://127.0.0.1:1", nil)
	answer := c.Create(t.Context(), posting())
	require.Equal(t, connector.ReasonUnreachable, answer.(connector.Wait).Reason)
	_, err := c.Find(t.Context(), connector.Query{Marker: "st-kit-1"})
	require.Error(t, err)
	faults := c.Check(t.Context())
	require.Equal(t, "accounting.unreachable", faults[0].GetCode())
}

func TestCheckTellsASecretThatIsNotKnown(t *testing.T) {
	e, url := newEndpoint(t)
	e.Keys = []webhook.Key{key(t, older)}
	faults := connect(t, url, nil).Check(t.Context())
	require.Len(t, faults, 1)
	require.Equal(t, "webhook.signature_refused", faults[0].GetCode())
	require.Contains(t, faults[0].GetFix(), "kit-books")
	e.Keys = append(e.Keys, key(t, secret))
	require.Empty(t, connect(t, url, nil).Check(t.Context()))
}

// Whoever overhears the question for one marker cannot ask for another.
func TestTheReceiverAnswersOnlyWhatWasSigned(t *testing.T) {
	_, url := newEndpoint(t)
	ask := func(marker, signed string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"?marker="+marker, http.NoBody)
		require.NoError(t, err)
		now := time.Now()
		req.Header.Set(webhook.HeaderID, signed)
		req.Header.Set(webhook.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
		req.Header.Set(webhook.HeaderSignature, webhook.Sign([]webhook.Key{key(t, secret)}, signed, now, nil))
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	require.Equal(t, http.StatusOK, ask("st-kit-1", "st-kit-1"))
	require.Equal(t, http.StatusUnauthorized, ask("st-kit-2", "st-kit-1"))
	require.Equal(t, http.StatusInternalServerError, ask("..%2Fsecrets", "../secrets"))
}

func TestSettingsThatAreWrongAreNamed(t *testing.T) {
	_, err := webhook.New(webhook.Config{
		URL: "http://books.example.com", Parallel: -1, CallTimeout: time.Hour, SettlingTime: -1, RemembersKeys: time.Second,
		Secrets: []connection.Secret{connection.NewSecret("hunter2"), connection.NewSecret("whsec_c2hvcnQ="), connection.NewSecret("whsec_!")},
	}, connector.Settings{})
	for _, part := range []string{
		`setting url: "http" has to be https`, "setting parallel: -1", "setting call_timeout: 1h0m0s", "setting settling_time: -1ns", "setting remembers_keys: 1s",
		"setting secrets: there are 3", `number 1: it does not begin with "whsec_"`, "number 2: it has 5 bytes, and needs 24 to 64", "number 3: what follows whsec_ is no base64",
	} {
		require.ErrorContains(t, err, part)
	}
	require.NotContains(t, err.Error(), "hunter2")
	for _, bad := range []string{"", "books", "https://u:p@books.example.com", "ftp://books.example.com"} {
		_, err := webhook.New(webhook.Config{URL: bad, Secrets: []connection.Secret{connection.NewSecret(secret)}}, connector.Settings{})
		require.ErrorContains(t, err, "setting url", strings.TrimSpace(bad))
	}
}
