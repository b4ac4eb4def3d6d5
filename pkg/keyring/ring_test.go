package keyring_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"

	"github.com/tradepost/tradepost/pkg/keyring"
)

func ring(t testing.TB, text string) *keyring.Ring {
	t.Helper()
	r, err := keyring.Parse(text)
	require.NoError(t, err)
	return r
}

// A key is replaced in steps, and at each of them what was encrypted before is read.
func TestAKeyIsReplacedWithoutLoss(t *testing.T) {
	first := keyring.NewKey() + "\n"
	sealed, err := ring(t, first).Encrypt([]byte("tokens"), "place")
	require.NoError(t, err)
	reads := func(text string, sealed []byte) {
		t.Helper()
		plain, err := ring(t, text).Decrypt(sealed, "place")
		require.NoError(t, err)
		require.Equal(t, "tokens", string(plain))
	}

	added, id, err := keyring.Add(first)
	require.NoError(t, err)
	reads(added, sealed)
	require.NotEqual(t, id, ring(t, added).IDs()[0], "a new key does not encrypt before all processes have it")
	require.Equal(t, ring(t, first).Primary(), ring(t, added).Primary())

	promoted, inUse, err := keyring.Promote(added)
	require.NoError(t, err)
	require.Equal(t, id, inUse)
	reads(promoted, sealed)
	newer, err := ring(t, promoted).Encrypt([]byte("tokens"), "place")
	require.NoError(t, err)
	reads(added, newer)
	of, told := keyring.KeyOf(newer)
	require.True(t, told)
	require.Equal(t, id, of)

	old, _ := keyring.KeyOf(sealed)
	_, err = keyring.Drop(promoted, id)
	require.ErrorIs(t, err, keyring.ErrInUse)
	dropped, err := keyring.Drop(promoted, old)
	require.NoError(t, err)
	reads(dropped, newer)
	_, err = ring(t, dropped).Decrypt(sealed, "place")
	require.ErrorIs(t, err, keyring.ErrNoKey)
	require.ErrorContains(t, err, old.String())
}

func TestWhatWasMovedOrChangedIsNotRead(t *testing.T) {
	r := ring(t, keyring.NewKey())
	sealed, err := r.Encrypt([]byte("tokens"), "grants/acme")
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "tokens")
	_, err = r.Decrypt(sealed, "grants/other")
	require.Error(t, err)
	require.NotErrorIs(t, err, keyring.ErrNoKey)
	sealed[len(sealed)-1]++
	_, err = r.Decrypt(sealed, "grants/acme")
	require.Error(t, err)
}

// tinkKeyset is what `tinkey create-keyset` and `tinkey rotate-keyset` write.
func tinkKeyset(t testing.TB, templates ...*tinkpb.KeyTemplate) string {
	t.Helper()
	m := keyset.NewManager()
	for _, template := range templates {
		id, err := m.Add(template)
		require.NoError(t, err)
		require.NoError(t, m.SetPrimary(id))
	}
	handle, err := m.Handle()
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&out)))
	return out.String()
}

func TestATinkKeysetIsARing(t *testing.T) {
	text := tinkKeyset(t, aead.AES256GCMKeyTemplate(), aead.XChaCha20Poly1305KeyTemplate())
	r := ring(t, text)
	require.Len(t, r.IDs(), 2)
	require.Len(t, r.Primary(), keyring.KeySize)
	require.Equal(t, r.Primary(), ring(t, text).Primary())
	sealed, err := r.Encrypt([]byte("tokens"), "place")
	require.NoError(t, err)
	of, told := keyring.KeyOf(sealed)
	require.True(t, told)
	require.Equal(t, r.IDs()[0], of)
	plain, err := ring(t, text).Decrypt(sealed, "place")
	require.NoError(t, err)
	require.Equal(t, "tokens", string(plain))
	_, _, err = keyring.Add(text)
	require.ErrorIs(t, err, keyring.ErrTinks)

	_, err = keyring.Parse(tinkKeyset(t, mac.HMACSHA256Tag256KeyTemplate()))
	require.ErrorContains(t, err, "not for encryption")
}

func TestBadRings(t *testing.T) {
	key := keyring.NewKey()
	for text, want := range map[string]string{
		"":                    "holds no key",
		"# only a remark\n":   "holds no key",
		"c2hvcnQ=":            "key 1 is not 32 bytes",
		key + "\nrubbish":     "key 2 is not 32 bytes",
		key + " " + key:       "key 2 stands there twice",
		"{}":                  "is no Tink keyset",
		`{"primaryKeyId": 1}`: "is no Tink keyset",
	} {
		_, err := keyring.Parse(text)
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), key)
	}
	_, _, err := keyring.Promote(key)
	require.ErrorContains(t, err, "one key only")
	_, err = keyring.Drop(key, 5)
	require.ErrorContains(t, err, "no key 00000005")
	require.Len(t, ring(t, "# made in 2026\n"+key+"\r\n\n").IDs(), 1)
	id, err := keyring.ParseID(ring(t, key).IDs()[0].String())
	require.NoError(t, err)
	require.Equal(t, ring(t, key).IDs()[0], id)
	_, err = keyring.ParseID("hello")
	require.Error(t, err)
}

func FuzzParse(f *testing.F) {
	f.Add(keyring.NewKey() + "\n" + keyring.NewKey())
	f.Add(tinkKeyset(f, aead.AES256GCMKeyTemplate()))
	f.Add("{}")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := keyring.Parse(text)
		if err != nil {
			return
		}
		if len(r.IDs()) == 0 || len(r.Primary()) != keyring.KeySize {
			t.Fatal("a ring without a key")
		}
		sealed, err := r.Encrypt([]byte("x"), "p")
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := r.Decrypt(sealed, "p"); err != nil || string(plain) != "x" {
			t.Fatal("what was encrypted cannot be read")
		}
		if !strings.HasPrefix(strings.TrimSpace(text), "{") {
			if longer, _, err := keyring.Add(text); err != nil || len(longer) == 0 {
				t.Fatal("a list of keys takes no other")
			}
		}
	})
}
