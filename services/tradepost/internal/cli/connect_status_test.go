package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/keyring"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/deliver"
)

func (f *firm) statusText() string {
	f.t.Helper()
	code, out, told := f.run(nil, "connect", "quickbooks", "--status")
	require.Equal(f.t, runtime.ExitOK, code, told)
	for line := range strings.Lines(out) {
		require.LessOrEqual(f.t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), 100, line)
	}
	return out
}

// doctored is what doctor says of the connection, by check; a check told twice is joined.
func (f *firm) doctored() map[string]string {
	f.t.Helper()
	_, out, _ := f.run(nil, "-o", "json", "doctor")
	var report struct {
		Results []struct{ System, Check, Status, Problem, Fix, Code string }
	}
	require.NoError(f.t, json.Unmarshal([]byte(out), &report), out)
	said := map[string]string{}
	for _, r := range report.Results {
		if r.System == "connection acme-qbo" {
			said[r.Check] += strings.Join([]string{r.Status, r.Code, r.Problem, r.Fix}, " | ")
		}
	}
	return said
}

// A connection that is signed out says since when, why in Intuit's words, and the command;
// it does not tell of ends that mean nothing any more.
func TestStatusOfASignedOutConnection(t *testing.T) {
	f := newFirm(t, "")
	code, _, _ := f.signIn()
	require.Equal(t, runtime.ExitOK, code)
	require.Contains(t, f.statusText(), "if it is not used until then")
	f.stand.API.Disconnect(f.realm)
	f.doctored() // it asks the books, and so finds out
	out := f.statusText()
	require.Contains(t, out, "connection acme-qbo: SIGNED OUT of QuickBooks Online since "+time.Now().Format("2006-"))
	require.Contains(t, out, "somebody disconnected")
	require.Contains(t, out, "HTTP 400 invalid_grant")
	require.Regexp(t, `(?m)^  intuit_tid +\S+$`, out)
	require.Contains(t, out, "tradepost connect quickbooks acme-qbo")
	require.NotContains(t, out, "ends")
	s := f.status()
	require.False(t, s.SignedIn)
	require.Zero(t, s.UnusedUntil)
	require.Zero(t, s.Ends)
	require.WithinDuration(t, time.Now(), s.SignedOut, time.Hour)
	require.NotEmpty(t, s.RequestID)
}

// Long names wrap, and a command is never broken in two.
func TestStatusDoesNotBreakACommand(t *testing.T) {
	id := strings.Repeat("c", 40)
	row := signInRow{
		Connection: id, System: "quickbooks", title: "QuickBooks Online", happened: strings.Repeat("because ", 40), Reason: grant.ReasonRefused,
		Fix: "Sign in again, and do not wait for long: tradepost connect quickbooks " + id + " - what waits is then posted by itself.", now: time.Now(),
	}
	out := signInRows{row}.text()
	require.Contains(t, out, "tradepost connect quickbooks "+id)
	for line := range strings.Lines(out) {
		require.LessOrEqual(t, len(line), 100)
	}
}

// Where a process lacks the key nobody is told to sign in again: the key has to come back.
func TestStatusAndDoctorTellOfAMissingKey(t *testing.T) {
	f := newFirm(t, "")
	code, _, _ := f.signIn()
	require.Equal(t, runtime.ExitOK, code)
	wrong := keyring.NewKey()
	ring, err := keyring.Parse(wrong)
	require.NoError(t, err)
	keeper, err := grant.Open(t.Context(), grant.Options{JS: f.js, Ring: ring, Owner: "deliver-1", KeyMissing: func(string, error) {}})
	require.NoError(t, err)
	d := f.desk()
	_, err = keeper.Tokens("acme-qbo", d.SignIn).Token(t.Context())
	require.ErrorContains(t, err, "TRADEPOST_SECRETS_KEY")
	right := f.status().Key

	out := f.statusText()
	require.Contains(t, out, "signed in to QuickBooks Online, but A KEY IS MISSING")
	require.Contains(t, out, "deliver-1 since")
	require.Contains(t, out, "it needs key "+right)
	require.Contains(t, out, "TRADEPOST_SECRETS_KEY")
	require.NotContains(t, out, "ign in again")
	require.True(t, f.status().SignedIn)
	said := f.doctored()
	require.Contains(t, said["sign-in"], "fail | connection.key_missing | no process of deliver that runs has the key")
	require.Contains(t, said["sign-in"], "deliver-1")
	require.Contains(t, said["books"], "ok", "doctor has the key")

	f.write("secrets.key", wrong+"\n")
	said = f.doctored()
	require.Contains(t, said["key"], "warn | connection.key_missing | this command has not the key for secrets")
	require.Contains(t, said["key"], right)
	require.Contains(t, said["books"], "skip")
	for _, text := range said {
		require.NotContains(t, text, "Connect QuickBooks Online again")
		require.NotContains(t, text, "Sign in again")
	}
}

// desk is how the connection is signed in.
func (f *firm) desk() grant.Connection {
	f.t.Helper()
	config, err := connection.Load(f.dir+"/tradepost.yaml", nil)
	require.NoError(f.t, err)
	d := &signInDesk{g: &global{}, cmd: newRoot(), config: config}
	d.cmd.SetContext(f.t.Context())
	d.connectors, err = deliver.Connectors()
	require.NoError(f.t, err)
	c, err := d.of(config.Connections["acme-qbo"])
	require.NoError(f.t, err)
	return c
}

// A connection that nobody could ever sign in is refused with its place in the file.
func TestValidateRefusesAConnectionWithoutAnApp(t *testing.T) {
	f := newFirm(t, "")
	code, out, told := f.run(nil, "config", "validate")
	require.Equal(t, runtime.ExitOK, code, told)
	require.Contains(t, out, "is valid")
	text := fmt.Sprintf(quickbooksConfig, f.nats, "", f.url, f.back)
	before, _, _ := strings.Cut(text, "      app:")
	f.write("tradepost.yaml", before)
	code, _, told = f.run(nil, "config", "validate")
	require.Equal(t, runtime.ExitConfig, code)
	require.Regexp(t, `tradepost\.yaml:\d+:\d+: connections\.acme-qbo\.settings: .*setting app: is missing`, told)
	require.Contains(t, told, "client_id and client_secret")
}
