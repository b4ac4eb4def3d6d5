package receiver_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tradepost/tradepost/pkg/bus"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/remote/remotetest"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook/receiver"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="

// post signs and posts a create; change spoils the request after it was signed.
func post(t *testing.T, r *receiver.Receiver, deadline time.Time, change func(*http.Request)) (status int, answer string) {
	t.Helper()
	body, err := bus.Encode(&tradepostv1.ConnectorCall{
		Connection: "acme-books", Deadline: timestamppb.New(deadline),
		Operation: &tradepostv1.ConnectorCall_Create{Create: &tradepostv1.AskCreate{Document: remotetest.Sample(1), DocumentHash: "h", Key: "k"}},
	})
	require.NoError(t, err)
	req := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	sign(t, r, req, "k")
	if change != nil {
		change(req)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w.Code, w.Body.String()
}

// sign signs a request under a key, as the connector does.
func sign(t *testing.T, r *receiver.Receiver, req *http.Request, key string) {
	t.Helper()
	body, err := io.ReadAll(req.Body)
	require.NoError(t, err)
	req.Body = io.NopCloser(bytes.NewReader(body))
	now := time.Now()
	req.Header.Set(webhook.HeaderKey, key)
	req.Header.Set(webhook.HeaderID, key)
	req.Header.Set(webhook.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(webhook.HeaderSignature, webhook.Sign(r.Keys, key, now, body))
}

func TestNothingIsWrittenThatWasNotSignedOrIsLate(t *testing.T) {
	key, err := webhook.ParseSecret(secret)
	require.NoError(t, err)
	r := &receiver.Receiver{Dir: t.TempDir(), Keys: []webhook.Key{key}, CompanyID: "acme"}
	soon := time.Now().Add(time.Minute)
	for name, change := range map[string]func(*http.Request){
		"another body": func(req *http.Request) { req.Body = io.NopCloser(bytes.NewReader([]byte("{}"))) },
		"another id":   func(req *http.Request) { req.Header.Set(webhook.HeaderID, "k2") },
		"unsigned":     func(req *http.Request) { req.Header.Del(webhook.HeaderSignature) },
	} {
		status, _ := post(t, r, soon, change)
		require.Equal(t, http.StatusUnauthorized, status, name)
	}
	status, _ := post(t, r, soon, func(req *http.Request) { req.Header.Set(webhook.HeaderKey, "k2") })
	require.Equal(t, http.StatusUnauthorized, status, "the key of the header is not the one that was signed")
	status, _ = post(t, r, soon, func(req *http.Request) { sign(t, r, req, "k2") })
	require.Equal(t, http.StatusBadRequest, status, "the key of the header is not that of the body")
	_, answer := post(t, r, time.Now().Add(-time.Second), nil)
	require.Contains(t, answer, `"reason":"fenced"`)
	files, err := os.ReadDir(r.Dir)
	require.NoError(t, err)
	require.Empty(t, files)

	status, answer = post(t, r, soon, nil)
	require.Equal(t, http.StatusOK, status, answer)
	require.FileExists(t, filepath.Join(r.Dir, "st-kit-1.json"))
	_, again := post(t, r, soon, nil)
	require.Contains(t, again, `"adopted":true`)
}

func TestTheCommandSaysWhatIsMissing(t *testing.T) {
	none := func(string) string { return "" }
	for want, c := range map[string]struct {
		args []string
		env  func(string) string
	}{
		"--company-id is missing":       {nil, none},
		"WEBHOOK_SECRETS is empty":      {[]string{"--company-id", "acme"}, none},
		"WEBHOOK_SECRETS, number 1: it": {[]string{"--company-id", "acme"}, func(string) string { return "hunter2" }},
		"not defined: -wrong":           {[]string{"--wrong"}, none},
	} {
		err := receiver.Main(c.args, c.env, io.Discard)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "hunter2")
	}
}
