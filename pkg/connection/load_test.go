package connection_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
)

// write puts a configuration and the example's mapping into a directory, and
// returns the configuration's path.
func write(t testing.TB, config string) string {
	t.Helper()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "mapping.yaml"), connection.ExampleMapping())
	path := filepath.Join(dir, "tradepost.yaml")
	put(t, path, config)
	return path
}

func put(t testing.TB, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func overwrite(path, text string) error { return os.WriteFile(path, []byte(text), 0o600) }

const small = `accounts:
  acme:
    time_zone: America/Chicago
    servicetrade:
      username: u
      password: p
      invoice_entity_type: 12
connections:
  acme-books:
    account: acme
    connector: hledger
    mapping_file: mapping.yaml
`

func TestLoadFillsInDefaults(t *testing.T) {
	path := write(t, small)
	c, err := connection.Load(path, nil)
	require.NoError(t, err)
	require.Equal(t, path, c.Path)
	require.Equal(t, filepath.Join(filepath.Dir(path), "data"), c.DataDir)
	require.Equal(t, connection.NATS{Replicas: 1}, c.NATS)
	require.Equal(t, connection.HTTP{Listen: "127.0.0.1:8080"}, c.HTTP)
	require.Equal(t, connection.Log{Level: "info", Format: "auto"}, c.Log)

	account := c.Accounts["acme"]
	require.Equal(t, "acme", account.ID)
	require.Equal(t, "America/Chicago", account.Location().String())
	require.Equal(t, connection.ServiceTrade{
		URL: "https://api.servicetrade.com/api", Auth: connection.AuthSession, Username: "u", Password: connection.NewSecret("p"), InvoiceEntityType: 12,
		PollInterval: 30 * time.Second, MaxParallel: 4, AppURL: "https://app.servicetrade.com",
	}, account.ServiceTrade)

	conn := c.Connections["acme-books"]
	require.Same(t, account, conn.Account)
	require.True(t, conn.Enabled)
	require.Equal(t, "acme-books", conn.DisplayName)
	require.NotNil(t, conn.Mapping)
	require.Equal(t, []*connection.Connection{conn}, c.EnabledConnections())
}

func TestExampleLoads(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "tradepost.yaml")
	put(t, path, connection.ExampleConfig())
	put(t, filepath.Join(dir, "mappings/acme-books.yaml"), connection.ExampleMapping())
	c, err := connection.Load(path, []string{"ACME_SERVICETRADE_PASSWORD=x", "ACME_WEBHOOK_SECRET=0123456789abcdef01234567"})
	require.NoError(t, err)
	require.Equal(t, "x", c.Accounts["acme"].ServiceTrade.Password.Reveal())
	require.Equal(t, "Acme Mechanical, main books", c.Connections["acme-books"].DisplayName)
}

