package ansi_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/services/deliver/internal/ansi"
)

func TestTextsStayReadable(t *testing.T) {
	for text, want := range map[string]string{
		"Zażółć gęślą jaźń": "Zazólc gesla jazn", "5 € – „ok” ×2": "5 € – „ok” ×2", "冷却水": "???", "ﬁne ½": "fine ½",
		"a\r\nb\tc\x00d": "a b c d", "a\u202eb": "ab", "e\u0301": "e", "\x85 \u0085x": "\ufffd x",
	} {
		if want == "\ufffd x" {
			want = "? x" // What is no UTF-8 is no letter.
		}
		require.Equal(t, want, ansi.Text(text), "%q", text)
	}
}

func TestWhatIsEncodedIsReadBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := ansi.Text(rapid.String().Draw(r, "text"))
		require.True(r, utf8.ValidString(text))
		require.Equal(r, text, ansi.Text(text), "once is enough")
		back, err := charmap.Windows1252.NewDecoder().Bytes(ansi.Encode(text))
		require.NoError(r, err)
		require.Equal(r, text, string(back))
	})
}
