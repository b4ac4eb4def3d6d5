package signin_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/signin"
)

func key(t testing.TB, b byte) *signin.Key {
	t.Helper()
	k, err := signin.NewKey([]byte(strings.Repeat(string(rune(b)), signin.KeySize)))
	require.NoError(t, err)
	return k
}

func vault(t testing.TB, js jetstream.JetStream, k *signin.Key) *signin.Vault {
	t.Helper()
	s, err := signin.Open(t.Context(), js, k, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return s.Vault("acme", "https://st.example", "session", "tradepost")
}

func TestVaultKeepsAndCompares(t *testing.T) {
	broker := bustest.Server(t)
	js := broker.JS(t)
	one, two := vault(t, js, key(t, 'a')), vault(t, broker.JS(t), key(t, 'a'))
	empty, err := one.Load(t.Context())
	require.NoError(t, err)
	require.Zero(t, empty)

	want := servicetrade.SignIn{
		Access: servicetrade.Access{
			Token: "secret-token", Refresh: "secret-refresh", Expires: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
			User: servicetrade.User{ID: 2687264638045377, Name: "Trade Post"},
		},
		Lease:   &servicetrade.Lease{Owner: "me", Lasts: time.Minute},
		Failure: &servicetrade.Failure{Credentials: "c", Count: 2, Pause: time.Minute, Method: "POST", Path: "/auth", Status: 403},
		Trouble: &servicetrade.Trouble{Reason: servicetrade.ReasonLocked, Since: time.Unix(1, 0).UTC(), Seen: time.Unix(2, 0).UTC(), Fix: "x"},
	}
	kept, err := one.Swap(t.Context(), empty, want)
	require.NoError(t, err)
	_, err = two.Swap(t.Context(), empty, servicetrade.SignIn{})
	require.ErrorIs(t, err, servicetrade.ErrSwapped)
	seen, err := two.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, seen.SignIn)
	require.Equal(t, kept.Revision, seen.Revision)
	now, err := two.Now(t.Context())
	require.NoError(t, err)
	require.False(t, now.Before(seen.At))

	_, err = two.Swap(t.Context(), seen, servicetrade.SignIn{})
	require.NoError(t, err)
	_, err = one.Swap(t.Context(), kept, want)
	require.ErrorIs(t, err, servicetrade.ErrSwapped)
}

func TestTheBucketHoldsNoSecret(t *testing.T) {
	js := bustest.Server(t).JS(t)
	v := vault(t, js, key(t, 'a'))
	_, err := v.Swap(t.Context(), servicetrade.Kept{}, servicetrade.SignIn{Access: servicetrade.Access{Token: "secret-token", Refresh: "secret-refresh"}})
	require.NoError(t, err)
	name, raw := only(t, js)
	require.True(t, strings.HasPrefix(name, "acme."))
	require.NotContains(t, string(raw)+name, "secret")
	require.NotContains(t, string(raw), base64.StdEncoding.EncodeToString([]byte("secret")))
	require.NotEqual(t, v.Fingerprint("pass"), vault(t, js, key(t, 'b')).Fingerprint("pass"), "nobody without the key can try passwords")

	other, err := vault(t, js, key(t, 'b')).Load(t.Context())
	require.NoError(t, err)
	require.Zero(t, other, "another key is another world")

	kv, err := js.KeyValue(t.Context(), bus.BucketSessions)
	require.NoError(t, err)
	spoilt := []byte(strings.Replace(string(raw), `"sealed":"`, `"sealed":"AAAA`, 1))
	_, err = kv.Put(t.Context(), name, spoilt)
	require.NoError(t, err)
	kept, err := v.Load(t.Context())
	require.NoError(t, err)
	require.Zero(t, kept.SignIn, "what cannot be decrypted is nobody signed in")
	require.NotZero(t, kept.Revision)
}

// only returns the one sign-in of the bucket.
func only(t *testing.T, js jetstream.JetStream) (string, []byte) {
	t.Helper()
	kv, err := js.KeyValue(t.Context(), bus.BucketSessions)
	require.NoError(t, err)
	keys, err := kv.Keys(t.Context())
	require.NoError(t, err)
	require.Len(t, keys, 1)
	e, err := kv.Get(t.Context(), keys[0])
	require.NoError(t, err)
	return keys[0], e.Value()
}

func TestClockUnderManyWriters(t *testing.T) {
	js := bustest.Server(t).JS(t)
	v := vault(t, js, key(t, 'a'))
	var group sync.WaitGroup
	faults := make(chan error, 200)
	for range 10 {
		group.Go(func() {
			last := time.Time{}
			for range 20 {
				now, err := v.Now(t.Context())
				if err == nil && now.Before(last) {
					err = fmt.Errorf("%s before %s", now, last)
				}
				faults <- err
				last = now
			}
		})
	}
	group.Wait()
	close(faults)
	for err := range faults {
		require.NoError(t, err)
	}
}

func TestVaultWithoutServer(t *testing.T) {
	broker := bustest.Server(t)
	v := vault(t, broker.JS(t), key(t, 'a'))
	broker.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := v.Load(ctx)
	require.Error(t, err)
	require.NotErrorIs(t, err, servicetrade.ErrSwapped)
	broker.StartAgain(t)
}

func TestKeyFileIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "secrets.key")
	texts := make([]string, 8)
	var group sync.WaitGroup
	for i := range texts {
		group.Go(func() { texts[i], _ = signin.EnsureKeyFile(path) })
	}
	group.Wait()
	for _, text := range texts {
		require.Equal(t, texts[0], text)
	}
	raw, err := base64.StdEncoding.DecodeString(texts[0])
	require.NoError(t, err)
	_, err = signin.NewKey(raw)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1, "no drafts are left")
	_, err = signin.NewKey(raw[1:])
	require.Error(t, err)
}

func FuzzOpen(f *testing.F) {
	k := key(f, 'a')
	sealed, err := k.Seal("acme.x", servicetrade.SignIn{Access: servicetrade.Access{Token: "t"}})
	require.NoError(f, err)
	f.Add(sealed)
	f.Add([]byte(`{"sealed":"AA=="}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := k.Open("acme.x", raw)
		if err != nil && s.Access.Token != "" {
			t.Fatal("an access that could not be read")
		}
	})
}
