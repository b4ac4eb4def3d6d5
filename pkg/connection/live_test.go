package connection_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
)

// follower is a Live that follows a directory, in a synctest bubble.
type follower struct {
	*connection.Live
	t   *testing.T
	dir string
	log bytes.Buffer
}

// follow runs f with a Live that follows text.
func follow(t *testing.T, text string, f func(*testing.T, *follower)) {
	t.Helper()
	path := write(t, text)
	synctest.Test(t, func(t *testing.T) {
		config, err := connection.Load(path, nil)
		require.NoError(t, err)
		l := &follower{t: t, dir: filepath.Dir(path)}
		l.Live = connection.NewLive(config, connection.LiveOptions{
			Log:    slog.New(slog.NewTextHandler(&l.log, nil)),
			Checks: []func(*connection.Config) error{func(c *connection.Config) error { return c.CheckConnectors([]string{"hledger"}) }},
		})
		ctx, cancel := context.WithCancel(t.Context())
		go l.Run(ctx)
		f(t, l)
		cancel()
		synctest.Wait()
	})
}

func (l *follower) path(name string) string { return filepath.Join(l.dir, name) }

func (l *follower) put(name, text string) { put(l.t, l.path(name), text) }

// looks lets so many looks at the files pass.
func (l *follower) looks(n int) {
	time.Sleep(time.Duration(n)*2*time.Second + time.Millisecond) // fake time
	synctest.Wait()
}

const second = `  west-books:
    account: west
    connector: hledger
    mapping_file: mapping.yaml
`

func twoAccounts() string {
	west := strings.Replace(small[len("accounts:\n"):strings.Index(small, "connections:")], "acme", "west", 1)
	west = strings.Replace(west, "username: u", "username: w", 1)
	return strings.Replace(small, "connections:", west+"connections:", 1) + second
}

func TestAChangedFileIsInForceWhenItIsWhole(t *testing.T) {
	follow(t, small, func(t *testing.T, l *follower) {
		before, changed := l.Watch()
		l.put("tradepost.yaml", twoAccounts())
		l.looks(1)
		require.Same(t, before, l.Current(), "perhaps not whole yet")
		l.looks(1)
		require.Contains(t, l.Current().Connections, "west-books")
		select {
		case <-changed:
		default:
			require.Fail(t, "nobody is told")
		}
		require.NotContains(t, before.Connections, "west-books", "what somebody still uses is never changed")
		require.Contains(t, l.log.String(), `connections_changed=+west-books`)
		require.Equal(t, 1, l.Status().Taken)
	})
}

func TestAFileThatIsBeingWrittenIsLeftAlone(t *testing.T) {
	follow(t, small, func(t *testing.T, l *follower) {
		whole := twoAccounts()
		for i := range 20 {
			l.put("tradepost.yaml", whole[:len(whole)*i/20])
			l.looks(1)
		}
		require.Zero(t, l.Status().Refused, "%s", l.log.String())
		l.put("tradepost.yaml", whole)
		l.looks(2)
		require.Equal(t, 1, l.Status().Taken)
		require.Zero(t, l.Status().Refused)
	})
}

func TestABadFileIsRefusedAndTold(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		told       []string
	}{
		"no YAML":           {"tradepost.yaml", small + "  - x\n", []string{"tradepost.yaml:13:"}},
		"a wrong value":     {"tradepost.yaml", strings.Replace(small, "America/Chicago", "Chicago", 1), []string{"tradepost.yaml:3:", "time_zone"}},
		"two wrong values":  {"tradepost.yaml", strings.NewReplacer("America/Chicago", "Chicago", "username: u", "user: u").Replace(small), []string{"time_zone", "tradepost.yaml:5:"}},
		"unknown connector": {"tradepost.yaml", strings.Replace(small, "hledger", "ledger", 1), []string{"tradepost.yaml:11:", "this program has no connector"}},
		"a broken mapping":  {"mapping.yaml", "version: 1\nitem: {}\n", []string{"mapping.yaml:2:"}},
	} {
		t.Run(name, func(t *testing.T) {
			follow(t, small, func(t *testing.T, l *follower) {
				before := l.Current()
				good, err := os.ReadFile(l.path(c.file))
				require.NoError(t, err)
				l.put(c.file, c.text)
				l.looks(5)
				require.Same(t, before, l.Current())
				require.Equal(t, 1, l.Status().Refused, "told once")
				var all *connection.Error
				require.True(t, errors.As(l.Status().Trouble, &all))
				for _, told := range c.told {
					require.Contains(t, l.Status().Trouble.Error(), told)
					require.Contains(t, l.log.String(), told)
				}
				require.Contains(t, l.log.String(), "level=ERROR")
				l.put(c.file, string(good)+"\n# mended\n")
				l.looks(2)
				require.NoError(t, l.Status().Trouble)
				require.NotSame(t, before, l.Current())
				l.put(c.file, c.text)
				l.looks(2)
				require.Error(t, l.Status().Trouble)
				l.put(c.file, string(good)+"\n# mended\n")
				l.looks(2)
				require.NoError(t, l.Status().Trouble, "what is in force already is no trouble either")
				require.Equal(t, 1, l.Status().Taken)
			})
		})
	}
}