func TestLoadReportsEverythingAtOnce(t *testing.T) {
	path := write(t, `nats: {url: "http://x:4222", replicas: 2}
http: {listen: 8080}
log: {level: loud}
acounts: {}
accounts:
  Acme Inc:
    servicetrade:
      url: nowhere
      password: {env: NO_SUCH}
      poll_interval: 1ms
      max_parallel: 100
  west:
    time_zone: Chicago
    servicetrade: {username: u, password: p, invoice_entity_type: -1}
connections:
  a:
    account: wets
    connector: hledger
    mapping_file: nowhere.yaml
  b:
    account: west
    mapping_file: mapping.yaml
  c:
    account: west
    connector: hledger
    mapping_file: bad.yaml
`)
	put(t, filepath.Join(filepath.Dir(path), "bad.yaml"), "version: 1\nitms: {}\n")
	_, err := connection.Load(path, nil)
	var all *connection.Error
	require.ErrorAs(t, err, &all)
	var told []string
	for _, p := range all.Problems {
		p.File = filepath.Base(p.File)
		told = append(told, p.String())
	}
	require.Equal(t, []string{
		"tradepost.yaml:1:8: nats.url: http:// cannot be used here\n    fix: begin it with nats://",
		"tradepost.yaml:1:30: nats.replicas: 2 copies make no sense\n    fix: use 1 for a single server, 3 or 5 for a cluster",
		"tradepost.yaml:2:8: http.listen: \"8080\" is no address to listen on\n    fix: write host:port, such as 127.0.0.1:8080 or \":8080\" for all addresses, or \"off\"",
		"tradepost.yaml:3:7: log.level: \"loud\" is not known\n    fix: known here: debug, error, info, warn",
		"tradepost.yaml:4:1: acounts: unknown key\n    fix: did you mean \"accounts\"?",
		"tradepost.yaml:6:3: accounts.Acme Inc: \"Acme Inc\" cannot be an account's id\n    fix: use 1 to 40 of the characters a-z, 0-9 and -",
		"tradepost.yaml:6:3: accounts.Acme Inc.time_zone: is missing\n    fix: add the zone in which the office keeps its books, such as \"time_zone: America/Chicago\"",
		"tradepost.yaml:7:5: accounts.Acme Inc.servicetrade.invoice_entity_type: is missing: the number by which ServiceTrade's comments call an invoice; without it no invoice could be marked as failed with a comment\n    fix: run `tradepost doctor`, which finds it: write a comment on one invoice in ServiceTrade first",
		"tradepost.yaml:7:5: accounts.Acme Inc.servicetrade.username: is missing\n    fix: add it, or set TRADEPOST_ACCOUNT_ACME INC_USERNAME",
		"tradepost.yaml:8:7: accounts.Acme Inc.servicetrade.url: is no complete address\n    fix: write it as https://host:port",
		"tradepost.yaml:9:7: accounts.Acme Inc.servicetrade.password: the environment variable NO_SUCH is not set, or empty\n    fix: set NO_SUCH before the start",
		"tradepost.yaml:10:7: accounts.Acme Inc.servicetrade.poll_interval: 1ms is not whole seconds between 1s and 1h0m0s\n    fix: use 30s unless there is a reason not to",
		"tradepost.yaml:11:7: accounts.Acme Inc.servicetrade.max_parallel: 100 is not between 1 and 32\n    fix: use 4 unless there is a reason not to",
		"tradepost.yaml:13:5: accounts.west.time_zone: \"Chicago\" is not the name of a time zone\n    fix: use an IANA name, such as America/Chicago",
		"tradepost.yaml:14:46: accounts.west.servicetrade.invoice_entity_type: -1 cannot be the number of a type\n    fix: run `tradepost doctor`, which finds it: write a comment on one invoice in ServiceTrade first",
		"tradepost.yaml:17:5: connections.a.account: there is no account \"wets\"\n    fix: did you mean \"west\"?",
		"tradepost.yaml:19:5: connections.a.mapping_file: the mapping cannot be used: open " + filepath.Join(filepath.Dir(path), "nowhere.yaml") + ": no such file or directory\n    fix: check the path and who may read the file",
		"tradepost.yaml:20:3: connections.b: has no filter, and the account \"west\" has 2 connections: nothing tells which of them takes an invoice\n    fix: add a filter to each of the account's connections, to one of them `filter: otherwise`",
		"tradepost.yaml:20:3: connections.b.connector: is missing\n    fix: add the kind of the accounting system, such as hledger",
		"tradepost.yaml:23:3: connections.c: has no filter, and the account \"west\" has 2 connections: nothing tells which of them takes an invoice\n    fix: add a filter to each of the account's connections, to one of them `filter: otherwise`",
	}, told[1:])
	require.Contains(t, told[0], "bad.yaml:2:1: itms: unknown key", "the mapping's own mistakes are told where they are")
}

func TestLoadOfNoFile(t *testing.T) {
	_, err := connection.Load(filepath.Join(t.TempDir(), "none.yaml"), nil)
	require.ErrorContains(t, err, "the configuration cannot be read")
	require.ErrorContains(t, err, "--config or TRADEPOST_CONFIG")
}

func TestLoadOfRubbish(t *testing.T) {
	for _, text := range []string{"\x7fELF\x00\xff", "a: [", "- a", "just text", "accounts: 5", "connections:\n  - a\n", ""} {
		_, err := connection.Load(write(t, text), nil)
		require.ErrorContains(t, err, "tradepost.yaml", "%q", text)
	}
}

func TestInspectReturnsWhatCouldBeRead(t *testing.T) {
	path := write(t, "accounts:\n  acme:\n    time_zone: UTC\n    servicetrade: {username: u, password: p}\n")
	c, problems := connection.Inspect(path, nil)
	require.Len(t, problems, 1)
	require.Equal(t, "accounts.acme.servicetrade.invoice_entity_type", problems[0].Key)
	require.Equal(t, "u", c.Accounts["acme"].ServiceTrade.Username)
}

func TestVariablesAreNotExpanded(t *testing.T) {
	c, err := connection.Load(write(t, small+"    display_name: ${HOME} $HOME\n"), []string{"HOME=/root"})
	require.NoError(t, err)
	require.Equal(t, "${HOME} $HOME", c.Connections["acme-books"].DisplayName)
}

func TestZones(t *testing.T) {
	require.Nil(t, (&connection.Account{}).Location())
	require.Nil(t, (&connection.Account{TimeZone: "Local"}).Location(), "it depends on the machine")
	require.Equal(t, "UTC", (&connection.Account{TimeZone: "UTC"}).Location().String())
}
