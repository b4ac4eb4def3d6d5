package match

import (
	"slices"
	"unicode/utf8"

	"github.com/adrg/strutil/metrics"
)

// sameWord is how alike two words have to be to count as one word written in two ways.
const sameWord = 0.88

// similarity of two names from 0 to 1, by their words in any order: how much of each
// is found in the other. Long words count more than short ones.
func similarity(a, b []string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	return (found(a, b) + found(b, a)) / 2
}

// found is the part of a's letters in words that b has too.
func found(a, b []string) float64 {
	jw := metrics.NewJaroWinkler()
	var have, all float64
	for _, word := range a {
		weight, best := float64(utf8.RuneCountInString(word)), 0.0
		for _, other := range b {
			best = max(best, alike(jw, word, other))
		}
		all += weight
		have += weight * best
	}
	return have / all
}

func alike(jw *metrics.JaroWinkler, a, b string) float64 {
	if a == b {
		return 1
	}
	// Numbers and very short words are the same, or they are others.
	// Who writes a name down gets its first letter right.
	if a[0] != b[0] || utf8.RuneCountInString(a) < 4 || utf8.RuneCountInString(b) < 4 || hasDigit(a) || hasDigit(b) {
		return 0
	}
	if s := jw.Compare(a, b); s >= sameWord {
		return s
	}
	return 0
}

// otherNumbers tells that both names have numbers and share none: store 4 is not store 5.
func otherNumbers(a, b []string) bool {
	var have, other bool
	for _, word := range a {
		if hasDigit(word) {
			have = true
			if slices.Contains(b, word) {
				return false
			}
		}
	}
	for _, word := range b {
		other = other || hasDigit(word)
	}
	return have && other
}

func hasDigit(s string) bool {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			return true
		}
	}
	return false
}