func TestFurtherBadEditsDoNotMakeARefusalYounger(t *testing.T) {
	follow(t, small, func(t *testing.T, l *follower) {
		l.put("tradepost.yaml", strings.Replace(small, "America/Chicago", "Chicago", 1))
		l.looks(2)
		since := l.Status().RefusedAt
		require.False(t, since.IsZero())
		l.put("tradepost.yaml", strings.Replace(small, "America/Chicago", "Springfield", 1))
		l.looks(2)
		require.Equal(t, 2, l.Status().Refused)
		require.Equal(t, since, l.Status().RefusedAt)
	})
}

func TestARefusalTellsNoValueAtTheWrongPlace(t *testing.T) {
	follow(t, small, func(t *testing.T, l *follower) {
		l.put("tradepost.yaml", strings.Replace(small, "  acme:\n", "  acme: hunter2-SECRET\n  west:\n", 1))
		l.looks(2)
		require.ErrorContains(t, l.Status().Trouble, "but is a text")
		require.NotContains(t, l.Status().Trouble.Error()+l.log.String(), "hunter2-SECRET")
	})
}

func TestAFileWithoutConnectionsIsTakenWithAWarning(t *testing.T) {
	follow(t, small, func(t *testing.T, l *follower) {
		accounts, _, _ := strings.Cut(small, "connections:")
		l.put("tradepost.yaml", accounts)
		l.looks(2)
		require.Empty(t, l.Current().Connections)
		require.Contains(t, l.log.String(), "level=WARN")
		require.Contains(t, l.log.String(), "nothing is posted")
		require.Contains(t, l.log.String(), "connections_changed=-acme-books")
	})
}

func TestAFileThatIsGoneIsRefused(t *testing.T) {
	follow(t, small, func(t *testing.T, l *follower) {
		require.NoError(t, os.Rename(l.path("tradepost.yaml"), l.path("aside")))
		l.looks(2)
		require.ErrorContains(t, l.Status().Trouble, "cannot be read")
		require.NoError(t, os.Rename(l.path("aside"), l.path("tradepost.yaml")))
		l.looks(2)
		require.NoError(t, l.Status().Trouble)
	})
}

// Kubernetes puts a ConfigMap into a directory of its own and moves a symbolic
// link, so that no file that is watched is ever written.
func TestASwappedSymbolicLinkIsSeen(t *testing.T) {
	follow(t, small, func(t *testing.T, l *follower) {
		l.put("v2/tradepost.yaml", twoAccounts())
		require.NoError(t, os.Symlink("v2/tradepost.yaml", l.path("new")))
		require.NoError(t, os.Rename(l.path("new"), l.path("tradepost.yaml")))
		l.looks(2)
		require.Contains(t, l.Current().Connections, "west-books")
		l.put("v3/tradepost.yaml", small)
		require.NoError(t, os.Symlink("v3", l.path("next")))
		require.NoError(t, os.RemoveAll(l.path("v2")))
		require.NoError(t, os.Rename(l.path("next"), l.path("v2")))
		l.looks(2)
		require.NotContains(t, l.Current().Connections, "west-books")
	})
}

