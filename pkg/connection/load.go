package connection

import (
	"cmp"
	"fmt"
	"os"

	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
	"github.com/tradepost/tradepost/pkg/keyring"
)

// Problem is one thing that is wrong with a configuration.
type Problem = strictyaml.Problem

// Error is what Load returns: all that is wrong with a configuration.
type Error = strictyaml.Error

// configFile is what the file may hold: Config's own keys, and the connections
// as they are written.
type configFile struct {
	Config      `yaml:",inline"`
	Connections map[string]*connectionFile `yaml:"connections"`
}

type connectionFile struct {
	Account     string `yaml:"account"`
	Connector   string `yaml:"connector"`
	Enabled     bool   `yaml:"enabled"`
	DisplayName string `yaml:"display_name"`
	Resend      string `yaml:"resend"`
	MappingFile string `yaml:"mapping_file"`
	// WriteExternalIDs is Connection.WriteExternalIDs.
	WriteExternalIDs bool            `yaml:"write_external_ids"`
	Filter           strictyaml.Node `yaml:"filter"`
	Settings         strictyaml.Node `yaml:"settings"`
}

// SetDefaults implements strictyaml.Defaulter.
func (c *connectionFile) SetDefaults() { c.Enabled, c.Resend = true, ResendUpdate }

// document is the file behind a Config: where its keys stand.
type document struct {
	file   string
	places strictyaml.Places
}

// place is file:line of a key.
func (d document) place(key string) string {
	return fmt.Sprintf("%s:%d", d.file, d.places.Of(key).Line)
}

func (d document) problem(key, fix, format string, args ...any) Problem {
	return Problem{File: d.file, Position: d.places.Of(key), Key: key, What: fmt.Sprintf(format, args...), Fix: fix}
}

// Load reads the configuration file at path, lays the variables of environ
// (NAME=value, as os.Environ returns them) over it, reads the secrets and
// mappings that it names, and checks everything. The error is an *Error with
// all problems, and the Config is nil then.
func Load(path string, environ []string) (*Config, error) {
	c, problems := Inspect(path, environ)
	if err := strictyaml.AsError(problems); err != nil {
		return nil, err
	}
	return c, nil
}

// Inspect is Load for programs that help to write a configuration: it returns
// what could be read in spite of the problems, never nil. What a problem is
// about is missing or wrong in it.
func Inspect(path string, environ []string) (*Config, []Problem) {
	data, err := readFile(path)
	if err != nil {
		c := newConfig(path)
		c.sources.note(path, data, err)
		return c, []Problem{{
			File: path, What: fmt.Sprintf("the configuration cannot be read: %v", err),
			Fix: "name the file with --config or TRADEPOST_CONFIG",
		}}
	}
	c, problems := read(path, data, environment(environ))
	c.sources.note(path, data, nil)
	if info, err := os.Stat(path); err == nil {
		c.Written = info.ModTime()
	}
	return c, problems
}

func newConfig(path string) *Config {
	return &Config{
		DataDir: "data", Path: path, NATS: NATS{Replicas: 1}, HTTP: HTTP{Listen: "127.0.0.1:8080"},
		Log: Log{Level: "info", Format: "auto"}, Webhook: Webhook{Listen: off}, Connect: Connect{Listen: off},
		Accounts: map[string]*Account{}, Connections: map[string]*Connection{},
		doc: document{file: path, places: strictyaml.Places{}}, sources: newSources(), badFilters: map[string]bool{},
	}
}

// read makes a Config of the file's bytes. Problems of the file come first, so
// that a typing mistake is not told a second time as a missing key.
func read(path string, data []byte, vars map[string]string) (*Config, []Problem) {
	file := configFile{Config: *newConfig(path)}
	c := &file.Config
	root, err := strictyaml.Parse(path, data)
	if err != nil {
		return c, problemsOf(err)
	}
	secrets := secretSource{env: vars, dir: c.Dir(), files: c.sources}
	problems := root.Decode(&file, strictyaml.Options{Hooks: secrets.hooks(), Places: c.doc.places})
	c.resolvePaths()
	problems = append(problems, override(c, vars)...)
	problems = append(problems, c.readKey(vars, secrets)...)
	problems = append(problems, c.adopt(root, file.Connections, secrets)...)
	told := keysOf(problems)
	for _, p := range c.validate() {
		if !told[p.Key] {
			problems = append(problems, p)
		}
	}
	problems = append(problems, c.readMappings()...)
	return c, strictyaml.Sorted(append(problems, c.mixedIDs()...))
}

func problemsOf(err error) []Problem {
	if e, ok := err.(*Error); ok { //nolint:errorlint // strictyaml.Parse returns nothing else, and wraps nothing
		return e.Problems
	}
	return []Problem{{What: err.Error()}}
}

func keysOf(problems []Problem) map[string]bool {
	keys := make(map[string]bool, len(problems))
	for _, p := range problems {
		keys[p.Key] = true
	}
	return keys
}

func (c *Config) resolvePaths() {
	c.DataDir = resolve(c.Dir(), c.DataDir)
	c.NATS.CredentialsFile = resolve(c.Dir(), c.NATS.CredentialsFile)
}

// secretsKeyVariable holds the key itself, and wins over a file.
const secretsKeyVariable = "TRADEPOST_SECRETS_KEY"

// readKey reads the keys for secrets, if there are some.
func (c *Config) readKey(vars map[string]string, secrets secretSource) []Problem {
	place := Problem{File: "environment", Key: secretsKeyVariable}
	if text := vars[secretsKeyVariable]; text != "" {
		c.Secrets.Key = NewSecret(text)
	} else if c.Secrets.KeyFile != "" {
		c.Secrets.KeyFile = resolve(c.Dir(), c.Secrets.KeyFile)
		place = c.doc.problem("secrets.key_file", "", "")
		text, problem := secrets.fromFile(c.Secrets.KeyFile)
		if problem != nil {
			place.What, place.Fix = problem.What, problem.Fix
			return []Problem{place}
		}
		c.Secrets.Key, _ = text.(Secret)
	}
	if c.Secrets.Key.IsZero() {
		return nil
	}
	if _, err := keyring.Parse(c.Secrets.Key.Reveal()); err != nil {
		c.Secrets.Key = Secret{}
		place.What, place.Fix = err.Error(), "write keys of 32 bytes in base64, one to a line, the one in use first; make one with: openssl rand -base64 32"
		return []Problem{place}
	}
	return nil
}

// adopt makes the connections, each tied to its account and settings.
func (c *Config) adopt(root strictyaml.Node, files map[string]*connectionFile, secrets secretSource) (problems []Problem) {
	for id, account := range c.Accounts {
		account.ID = id
	}
	for id, f := range files {
		if f.Settings.IsZero() {
			key := "connections." + id + ".settings"
			f.Settings = strictyaml.Absent(c.doc.file, key, c.doc.places.Of(key))
		}
		filter, wrong := c.readFilter(f.Filter)
		if len(wrong) > 0 {
			problems = append(problems, wrong...)
			filter, c.badFilters[id] = nil, true
		}
		c.Connections[id] = &Connection{
			ID: id, AccountID: f.Account, Account: c.Accounts[f.Account], Connector: f.Connector, Enabled: f.Enabled, Resend: f.Resend,
			DisplayName: cmp.Or(f.DisplayName, id), MappingFile: resolve(c.Dir(), f.MappingFile),
			DecodeSettings: settingsDecoder(f.Settings, secrets), WriteExternalIDs: f.WriteExternalIDs, Filter: filter,
			written: secrets.entry(root.At("connections", id)),
		}
	}
	return problems
}
