package doctor

import (
	"context"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSystemName(t *testing.T) {
	for id, want := range map[string]string{
		"acme-books": "acme_books", "1-acme": "acme", "99": "tradepost", "--": "tradepost", "a-": "a", "x": "x",
	} {
		require.Equal(t, want, systemName(id), id)
	}
	rapid.Check(t, func(t *rapid.T) {
		name := systemName(rapid.StringMatching(`[a-z0-9-]{1,40}`).Draw(t, "id"))
		if !systemRule.MatchString(name) {
			t.Fatalf("%q", name)
		}
	})
}

func TestTextFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringMatching(`([a-zé\n\x1b]{1,20} ?){0,40}`)
		r := newReport([]Result{{
			System: "nats", Check: "streams", Status: Fail, Looked: words.Draw(t, "looked"), Problem: words.Draw(t, "problem"),
			Owner: "office", Fix: words.Draw(t, "fix"),
		}}, []Guide{{Title: words.Draw(t, "title"), Steps: []string{words.Draw(t, "step")}}})
		width := rapid.IntRange(0, 200).Draw(t, "width")
		for line := range strings.Lines(r.Text(width, nil)) {
			line = strings.TrimSuffix(line, "\n")
			last := line[strings.LastIndex(line, " ")+1:]
			if utf8.RuneCountInString(line)-utf8.RuneCountInString(last) > min(max(width, MinWidth), MaxWidth) {
				t.Fatalf("too long: %q", line)
			}
			if strings.ContainsRune(line, '\x1b') {
				t.Fatalf("a control character came through: %q", line)
			}
		}
	})
	require.Equal(t, []string{"a", "/a/very/long/path", "b"}, wrap("a /a/very/long/path b", 5))
	require.Empty(t, wrap("", 5))
}

func TestAddressesWithoutPasswords(t *testing.T) {
	require.Equal(t, "nats://a:4222,tls://b", withoutPasswords("nats://u:p@a:4222, tls://token@b"))
	require.Equal(t, "(no usable address)", withoutPasswords("%zz"))
	require.Equal(t, "https://h/api", shownURL("https://u:p@h/api?key=1"))
}

func TestUnreached(t *testing.T) {
	u := &url.URL{Scheme: "https", Host: "api.example", Path: "/api"}
	for want, err := range map[string]error{
		"the name api.example cannot be looked up": &url.Error{Err: &net.DNSError{IsNotFound: true}},
		"no answer in time":                        &url.Error{Err: context.DeadlineExceeded},
		"no connection: network is unreachable":    &url.Error{Err: syscall.ENETUNREACH},
	} {
		require.Equal(t, want, check{}.unreached(u, err).Problem)
	}
}

func FuzzEvidence(f *testing.F) {
	f.Add([]byte(`{"data":{"comments":[{"id":1,"entity":{"id":5,"type":3,"uri":"https://x/api/job/5"}}]}}`))
	f.Add([]byte(`{"data":[{"id":"1","entity":{"id":"5","type":"Invoice"}},{"entity":7},null]}`))
	f.Add([]byte(`{"data":[]}`))
	f.Add([]byte(`<html>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, about := range evidence([][]byte{body}) {
			require.NotEmpty(t, about.String())
			require.Equal(t, about.kind, strings.ToLower(about.kind))
		}
	})
}