func TestSecretsAndMappingsAreFollowed(t *testing.T) {
	text := strings.Replace(small, "password: p", "password: {file: password}", 1) +
		"    settings:\n      journal_dir: books\n      token:\n        file: token\n"
	dir := t.TempDir()
	put(t, filepath.Join(dir, "password"), "one")
	text = strings.Replace(text, "file: password", "file: "+filepath.Join(dir, "password"), 1)
	text = strings.Replace(text, "file: token", "file: "+filepath.Join(dir, "token"), 1)
	put(t, filepath.Join(dir, "token"), "one")
	follow(t, text, func(t *testing.T, l *follower) {
		first := l.Current()
		put(t, filepath.Join(dir, "password"), "two")
		l.looks(2)
		require.Equal(t, "two", l.Current().Accounts["acme"].ServiceTrade.Password.Reveal())
		require.NotEqual(t, first.Accounts["acme"].Fingerprint(), l.Current().Accounts["acme"].Fingerprint())

		account := l.Current().Accounts["acme"].Fingerprint()
		before := l.Current().Connections["acme-books"]
		put(t, filepath.Join(dir, "token"), "two")
		l.looks(2)
		after := l.Current().Connections["acme-books"]
		require.NotEqual(t, before.Fingerprint(), after.Fingerprint())
		require.Equal(t, account, l.Current().Accounts["acme"].Fingerprint())
		require.Equal(t, "one", token(t, before), "what is in force reads what it was loaded with")
		require.Equal(t, "two", token(t, after))

		l.put("mapping.yaml", connection.ExampleMapping()+"\n# another\n")
		l.looks(2)
		require.NotSame(t, after.Mapping, l.Current().Connections["acme-books"].Mapping)
		require.Equal(t, after.Fingerprint(), l.Current().Connections["acme-books"].Fingerprint(), "a mapping needs no new start")
		require.Equal(t, 3, l.Status().Taken)
		require.NotContains(t, l.log.String(), "two")
	})
}

func token(t *testing.T, c *connection.Connection) string {
	t.Helper()
	var settings struct {
		JournalDir string            `yaml:"journal_dir"`
		Token      connection.Secret `yaml:"token"`
	}
	require.NoError(t, c.DecodeSettings(&settings))
	return settings.Token.Reveal()
}

func TestWhatCannotChangeIsKeptAndTold(t *testing.T) {
	follow(t, small, func(t *testing.T, l *follower) {
		before := l.Current()
		l.put("tradepost.yaml", "data_dir: other\nlog: {level: debug}\nwebhook: {public_url: 'https://t.example'}\n"+twoAccounts())
		l.looks(2)
		c := l.Current()
		require.Contains(t, c.Connections, "west-books", "the rest is in force")
		require.Equal(t, before.DataDir, c.DataDir)
		require.Equal(t, before.Log, c.Log)
		require.Equal(t, "https://t.example", c.Webhook.PublicURL)
		for _, name := range []string{"data_dir", "log"} {
			require.Contains(t, l.log.String(), `level=WARN msg="a changed setting takes effect at the next start" setting=`+name)
		}
		require.NotContains(t, l.log.String(), "setting=nats")
	})
}

func TestReloadReadsAtOnceAndAnswers(t *testing.T) {
	follow(t, small, func(t *testing.T, l *follower) {
		l.Reload()
		synctest.Wait()
		require.Contains(t, l.log.String(), "the files say what is in force already")
		l.put("tradepost.yaml", twoAccounts())
		l.Reload()
		synctest.Wait()
		require.Contains(t, l.Current().Connections, "west-books")
	})
}

// Only the entry of a connection, and what it names, makes it another.
func TestFingerprints(t *testing.T) {
	load := func(text string) *connection.Config {
		c, err := connection.Load(write(t, text), nil)
		require.NoError(t, err)
		return c
	}
	a := load(small)
	b := load("# a comment\n" + twoAccounts())
	require.Equal(t, a.Connections["acme-books"].Fingerprint(), b.Connections["acme-books"].Fingerprint())
	for name, change := range map[string][2]string{
		"password":  {"password: p", "password: q"},
		"zone":      {"America/Chicago", "America/Denver"},
		"settings":  {"mapping_file: mapping.yaml", "mapping_file: mapping.yaml\n    settings: {journal_dir: x}"},
		"enabled":   {"mapping_file: mapping.yaml", "mapping_file: mapping.yaml\n    enabled: false"},
		"poll time": {"password: p", "password: p\n      poll_interval: 10s"},
	} {
		c := load(strings.Replace(small, change[0], change[1], 1))
		require.NotEqual(t, a.Connections["acme-books"].Fingerprint(), c.Connections["acme-books"].Fingerprint(), name)
	}
}
