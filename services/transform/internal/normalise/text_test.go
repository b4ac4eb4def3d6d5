package normalise_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// What is one line stays as it is, and everything else becomes one: the short way
// for clean text may not answer differently.
func TestOneLine(t *testing.T) {
	for written, want := range map[string]string{
		"": "", "a": "a", " a": "a", "a ": "a", "a  b": "a b", "a b": "a b", " ": "", "a\tb": "a b", "a\r\nb": "a b", "a\x00b": "ab", "ä  ö": "ä ö",
	} {
		require.Equal(t, want, normalise.OneLine(written), "%q", written)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune(" ab~\t\n\x7fé"))).Draw(t, "text")
		line := normalise.OneLine(s)
		require.Equal(t, line, normalise.OneLine(line))
		require.Equal(t, line, strings.Join(strings.Fields(strings.Map(func(r rune) rune {
			if r == 0x7f {
				return -1
			}
			return r
		}, s)), " "))
	})
}
